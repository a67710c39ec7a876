/** What is sealed: the closed envelope of a result, and what a run holds of it. The owner may read everything. */
import type { CallView, RunView } from '@castellan/contracts'
import type { ReactNode } from 'react'
import { Glyph } from '../glyphs.tsx'
import { SourceChips } from '../origin/chip.tsx'
import { foreignSources } from '../origin/classes.ts'
import './sealed.css'

/** A result that the agent has not read, closed until the owner opens it for themselves. */
export const Envelope = ({ call, children }: { call: CallView; children: ReactNode }) => (
  <details className="envelope">
    <summary>
      <Glyph name="sealed" size={16} />
      <span>
        Sealed{call.handle !== null && <span className="mono quiet"> {call.handle}</span>}, from{' '}
        <SourceChips sources={foreignSources(call.label?.sources ?? [])} focusable={false} />. The agent got
        its name, not its words.
      </span>
      <span className="envelope-open">Open for yourself</span>
    </summary>
    <p className="quiet small">Only you see this. Opening it tells the agent nothing and changes nothing.</p>
    {children}
  </details>
)

const Held = ({ words, sources }: { words: string; sources: readonly string[] }) =>
  sources.length > 0 && (
    <p>
      <Glyph name="sealed" size={14} /> {words}: <SourceChips sources={sources} />
    </p>
  )

/** What the run holds sealed and what it was told of it, in plain words; nothing while there is nothing. */
export const SealedLine = ({ run }: { run: RunView | null }) => {
  if (run === null || (run.sealed_from.length === 0 && run.influence.bits === 0)) return null
  const { bits, budget } = run.influence
  const inPart = run.sealed_from.filter((source) => run.tainted_by.includes(source))
  const unread = run.sealed_from.filter((source) => !inPart.includes(source))
  return (
    <div className="sealed-line">
      <Held words="Held sealed, unread by the agent" sources={unread} />
      <Held words="Held sealed, and read in part" sources={inPart} />
      {bits > 0 && (
        <p>
          Answers about sealed content have told it {bits} of at most {budget} bits: {inWords(bits, budget)}
        </p>
      )}
    </div>
  )
}

/** What so many bits are, for somebody who does not count in them. */
const inWords = (bits: number, budget: number): string => {
  if (bits >= budget) return 'from here on such answers stay sealed too.'
  if (bits === 1) return 'one yes or no.'
  return `as much as ${bits} times yes or no.`
}
