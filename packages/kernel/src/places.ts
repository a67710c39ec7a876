/**
 * Where the arguments of a call stand: in the owner's own words or in what the run has read, with the text around. For a
 * person who is asked; no decision rests on it.
 */
import type { Place } from '@castellan/contracts'
import { isStrong } from '@castellan/contracts'
import type { Call } from './call.ts'
import { foreignSources, labelAt } from './label.ts'
import { type TracedArgument, traceArguments } from './origin.ts'
import { literalsIn } from './trace/literal.ts'
import { leavesOf } from './trace/pointer.ts'
import { placesIn } from './trace/said.ts'

/** A place before its caller has said which line of the conversation it is: `result` is that result's `id`. */
export type FoundPlace = Omit<Place, 'entry'> & { readonly result: string | null }

const contextCharacters = 100
const matchCharacters = 300
const mostOfOneValue = 3
const mostOfContent = 6
const mostPiecesTried = 64

/** A text that an argument may stand in. */
interface Text extends Pick<FoundPlace, 'words' | 'sources' | 'skill' | 'pointer' | 'result'> {
  readonly text: string
}

/** The places of all arguments, in the order of the arguments; the owner's words come before results. */
export function placesOf(call: Call, traced: readonly TracedArgument[] = traceArguments(call)): FoundPlace[] {
  const texts = textsOf(call)
  return traced.flatMap((argument) => {
    if (typeof argument.value !== 'string' && typeof argument.value !== 'number') return []
    const value = String(argument.value)
    const whole = standing(texts, argument.path, value).slice(0, mostOfOneValue)
    if (whole.length > 0) return whole
    return piecesOf(argument, value)
      .slice(0, mostPiecesTried)
      .flatMap((piece) => standing(texts, argument.path, piece).slice(0, 1))
      .slice(0, mostOfContent)
  })
}

function textsOf({ run }: Call): Text[] {
  const words = run.words.map((text) => ({
    ...{ text, words: true, sources: ['owner'], skill: null, pointer: '', result: null },
  }))
  const results = (run.results ?? []).flatMap(({ id = null, skill, value, labels }) =>
    [...leavesOf('', value)].flatMap(({ path, value: leaf }) => {
      if (typeof leaf !== 'string' && typeof leaf !== 'number') return []
      const label = labelAt(labels, path)
      const foreign = foreignSources(label)
      const sources = foreign.length > 0 ? foreign : [...label.sources]
      return [{ text: String(leaf), words: false, sources, skill, pointer: path, result: id }]
    }),
  )
  return [...words, ...results]
}

/** A short value stands in a text only where it is all of it. */
function standing(texts: readonly Text[], path: string, value: string): FoundPlace[] {
  return texts.flatMap(({ text, ...where }) => {
    const [at] = value.length < 3 ? (text === value ? [0] : []) : placesIn(text, value)
    return at === undefined ? [] : [{ path, ...where, ...around(text, at, value.length) }]
  })
}

function around(text: string, at: number, length: number) {
  const end = at + length
  const shown = Math.min(length, matchCharacters)
  return {
    line: text.slice(0, at).split('\n').length,
    before: text.slice(Math.max(0, at - contextCharacters), at).toWellFormed(),
    match: text.slice(at, at + shown).toWellFormed(),
    rest: length - shown,
    after: text.slice(end, end + contextCharacters).toWellFormed(),
  }
}

/** What of a value may stand somewhere when all of it does not: its host, its addresses and numbers, its sentences. */
function piecesOf({ role }: TracedArgument, value: string): string[] {
  const literals = literalsIn(value).map(({ text }) => text)
  const hosts = [value, ...literals].flatMap(
    (text) => /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(text)?.[1] ?? [],
  )
  const sentences = isStrong(role) ? [] : value.split(/\n+|(?<=[.!?])\s+/u).map((each) => each.trim())
  const telling = sentences.filter((each) => each.length >= 12 && each.includes(' '))
  return [...new Set([...literals, ...hosts, ...telling])].filter(
    (piece) => piece !== value && piece.length >= 3,
  )
}
