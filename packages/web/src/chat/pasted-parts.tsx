/** How pasted parts of a message look: marked in the text, and listed with a way to call them one's own words. */
import type { RefObject } from 'react'
import { Glyph } from '../glyphs.tsx'
import { type Message, pieces } from './pasted.ts'
import './pasted-parts.css'

/** A message with its pasted parts marked, as it was sent. */
export const MarkedText = ({ message }: { message: Message }) =>
  pieces(message).map((piece) =>
    piece.isPasted ? (
      <mark key={piece.at} className="pasted-part" title="Pasted or quoted: not your own words.">
        <span className="unseen">(pasted: </span>
        {piece.text}
        <span className="unseen">)</span>
      </mark>
    ) : (
      <span key={piece.at}>{piece.text}</span>
    ),
  )

/** Lies behind the field and shows through it: a field cannot mark parts of its own text. */
export const Underlay = ({ message, box }: { message: Message; box: RefObject<HTMLDivElement | null> }) => (
  <div className="composer-underlay" ref={box} aria-hidden="true">
    {pieces(message).map((piece) =>
      piece.isPasted ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
    )}
    {/* A last line break has no height without something behind it. */}
    {'\u200b'}
  </div>
)

const beginning = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > 48 ? `${line.slice(0, 47)}…` : line
}

const count = (text: string): string =>
  text.length === 1 ? '1 character' : `${text.length.toLocaleString('en')} characters`

/** What was pasted, part by part; one press makes a part the owner's own words. */
export const PastedParts = ({ message, onOwn }: { message: Message; onOwn: (place: number) => void }) => {
  const parts = pieces(message).filter((piece) => piece.isPasted)
  return (
    <>
      <p className="unseen" role="status">
        {parts.length > 0 &&
          `${parts.length === 1 ? 'One part' : `${parts.length} parts`} of your message was pasted and does not count as your words. Shift and Tab leads to it.`}
      </p>
      {parts.length > 0 && (
        <ul className="pasted-parts" aria-label="Pasted, so it does not count as your words">
          {parts.map((part, place) => (
            <li key={part.at}>
              <Glyph name="pasted" size={14} />
              <span className="pasted-words" title={part.text}>
                “{beginning(part.text)}”
              </span>
              <span className="quiet">{count(part.text)}, pasted: not taken for your words.</span>
              <button type="button" className="link-button" onClick={() => onOwn(place)}>
                These are my own words<span className="unseen">: {beginning(part.text)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
