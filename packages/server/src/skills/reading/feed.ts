/** A feed of any kind as one list of items. Runs in the reading worker only. */
import { parseFeed } from 'feedsmith'
import { parseHTML } from 'linkedom'
import { clip, oneLine, webAddress } from './text.ts'

export interface FeedItem {
  /** What the feed says identifies it; its link or title where it says nothing. */
  readonly id: string
  readonly title: string
  readonly link: string | null
  /** ISO 8601, UTC; null when the feed gives no date that can be read. */
  readonly published: string | null
  readonly summary: string
}

export interface Feed {
  readonly format: 'rss' | 'atom' | 'rdf' | 'json'
  readonly title: string
  readonly items: readonly FeedItem[]
}

const maxItems = 500
const summaryCharacters = 600

/** The feed in a text, or null when the text is no feed. */
export function readFeed(text: string, url: string): Feed | null {
  const found = parse(text)
  if (found === null) return null
  const items = rawItems(found)
    .slice(0, maxItems)
    .map((raw) => toItem(raw, url))
  return { format: found.format, title: plain(feedTitle(found), 300), items }
}

type Found = ReturnType<typeof parseFeed<string>>

function parse(text: string): Found | null {
  try {
    return parseFeed(text)
  } catch {
    // Whatever the parser's complaint, the caller only says that this is no feed; the words are the other side's.
    return null
  }
}

interface RawItem {
  readonly id: string | undefined
  readonly title: string | undefined
  readonly link: string | undefined
  readonly date: string | undefined
  readonly text: string | undefined
  /** What a relative link is relative to, outermost first (xml:base); the feed's address where it says nothing. */
  readonly bases?: readonly (string | undefined)[]
}

function rawItems({ format, feed }: Found): RawItem[] {
  switch (format) {
    case 'rss':
      return (feed.items ?? []).map((item) => ({
        id: item.guid?.value,
        title: item.title,
        link: item.link ?? (item.guid?.isPermaLink === false ? undefined : item.guid?.value),
        date: item.pubDate ?? item.dc?.dates?.[0],
        text: item.description ?? item.content?.encoded,
      }))
    case 'atom':
      return (feed.entries ?? []).map((entry) => ({
        id: entry.id,
        title: entry.title?.value,
        link: (entry.links?.find((link) => (link.rel ?? 'alternate') === 'alternate') ?? entry.links?.[0])
          ?.href,
        date: entry.published ?? entry.updated,
        text: entry.summary?.value ?? entry.content?.value,
        bases: [feed.xml?.base, entry.xml?.base],
      }))
    case 'rdf':
      return (feed.items ?? []).map((item) => ({
        id: item.rdf?.about ?? item.link,
        title: item.title,
        link: item.link,
        date: item.dc?.dates?.[0],
        text: item.description ?? item.content?.encoded,
      }))
    case 'json':
      return (feed.items ?? []).map((item) => ({
        id: item.id,
        title: item.title,
        link: item.url ?? item.external_url,
        date: item.date_published ?? item.date_modified,
        text: item.summary ?? item.content_text ?? item.content_html,
      }))
  }
}

function feedTitle({ format, feed }: Found): string {
  return (format === 'atom' ? feed.title?.value : feed.title) ?? ''
}

function toItem(raw: RawItem, url: string): FeedItem {
  const title = plain(raw.title ?? '', 300)
  const base = (raw.bases ?? []).reduce<string>(
    (above, each) => webAddress(each?.trim(), above) ?? above,
    url,
  )
  const link = webAddress(raw.link?.trim(), base)
  const summary = plain(raw.text ?? '', summaryCharacters)
  const id = clip(raw.id?.trim() || link || `${title} ${raw.date ?? ''}`, 2000)
  return { id, title, link, published: isoTime(raw.date), summary: summary === title ? '' : summary }
}

function isoTime(text: string | undefined): string | null {
  const time = Date.parse(text?.trim() ?? '')
  // Years that no feed can mean would not survive the way to a calendar.
  return Number.isNaN(time) || Math.abs(time) > 4e12 ? null : new Date(time).toISOString()
}

/** Markup out, entities resolved, one line. */
function plain(text: string, limit: number): string {
  const head = text.slice(0, 20_000)
  if (!/[<&]/.test(head)) return oneLine(head, limit)
  const { document } = parseHTML(`<!doctype html><html><body>${head}</body></html>`)
  for (const hidden of document.querySelectorAll('script, style')) hidden.remove()
  return oneLine(document.body.textContent ?? '', limit)
}
