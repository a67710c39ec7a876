/** A sealed value that a reply shows by reference: verbatim, in an inset with its source, never as markup, link or picture. */
import type { QuotedValue } from '@castellan/contracts'
import { SourceChips } from '../origin/chip.tsx'
import { foreignSources } from '../origin/classes.ts'
import { InlineVerbatim, Verbatim } from '../text/verbatim.tsx'
import './quoted.css'

const shortCharacters = 80

const sourcesOf = ({ label }: QuotedValue): readonly string[] => {
  const foreign = foreignSources(label.sources)
  return foreign.length > 0 ? foreign : label.sources
}

/** The inset: within the line when it is short, a block of its own otherwise. */
export const Quoted = ({ value }: { value: QuotedValue }) => {
  const short = value.text.length <= shortCharacters && !value.text.includes('\n')
  // Spans, as a reply may quote in the middle of a paragraph.
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset may not stand within a paragraph.
    <span className="quoted" data-short={short} role="group" aria-label={`Quoted, ${value.ref}`}>
      <span className="quoted-source">
        <span className="unseen">From </span>
        <SourceChips sources={sourcesOf(value)} />
      </span>
      {short ? <InlineVerbatim text={value.text} /> : <Verbatim text={value.text} />}
    </span>
  )
}
