/**
 * Which of what a run has read the owner asked for. What they asked for may be told to whomever their words name; what the
 * planner looked up of its own accord may not, however it was led to it.
 */
import type { Json } from '@castellan/contracts'
import { foreignSources } from '../label.ts'
import { dayOf, isSameDay } from './date.ts'
import { accountOf, kindOf } from './literal.ts'
import { leavesOf } from './pointer.ts'
import type { IndexedResult } from './result.ts'
import { accountStandsIn, saidVerbatim, standsIn } from './said.ts'
import { fold, foldedTokens, inSingular } from './token.ts'
import type { Words } from './words.ts'

/** Shorter tokens tell nothing apart. */
export const significantCharacters = 3

/** Whether the owner's words hold a value of an argument that something is looked up by. */
export function isMeant(words: Words, value: string | number): boolean {
  const { texts, folded, tokens, days, amounts } = words
  if (typeof value === 'number')
    return tokens.has(String(value)) || amounts.some((each) => each.value === value)
  const account = accountOf(value)
  if (account !== null) return texts.some((text) => accountStandsIn(text, account))
  const day = dayOf(value)
  if (day !== null) return days.some((named) => isSameDay(named, day))
  const isSaid = folded.some((text) => saidVerbatim(text, fold(value)))
  if (kindOf(value) !== 'name') return isSaid
  const asked = foldedTokens(value)
  return (
    asked.some((token) => isTelling(token, words)) && (isSaid || asked.every((token) => tokens.has(token)))
  )
}

/** Words that stand in any text, long enough to be taken for more. */
const common = new Set(
  'that this with from what have will your them then than they were when into over some such very just only also much more most like been does make made said each send mail read tell give need want know look find show take come goes file list note name date time week year dies eine oder aber nach wird sind about after again before could every first there their these those think thing things other please should shall where which while whose would unsere welche meine deine alles nichts'.split(
    ' ',
  ),
)

/** Whether a word tells anything apart: a name, or no small word. */
function isTelling(token: string, { names }: Words): boolean {
  return (token.length >= 4 && !common.has(token)) || names.some((name) => name.includes(token))
}

/**
 * For every result, whether the owner asked for it. A planner that had read nothing of strangers' looked up what it was asked
 * to (`isSteered`: it had, before all of these). Later ones must show it: each argument they were read with stands in the
 * words, or in what no third party could write of an earlier result that was asked for.
 */
export function askedResults(
  words: Words,
  results: readonly IndexedResult[],
  isSteered: boolean,
): readonly boolean[] {
  const asked: boolean[] = []
  let steered = isSteered
  results.forEach((each, place) => {
    const earlier = results.filter((_, index) => index < place && asked[index] === true)
    const stands = (value: string | number) =>
      isMeant(words, value) ||
      (!isDay(value) && earlier.some((one) => isKin(words, one, each) && isWritten(one, value)))
    const values = argumentsOf(each)
    // What an effect answers was asked for with the effect, and the gate has let that through.
    const isDone = (each.result.effect ?? 'read') !== 'read'
    asked.push(!steered || isDone || (values.length > 0 && values.every(stands)))
    steered ||= foreignSources(each.label).length > 0
  })
  return asked
}

/** A day leads to whatever else was on that day. */
function isDay(value: string | number): boolean {
  return typeof value === 'string' && dayOf(value) !== null
}

/** The values a result was looked up by. */
export function argumentsOf({ result }: IndexedResult): (string | number)[] {
  const { args, roles } = result
  return Object.entries(args).flatMap(([name, value]) =>
    roles?.[name] === 'option' ? [] : [...leavesOf('', value)].flatMap((leaf) => textOf(leaf.value)),
  )
}

function textOf(value: Json): (string | number)[] {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? [value] : []
}

/** Words of a skill's name that say nothing of what is read. */
const readingWords = new Set(
  'get list read show find search fetch view load all my most recent latest of in the for'.split(' '),
)

/** Whether one reading goes on from another: both read the same kind of thing, or the words say what it reads. */
function isKin(words: Words, from: IndexedResult, to: IndexedResult): boolean {
  const known = kindOfResult(from)
  const { read, given } = kindOfResult(to)
  return (
    read.some((noun) => known.read.includes(noun) || words.singulars.has(noun)) ||
    given.some((noun) => known.read.includes(noun))
  )
}

interface Kind {
  /** Nouns of the skill's name. */
  readonly read: readonly string[]
  /** Nouns of its arguments' names. */
  readonly given: readonly string[]
}

const kinds = new WeakMap<IndexedResult, Kind>()

function kindOfResult(result: IndexedResult): Kind {
  const known = kinds.get(result)
  if (known !== undefined) return known
  const { skill, args } = result.result
  const made = { read: nounsOf(skill), given: Object.keys(args).flatMap(nounsOf) }
  kinds.set(result, made)
  return made
}

/** Nouns of a skill's or an argument's name, e.g. `calendar` of `calendar.list`. */
export function nounsOf(name: string): string[] {
  return name
    .split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/)
    .map((word) => inSingular(word.toLowerCase()))
    .filter((word) => word !== '' && !readingWords.has(word))
}

/** Whether a value stands in what no third party could write of a result. */
function isWritten({ fields }: IndexedResult, value: string | number): boolean {
  return fields.some(
    (field) =>
      !field.isThirdParty &&
      (field.value === value || (typeof field.value === 'string' && standsIn(field.value, String(value)))),
  )
}
