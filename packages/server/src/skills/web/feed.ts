/** `feed.fetch`: reads a feed and, when asked, leaves out what an earlier run has already been given. */
import type { Json } from '@castellan/contracts'
import * as z from 'zod'
import type { Database } from '../../database/index.ts'
import { type AnySkill, actor, type SkillContext, type SkillResult, skill } from '../../invoke/index.ts'
import type { Egress, OutboundAnswer } from '../ports.ts'
import { decodeText } from '../reading/charset.ts'
import type { Feed, FeedItem } from '../reading/feed.ts'
import type { Reader } from '../reading/reader.ts'
import { claimNewItems } from '../store.ts'
import { foreignLabel, hostOf, reaches, refuseOverload, visitLabels, WebAddress } from './address.ts'

const Args = z.strictObject({
  url: WebAddress.describe('The absolute URL of an RSS, Atom, RDF or JSON feed.'),
  max_items: z.int().min(1).max(100).default(20).describe('Most items to return, newest first.'),
  max_age_hours: z
    .number()
    .positive()
    .max(87_600)
    .optional()
    .describe('Leave out items that are older. Items without a date are kept.'),
  only_new: z
    .boolean()
    .default(false)
    .describe('Leave out items that an earlier call with only_new has already returned.'),
})
type Args = z.infer<typeof Args>

export interface FeedPorts {
  readonly egress: Egress
  readonly reader: Reader
  readonly database: Database
  readonly now: () => Date
}

/** Makes the skill over its ports. */
export function feedFetch(ports: FeedPorts): AnySkill {
  return skill<Args>({
    name: 'feed.fetch',
    summary: 'Read a feed: title, link, age and summary of its items, newest first.',
    effect: 'read',
    args: Args,
    roles: { url: 'target', max_items: 'option', max_age_hours: 'time', only_new: 'option' },
    leaves: ({ url }) => reaches(url, '/url'),
    output: ({ url }) => foreignLabel('feed', url),
    shape: [
      ...['/status', '/url', '/redirected_to', '/title', '/left_out', '/items/*/title', '/items/*/link'],
      ...['/items/*/published', '/items/*/age_hours', '/items/*/summary'],
    ],
    branches: ['success', 'nothing_new', 'not_found', 'not_a_feed', 'redirected', 'http_error'],
    repeat: 'safe',
    deadlineMs: 60_000,
    perMinute: 30,
    breaker: ({ url }) => `feed.fetch ${hostOf(url)}`,
    says: ({ url }) => `read the feed ${url}`,
    async run(args, context) {
      const answer = await ports.egress.request({
        method: 'GET',
        url: args.url,
        headers: { accept: 'application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5' },
        redirects: 'same-host',
        signal: context.signal,
      })
      const result = refused(answer) ?? (await read(ports, answer, args, context))
      return { ...result, labels: visitLabels('feed', answer, context.labels) }
    },
  })
}

type Described = Pick<SkillResult, 'branch' | 'value'>

function refused(answer: OutboundAnswer): Described | null {
  const { status, url, redirectedTo } = answer
  refuseOverload(answer)
  if (redirectedTo !== null)
    return { branch: 'redirected', value: { status, url, redirected_to: redirectedTo } }
  if (status === 404 || status === 410) return { branch: 'not_found', value: { status, url } }
  return status >= 300 ? { branch: 'http_error', value: { status, url } } : null
}

async function read(
  ports: FeedPorts,
  answer: OutboundAnswer,
  args: Args,
  context: SkillContext,
): Promise<Described> {
  const text = decodeText(answer.body, answer.headers['content-type'] ?? '')
  const feed = await ports.reader.feed(text, answer.url, context.signal)
  if (feed === null) return { branch: 'not_a_feed', value: { url: answer.url } }
  const now = ports.now().getTime()
  const young = newestFirst(feed).filter(
    (item) => (ageOf(item, now) ?? 0) <= (args.max_age_hours ?? Infinity),
  )
  const fresh = args.only_new ? await unseen(ports, young, args, context) : young
  const items = fresh.slice(0, args.max_items).map((item) => ({
    title: item.title,
    link: item.link,
    published: item.published,
    age_hours: ageOf(item, now),
    summary: item.summary,
  }))
  const value = { url: answer.url, title: feed.title, items, left_out: feed.items.length - items.length }
  return { branch: items.length === 0 ? 'nothing_new' : 'success', value: value as unknown as Json }
}

/**
 * Claims only as many items as will be returned: those beyond are for the next call. Each reader (persona, workflow) has
 * its own memory of a feed, so that a question in a chat does not empty the morning's digest.
 */
async function unseen(
  ports: FeedPorts,
  items: readonly FeedItem[],
  args: Args,
  context: SkillContext,
): Promise<FeedItem[]> {
  const handle = ports.database.as(context.tenant)
  const feed = `${actor(context)} ${args.url}`
  const fresh: FeedItem[] = []
  for (let at = 0; at < items.length && fresh.length < args.max_items; ) {
    const next = items.slice(at, at + args.max_items - fresh.length)
    at += next.length
    const claim = { feed, items: next.map((item) => item.id), run: context.run }
    const claimed = await claimNewItems(context.tenant, handle, claim)
    fresh.push(...next.filter((item) => claimed.has(item.id)))
  }
  return fresh
}

function newestFirst(feed: Feed): FeedItem[] {
  const at = (item: FeedItem) =>
    item.published === null ? Number.NEGATIVE_INFINITY : Date.parse(item.published)
  const seen = new Set<string>()
  return feed.items
    .filter((item) => !seen.has(item.id) && seen.add(item.id))
    .sort((a, b) => Math.sign(at(b) - at(a)) || 0)
}

/** Hours since publication, one decimal; 0 for what claims to come from the future. */
function ageOf(item: FeedItem, now: number): number | null {
  if (item.published === null) return null
  return Math.max(0, Math.round((now - Date.parse(item.published)) / 360_000) / 10)
}
