/**
 * Markdown of an answer, harmless: raw HTML stays text, pictures never load, links show where they lead before they open.
 * Nothing in here may fetch or navigate by itself.
 */
import { memo, type ReactNode, useMemo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { Glyph } from '../glyphs.tsx'
import { refAttribute, references } from './references.ts'
import { SafeLink } from './safe-link.tsx'
import './markdown.css'

const Picture = ({ src, alt }: { src: string; alt: string }) => (
  <span className="picture" role="note">
    <Glyph name="picture" size={14} />
    <span>Picture not loaded{alt !== '' && `: ${alt}`}</span>
    <span className="picture-address mono">{src === '' ? 'no address' : src}</span>
  </span>
)

const Scrolled = ({ children }: { children?: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard.
  <div className="wide" tabIndex={0}>
    <table>{children}</table>
  </div>
)

const components: Components = {
  a: ({ href, children }) => <SafeLink href={href ?? ''}>{children}</SafeLink>,
  img: ({ src, alt }) => <Picture src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
  table: ({ children }) => <Scrolled>{children}</Scrolled>,
  // A heading of an answer must not stand among the page's own.
  h1: ({ children }) => <p className="md-h1">{children}</p>,
  h2: ({ children }) => <p className="md-h2">{children}</p>,
  h3: ({ children }) => <p className="md-h3">{children}</p>,
  h4: ({ children }) => <p className="md-h3">{children}</p>,
  h5: ({ children }) => <p className="md-h3">{children}</p>,
  h6: ({ children }) => <p className="md-h3">{children}</p>,
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide block must be scrollable by keyboard.
    <pre tabIndex={0}>{children}</pre>
  ),
}

/** Addresses pass unchanged: SafeLink and Picture show them as they are and open nothing unasked. */
const unchanged = (url: string): string => url

/** Draws what a reference stands for. */
export type Quotes = ReadonlyMap<string, ReactNode>
const noQuotes: Quotes = new Map()

/** An answer's text; `quotes` stand where it refers to them, and are no Markdown. */
export const Markdown = memo(({ text, quotes = noQuotes }: { text: string; quotes?: Quotes }) => {
  const plugins = useMemo(() => [references(new Set(quotes.keys()))], [quotes])
  const all = useMemo<Components>(
    () => ({
      ...components,
      // Answers hold no markup of their own, so that a span is a reference.
      span: (props) => quotes.get(String(props[refAttribute as keyof typeof props])) ?? null,
    }),
    [quotes],
  )
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={plugins}
        components={all}
        urlTransform={unchanged}
      >
        {text}
      </ReactMarkdown>
    </div>
  )
})
