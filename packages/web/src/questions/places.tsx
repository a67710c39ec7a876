/** Where an argument stands: the line it came from with the words around it, and the way to it. */
import type { Place, QuestionView } from '@castellan/contracts'
import { Link } from '@tanstack/react-router'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { placeInWords } from './words.ts'
import './places.css'

/** What an excerpt shows on one line, with a sign where more stands before or behind. */
const before = (text: string): string => (text.length < 100 ? '' : '…') + text.replace(/\s+/g, ' ')
const after = (text: string): string => text.replace(/\s+/g, ' ') + (text.length < 100 ? '' : '…')

/** The words around a place, the place itself marked. */
export const Excerpt = ({ place }: { place: Place }) => (
  <q className="excerpt">
    <InlineVerbatim text={before(place.before)} />
    <mark>
      <InlineVerbatim text={place.match.replace(/\s+/g, ' ')} />
    </mark>
    {place.rest > 0 && <span className="quiet"> ({place.rest} more characters of it)</span>}
    <InlineVerbatim text={after(place.after)} />
  </q>
)

/** A place with the question it belongs to, as links name it. */
export interface PlaceOf {
  readonly question: Pick<QuestionView, 'id' | 'conversation' | 'places'>
  readonly place: Place
}

/** The address of a place; null when its conversation has no such line. */
export const searchOf = ({ question, place }: PlaceOf) => {
  if (question.conversation === null || place.entry === null) return null
  return {
    to: '/chat/$id' as const,
    params: { id: question.conversation },
    search: { entry: place.entry, question: question.id, place: question.places.indexOf(place) },
  }
}

const Way = ({ question, place }: PlaceOf) => {
  const link = searchOf({ question, place })
  if (link === null) return null
  return (
    <Link {...link} className="place-open" aria-label={`Open: ${placeInWords(place)}`}>
      Open
    </Link>
  )
}

/** All places of one argument. */
export const Places = ({
  question,
  path,
}: {
  question: Pick<QuestionView, 'id' | 'conversation' | 'places'>
  path: string
}) => {
  const own = question.places.filter((place) => place.path === path)
  if (own.length === 0) return null
  return (
    <ul className="places">
      {own.map((place) => (
        <li key={`${place.entry}${place.pointer}${place.match}`} data-words={place.words}>
          <span className="place-where">{placeInWords(place)}:</span> <Excerpt place={place} />{' '}
          <Way question={question} place={place} />
        </li>
      ))}
    </ul>
  )
}
