/** A value exactly as it is: unseen characters drawn, long ones folded but never cut, direction kept left to right. */
import { memo, useMemo, useState } from 'react'
import { inspect, type Segment, summarise } from './visible.ts'
import './verbatim.css'

/** After how much a text folds. */
export interface Fold {
  characters: number
  lines: number
}

const usual: Fold = { characters: 360, lines: 8 }

const Marked = ({ segment }: { segment: Exclude<Segment, { kind: 'plain' }> }) => (
  <span className="mark" data-mark={segment.kind} title={segment.name}>
    <span className="unseen">[{segment.name}]</span>
    <span aria-hidden="true">{segment.shown}</span>
  </span>
)

const Pieces = ({ segments }: { segments: readonly Segment[] }) => {
  let at = 0
  return segments.map((segment) => {
    // Its place in the text is what a piece is known by.
    const key = at
    at += segment.text.length
    return segment.kind === 'plain' ? (
      <span key={key}>{segment.text}</span>
    ) : (
      <Marked key={key} segment={segment} />
    )
  })
}

/** Where to fold a text: after so many lines or characters, whichever comes first; null when it is short. */
export const foldAt = (text: string, fold: Fold): number | null => {
  let end = -1
  for (let line = 0; line < fold.lines; line += 1) {
    end = text.indexOf('\n', end + 1)
    if (end < 0) break
  }
  const wanted = Math.min(end < 0 ? text.length : end, fold.characters)
  // Never between the halves of one character.
  const at = /[\ud800-\udbff]/.test(text.charAt(wanted - 1)) ? wanted - 1 : wanted
  // A fold that would hide less than a tenth of what it shows is not worth a click.
  return text.length - at > fold.characters / 10 ? at : null
}

/** A short value inside a sentence, unseen characters drawn, nothing said beside it. */
export const InlineVerbatim = ({ text }: { text: string }) => {
  const segments = useMemo(() => inspect(text), [text])
  return (
    <bdi className="inline-verbatim" dir="ltr">
      <Pieces segments={segments} />
    </bdi>
  )
}

const FoldLine = ({ open, hidden, onClick }: { open: boolean; hidden: string; onClick: () => void }) => {
  const warning = open ? null : summarise(inspect(hidden))
  return (
    <div className="fold">
      <button type="button" className="link-button" aria-expanded={open} onClick={onClick}>
        {open ? 'Fold' : `Show the other ${hidden.length.toLocaleString('en')} characters`}
      </button>
      {warning !== null && <span className="marks-note">The folded part: {warning}</span>}
    </div>
  )
}

/** Text as it is. Long ones fold behind a button that says how much it hides; `fold` null never folds. */
export const Verbatim = memo(({ text, fold = usual }: { text: string; fold?: Fold | null }) => {
  const [open, setOpen] = useState(false)
  const at = fold === null ? null : foldAt(text, fold)
  const shown = at === null || open ? text : text.slice(0, at)
  const segments = useMemo(() => inspect(shown), [shown])
  const note = summarise(segments)
  return (
    <span className="verbatim-box">
      {text === '' ? (
        <span className="quiet">(empty)</span>
      ) : (
        <bdi className="verbatim" dir="ltr">
          <Pieces segments={segments} />
          {at !== null && !open && <span aria-hidden="true">…</span>}
        </bdi>
      )}
      {note !== null && <span className="marks-note">{note}</span>}
      {at !== null && <FoldLine open={open} hidden={text.slice(at)} onClick={() => setOpen(!open)} />}
    </span>
  )
})
