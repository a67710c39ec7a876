/** `http.post`: sends one request with a body. Never repeated: whether a lost answer meant success, only the other side knows. */
import { CastellanError } from '@castellan/contracts'
import * as z from 'zod'
import { type AnySkill, type SkillResult, skill } from '../../invoke/index.ts'
import { inCharacters } from '../count.ts'
import type { Egress, OutboundAnswer } from '../ports.ts'
import { decodeText } from '../reading/charset.ts'
import { excerpt, isStorable, storableText } from '../reading/text.ts'
import { foreignLabel, hostOf, reaches, WebAddress } from './address.ts'

const Args = z.strictObject({
  url: WebAddress.describe('The absolute URL to send to.'),
  body: z.string().max(1_000_000).refine(isStorable, 'use plain text').describe('What is sent, verbatim.'),
  content_type: z
    .string()
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, 'use a media type such as application/json')
    .default('application/json')
    .describe('Media type of the body.'),
})
type Args = z.infer<typeof Args>

const answerCharacters = 8_000

/** Makes the skill over the way out. */
export function httpPost(egress: Egress): AnySkill {
  return skill<Args>({
    name: 'http.post',
    summary: 'Send text or JSON to a URL by HTTP POST and return what the server answers.',
    effect: 'send',
    args: Args,
    roles: { url: 'target', body: 'content', content_type: 'option' },
    leaves: ({ url }) => reaches(url, '/url', '/body', '/content_type'),
    output: ({ url }) => foreignLabel('web', url),
    shape: ['/status', '/redirected_to', '/text', '/truncated'],
    branches: ['success', 'redirected', 'rejected'],
    repeat: 'never',
    deadlineMs: 60_000,
    perMinute: 10,
    breaker: ({ url }) => `http.post ${hostOf(url)}`,
    says: ({ url, body }) => `send ${inCharacters(body)} to ${hostOf(url)}`,
    run: post(egress),
  })
}

function post(egress: Egress) {
  return async function run(args: Args, { signal }: { signal: AbortSignal }): Promise<SkillResult> {
    const labels = { '': foreignLabel('web', args.url) }
    try {
      const answer = await egress.request({
        method: 'POST',
        url: args.url,
        headers: { 'content-type': args.content_type, accept: '*/*' },
        body: args.body,
        redirects: 'none',
        signal,
      })
      return { ...described(answer), labels }
    } catch (error) {
      signal.throwIfAborted()
      const status = statusOf(error, hostOf(args.url))
      return { branch: branchOf(status), value: { status, text: '', truncated: true }, labels }
    }
  }
}

function described(answer: OutboundAnswer): Pick<SkillResult, 'branch' | 'value'> {
  const { status, redirectedTo } = answer
  if (redirectedTo !== null) return { branch: 'redirected', value: { status, redirected_to: redirectedTo } }
  const whole = storableText(decodeText(answer.body, answer.headers['content-type'] ?? ''))
  const { text, truncated } = excerpt(whole, 0, answerCharacters)
  return { branch: branchOf(status), value: { status, text, truncated } }
}

function branchOf(status: number): string {
  return status < 300 ? 'success' : 'rejected'
}

/** The status of an answer whose body could not be read; throws when there was none. */
function statusOf(error: unknown, host: string): number {
  if (!(error instanceof CastellanError)) throw error
  const { sent, status } = error.details
  if (typeof status === 'number') return status
  if (sent === false || error.code === 'bad_request') throw error
  throw new CastellanError(
    'outcome_unknown',
    `The connection to ${host} broke off after the request may have left. Whether ${host} acted on it cannot be known from here.`,
    { hint: `Look at ${host} before sending it again.`, cause: error },
  )
}
