/** `web.fetch`: reads one page as text. */
import type { Json } from '@castellan/contracts'
import * as z from 'zod'
import { type AnySkill, type SkillResult, skill } from '../../invoke/index.ts'
import type { Egress, OutboundAnswer } from '../ports.ts'
import { decodeText } from '../reading/charset.ts'
import type { Reader } from '../reading/reader.ts'
import { excerpt, storableText } from '../reading/text.ts'
import { foreignLabel, hostOf, reaches, refuseOverload, visitLabels, WebAddress } from './address.ts'

const Args = z.strictObject({
  url: WebAddress.describe('The absolute URL of the page.'),
  start: z
    .int()
    .min(0)
    .max(20_000_000)
    .default(0)
    .describe('Character to begin at; next_start of an earlier answer.'),
  max_characters: z.int().min(200).max(100_000).default(16_000).describe('Longest text to return.'),
})
type Args = z.infer<typeof Args>

/** Makes the skill over the way out and the reader. */
export function webFetch(egress: Egress, reader: Reader): AnySkill {
  return skill<Args>({
    name: 'web.fetch',
    summary:
      'Read a web page or text file: its text, title and links. Redirects to another host are returned, not followed.',
    effect: 'read',
    args: Args,
    roles: { url: 'target', start: 'option', max_characters: 'option' },
    leaves: ({ url }) => reaches(url, '/url'),
    output: ({ url }) => foreignLabel('web', url),
    shape: [
      ...['/status', '/url', '/redirected_to', '/content_type', '/bytes', '/title', '/text', '/characters'],
      ...['/truncated', '/next_start', '/links/*/text', '/links/*/url', '/feeds'],
    ],
    branches: ['success', 'not_found', 'redirected', 'http_error', 'unreadable'],
    repeat: 'safe',
    deadlineMs: 60_000,
    perMinute: 30,
    breaker: ({ url }) => `web.fetch ${hostOf(url)}`,
    says: ({ url }) => `read ${url}`,
    async run(args, { signal, labels }) {
      const answer = await egress.request({
        method: 'GET',
        url: args.url,
        headers: { accept: 'text/html, text/plain;q=0.9, application/json;q=0.8, */*;q=0.5' },
        redirects: 'same-host',
        signal,
      })
      const described = await describe(answer, args, reader, signal)
      return { ...described, labels: visitLabels('web', answer, labels) }
    },
  })
}

type Described = Omit<SkillResult, 'labels'>

async function describe(
  answer: OutboundAnswer,
  args: Args,
  reader: Reader,
  signal: AbortSignal,
): Promise<Described> {
  const { status, url } = answer
  refuseOverload(answer)
  if (answer.redirectedTo !== null)
    return { branch: 'redirected', value: { status, url, redirected_to: answer.redirectedTo } }
  if (status === 404 || status === 410) return { branch: 'not_found', value: { status, url } }
  if (status >= 300) return { branch: 'http_error', value: { status, url } }

  const contentType = storableText(answer.headers['content-type'] ?? '')
  const kind = kindOf(contentType, answer.body)
  if (kind === 'other')
    return { branch: 'unreadable', value: { url, content_type: contentType, bytes: answer.body.length } }
  const text = decodeText(answer.body, contentType)
  const page =
    kind === 'html'
      ? await reader.page(text, url, signal)
      : { title: '', text: storableText(text), links: [], feeds: [], found: [] }
  const { links, feeds, title, found } = page
  const value = { url, title, ...excerpt(page.text, args.start, args.max_characters), links, feeds }
  return { branch: 'success', value: value as unknown as Json, found }
}

function kindOf(contentType: string, body: Buffer): 'html' | 'text' | 'other' {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html'
  if (/^text\/|[/+](json|xml|yaml|javascript)$|^application\/(x-ndjson|toml)$/.test(type)) return 'text'
  if (type !== '' || body.includes(0)) return 'other'
  return /^\s*<(!doctype html|html)/i.test(body.subarray(0, 256).toString('latin1')) ? 'html' : 'text'
}
