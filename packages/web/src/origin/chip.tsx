/** The chip that tells where a value came from: glyph, word, tone and border, readable without colour. */
import { Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Glyph } from '../glyphs.tsx'
import { overviewQuery } from '../queries.ts'
import { foreignSources, type OriginClass, type SourceView, viewSource } from './classes.ts'
import './origin.css'

const ChipFace = ({ kind, word, place }: { kind: OriginClass; word: string; place: string }) => (
  <>
    <Glyph name={kind} size={12} />
    <span className="chip-word">{word}</span>
    {place !== '' && <span className="chip-place">{place}</span>}
  </>
)

/** A source as who is signed in sees it. */
const useSource = (source: string): SourceView =>
  viewSource(source, useQuery(overviewQuery).data?.you.principal)

/** One source. Hover or focus tells it in a sentence. */
export const SourceChip = ({ source, focusable = true }: { source: string; focusable?: boolean }) => {
  const view = useSource(source)
  return (
    <Tooltip label={view.meaning}>
      <span
        className="chip"
        data-origin={view.class}
        data-standing={view.standing}
        tabIndex={focusable ? 0 : undefined}
      >
        <ChipFace kind={view.class} word={view.word} place={view.place} />
      </span>
    </Tooltip>
  )
}

/** One source whose place is known: it opens that place. */
export const LinkedChip = ({ source, link }: { source: string; link: ChipLink }) => {
  const view = useSource(source)
  return (
    <Tooltip label={`${view.meaning} Open the place it stands in.`}>
      <Link {...link} className="chip chip-link" data-origin={view.class} data-standing={view.standing}>
        <ChipFace kind={view.class} word={view.word} place={view.place} />
      </Link>
    </Tooltip>
  )
}

/** Where a chip leads: a line of a conversation. */
export interface ChipLink {
  readonly to: '/chat/$id'
  readonly params: { readonly id: string }
  readonly search: { readonly entry: string; readonly question: string; readonly place: number }
}

/** All sources of a value, side by side. */
export const SourceChips = ({
  sources,
  focusable = true,
  linkOf = () => null,
}: {
  sources: readonly string[]
  focusable?: boolean
  linkOf?: (source: string) => ChipLink | null
}) => (
  <span className="chips">
    {sources.length === 0 && <SourceChip source="" focusable={focusable} />}
    {sources.map((source) => {
      const link = linkOf(source)
      return link === null ? (
        <SourceChip key={source} source={source} focusable={focusable} />
      ) : (
        <LinkedChip key={source} source={source} link={link} />
      )
    })}
  </span>
)

/** Foreign content, set apart with its source on the border, so that it can never look like Castellan speaking. */
export const ForeignInset = ({ sources, children }: { sources: readonly string[]; children: ReactNode }) => {
  const foreign = foreignSources(sources)
  const shown = foreign.length > 0 ? foreign : sources
  return (
    <fieldset className="inset" data-foreign={foreign.length > 0}>
      <legend>
        <span className="unseen">From </span>
        <SourceChips sources={shown} />
      </legend>
      {children}
    </fieldset>
  )
}
