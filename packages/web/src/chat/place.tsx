/**
 * The place that a link from a question points to: said above the conversation with the words around it, scrolled to and
 * marked in the line it stands in. The question keeps these words, so they are told even where the line is gone.
 */
import type { Place } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Glyph } from '../glyphs.tsx'
import { questionQuery } from '../queries.ts'
import { Excerpt } from '../questions/places.tsx'
import { placeInWords } from '../questions/words.ts'
import { rangeOf } from './mark.ts'
import './place.css'

const highlightName = 'place'

/** The id of a line's element, as links lead to it. */
export const lineId = (entry: string): string => `line-${entry}`

const usePlace = (): Place | null => {
  const { question, place } = useSearch({ strict: false })
  const { data } = useQuery(questionQuery(question))
  return data?.places[place ?? 0] ?? null
}

/** Shows a place in its line: opened, scrolled to, marked. Gives back how to unmark it. */
const show = (place: Place): (() => void) => {
  const line = document.getElementById(lineId(place.entry ?? ''))
  if (line === null) return () => {}
  for (const folded of line.querySelectorAll('details')) folded.open = true
  line.dataset['opened'] = 'true'
  const range = rangeOf(line, place)
  if (range !== null) CSS.highlights?.set(highlightName, new Highlight(range))
  const at = range?.startContainer.parentElement ?? line
  at.scrollIntoView({ block: 'center' })
  return () => {
    delete line.dataset['opened']
    CSS.highlights?.delete(highlightName)
  }
}

/** The bar above the lines; nothing while no place is opened. `onShow` is null where the lines are not there. */
export const OpenedPlace = ({ onShow }: { onShow: (() => void) | null }) => {
  const place = usePlace()
  const navigate = useNavigate()
  useEffect(() => {
    if (place === null || onShow === null) return
    let hide = (): void => {}
    // After the page has gone to its end, as it does when it opens.
    const frame = requestAnimationFrame(() => {
      onShow()
      hide = show(place)
    })
    return () => {
      cancelAnimationFrame(frame)
      hide()
    }
  }, [place, onShow])
  if (place === null) return null
  return (
    <aside className="opened-place" aria-label="The place you opened">
      <p>
        <span className="quiet">{placeInWords(place)}:</span> <Excerpt place={place} />
      </p>
      <button
        type="button"
        className="icon-button"
        aria-label="Close"
        onClick={() => void navigate({ to: '.', search: {}, replace: true })}
      >
        <Glyph name="deny" size={14} />
      </button>
    </aside>
  )
}
