/**
 * A web page as text for a model: the article where there is one, else everything that is shown. Runs in the reading
 * worker only: hostile markup can make these libraries busy for minutes.
 */
import type { Found } from '@castellan/contracts'
import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import Turndown from 'turndown'
import { senseMarkup } from '../../sensor/index.ts'
import { clip, oneLine, webAddress } from './text.ts'

/** A link that stands on a page, absolute. */
export interface PageLink {
  readonly text: string
  readonly url: string
}

export interface Page {
  readonly title: string
  /** Markdown without links and images. */
  readonly text: string
  readonly links: readonly PageLink[]
  /** Feeds that the page announces. */
  readonly feeds: readonly string[]
  /** What its markup keeps from people; the text above is the same with and without. */
  readonly found: readonly Found[]
}

type Parsed = ReturnType<typeof parseHTML>['document']

const maxLinks = 200
const maxFeeds = 10
const bodyTag = /<body[^>]{0,2000}>/i
/** linkedom loses what stands outside a body, and HTML lets every one of these tags be left out. */
const frame = /<!doctype[^>]*>|<\/?(?:html|head|body)(?:\s[^>]*)?>/gi
/** An article shorter than this is more likely a teaser or a cookie note than what the page is about. */
const articleCharacters = 400

/** Reads a page; `url` is where it came from. */
export function readPage(html: string, url: string): Page {
  const { document } = parseHTML(`<!doctype html><html><body>${html.replace(frame, '')}</body></html>`)
  const base = webAddress(document.querySelector('base[href]')?.getAttribute('href'), url) ?? url
  const links = linksOf(document, base)
  const feeds = feedsOf(document, base)
  const title = oneLine(document.querySelector('title')?.textContent ?? '', 300)
  // Before anything is taken away, and before Readability rebuilds what is left.
  const found = senseMarkup(document, bodyTag.exec(html.slice(0, 200_000))?.[0])
  for (const hidden of document.querySelectorAll('script, style, noscript, template, iframe, svg, title'))
    hidden.remove()
  const whole = toMarkdown(document.body)
  const article = new Readability(document, { serializer: (node) => node }).parse()
  const chosen = article?.content ? toMarkdown(article.content) : ''
  return {
    title: title === '' ? oneLine(article?.title ?? '', 300) : title,
    text: chosen.length >= articleCharacters ? chosen : whole,
    links,
    feeds,
    found,
  }
}

function toMarkdown(node: unknown): string {
  const turndown = new Turndown({ headingStyle: 'atx', bulletListMarker: '-', codeBlockStyle: 'fenced' })
  // Links come as a list of their own; a picture is worth its description.
  turndown.addRule('link', { filter: 'a', replacement: (text) => text })
  turndown.addRule('image', {
    filter: 'img',
    replacement: (_text, image) =>
      oneLine(
        (image as unknown as { getAttribute(name: string): string | null }).getAttribute('alt') ?? '',
        200,
      ),
  })
  turndown.addRule('cell', { filter: ['td', 'th'], replacement: (text) => `${oneLine(text, 1000)} | ` })
  turndown.addRule('row', { filter: 'tr', replacement: (text) => `\n${text}` })
  // The markup is shown to a model, not rendered: backslashes before every dot would only cost tokens.
  turndown.escape = (text) => text
  return turndown
    .turndown(node as Turndown.Node)
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function linksOf(document: Parsed, base: string): PageLink[] {
  const found = new Map<string, PageLink>()
  for (const anchor of document.querySelectorAll('a[href]')) {
    if (found.size >= maxLinks) break
    const url = webAddress(anchor.getAttribute('href'), base)
    const text = oneLine(anchor.textContent ?? '', 120)
    if (url !== null && !found.has(url)) found.set(url, { text, url })
  }
  return [...found.values()]
}

function feedsOf(document: Parsed, base: string): string[] {
  const found = new Set<string>()
  for (const link of document.querySelectorAll('link[rel~="alternate"][href]')) {
    if (!/^application\/(rss\+xml|atom\+xml|feed\+json)$/i.test(link.getAttribute('type') ?? '')) continue
    const url = webAddress(link.getAttribute('href'), base)
    if (url !== null && found.size < maxFeeds) found.add(clip(url, 2000))
  }
  return [...found]
}
