/** What the skills that visit the web have in common: the address argument, who it reaches, what its answers are trusted for. */
import { CastellanError, type FieldLabels, type Label } from '@castellan/contracts'
import { label, labelAt } from '@castellan/kernel'
import * as z from 'zod'
import type { Leaving } from '../../invoke/index.ts'
import type { OutboundAnswer } from '../ports.ts'
import { isStorable } from '../reading/text.ts'

/** An absolute http(s) URL without credentials. */
export const WebAddress = z
  .string()
  .max(8192)
  .refine(
    isWebAddress,
    'use an absolute URL that begins with https:// or http://, without user name or password',
  )

/** The host of a URL, with its port when that is not the scheme's own. Two ports are two hosts. */
export function hostOf(url: string): string {
  return new URL(url).host
}

/** The host as the one whom the named arguments reach. */
export function reaches(url: string, ...what: string[]): Leaving[] {
  return [{ to: { name: hostOf(url), classes: [] }, what }]
}

/** The label of everything a host answers, e.g. `web:example.org`. */
export function foreignLabel(kind: 'web' | 'feed', url: string): Label {
  return label([`${kind}:${hostOf(url)}`])
}

/** Labels of what a visit brought back: all of it is the host's, but for an address that is still the one asked for. */
export function visitLabels(kind: 'web' | 'feed', answer: OutboundAnswer, asked: FieldLabels): FieldLabels {
  const foreign = foreignLabel(kind, answer.url)
  return { '': foreign, '/url': answer.redirects.length === 0 ? labelAt(asked, '/url') : foreign }
}

/** Throws for answers that say "later": the breaker counts them, and the caller may try again. */
export function refuseOverload(answer: OutboundAnswer): void {
  if (answer.status !== 429 && answer.status < 500) return
  const seconds = Number(answer.headers['retry-after'])
  throw new CastellanError('outside_failed', `${hostOf(answer.url)} answered ${answer.status}.`, {
    hint: 'Try again later.',
    details: seconds > 0 && seconds < 86_400 ? { retryAfterMs: seconds * 1000 } : {},
  })
}

function isWebAddress(text: string): boolean {
  if (!isStorable(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
