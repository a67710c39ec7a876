/** The sensor's marks on a result: what in it was made for a model and not for people, to be opened and looked at. */
import { type Found, foundSentence } from '@castellan/contracts'
import { Glyph } from '../glyphs.tsx'
import { Verbatim } from '../text/verbatim.tsx'
import './found.css'

const Mark = ({ mark, sources, told }: { mark: Found; sources: readonly string[]; told: boolean }) => (
  <li>
    {!told && (
      <p>
        {foundSentence(mark, sources)}
        <Where mark={mark} />.
      </p>
    )}
    {mark.excerpt !== '' && (
      <div className="found-excerpt">
        <Verbatim text={mark.excerpt} />
      </div>
    )}
  </li>
)

const Where = ({ mark }: { mark: Found }) => (
  <>
    {mark.count > 1 && `, ${mark.count.toLocaleString('en')} times`}
    {mark.where !== '' && <span className="quiet"> ({mark.where})</span>}
  </>
)

/** Marks of one weight under one line; nothing when there are none. */
export const Marks = ({
  found,
  sources,
  weight,
}: {
  found: readonly Found[]
  sources: readonly string[]
  weight: Found['weight']
}) => {
  const marks = found.filter((each) => each.weight === weight)
  const [first] = marks
  if (first === undefined) return null
  const others = marks.length - 1
  const more = others === 0 ? '' : `; ${others} more ${others === 1 ? 'mark' : 'marks'}`
  return (
    <details className="found" data-weight={weight}>
      <summary>
        <Glyph name={weight === 'high' ? 'failed' : 'open'} size={14} />
        <span>
          {weight === 'high' ? (
            <>
              {foundSentence(first, sources)}
              <Where mark={first} />
              {more}.
            </>
          ) : (
            'Things that ordinary pages have too'
          )}
        </span>
        <span className="found-open">Look</span>
      </summary>
      <ul>
        {marks.map((mark) => (
          <Mark
            key={`${mark.kind} ${mark.where}`}
            mark={mark}
            sources={sources}
            told={weight === 'high' && mark === first}
          />
        ))}
      </ul>
      {weight === 'high' && (
        <p className="quiet small">
          The content was passed on unchanged. Marks are for your eyes: nothing is allowed or refused because
          of them.
        </p>
      )}
    </details>
  )
}
