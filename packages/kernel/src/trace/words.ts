/**
 * What the owner said, taken apart once: its tokens, amounts, shares and days, and the tokens that name a destination.
 * All of it is the owner's own text, so reading it loosely trusts nobody else.
 */
import { type Amount, amountsIn, sharesIn } from './amount.ts'
import { daysIn, type FoundDay } from './date.ts'
import { type LiteralKind, literalsIn } from './literal.ts'
import {
  dictatedIn,
  type NamedThing,
  openingsOf,
  pointedAtIn,
  recipientsIn,
  thingsOf,
  toWords,
  unrefusedOf,
} from './phrase.ts'
import { fold, foldedTokens, inSingular, namesOf, tokensOf } from './token.ts'
import { type Clock, clocksIn, weekdaysIn } from './when.ts'

/** A token of the owner's that is an address, a URL or an account number. */
export interface NamedPlace {
  readonly text: string
  readonly kind: Exclude<LiteralKind, 'name'>
  /** The words say that something goes there: "to bob@a.example". */
  readonly isDestination: boolean
}

export interface Words {
  readonly texts: readonly string[]
  /** The texts in lower case, for comparing content and names of things. */
  readonly folded: readonly string[]
  /** Every token in lower case. */
  readonly tokens: ReadonlySet<string>
  /** Every token as it is called of one thing. */
  readonly singulars: ReadonlySet<string>
  /** Every text's tokens in lower case, in order. */
  readonly sequences: readonly (readonly string[])[]
  /** Tokens that begin what is asked for: "then mail it", "could you mail it", not "the mail", "do not mail" or "mail me". */
  readonly opening: ReadonlySet<string>
  /** Tokens of clauses that refuse nothing: "überweise es noch nicht" asks for no transfer. */
  readonly unrefused: ReadonlySet<string>
  /** Names, each with all its tokens: written with capitals within a sentence, with digits, or in quotes. */
  readonly names: readonly (readonly string[])[]
  /** Tokens within quotes. */
  readonly quoted: ReadonlySet<string>
  readonly places: readonly NamedPlace[]
  readonly things: readonly NamedThing[]
  /** Words that stand for someone or some room though they are common ones: quoted, or as in "to general", "general channel". */
  readonly pointedAt: ReadonlySet<string>
  /** Tokens of names whom the words say something goes to: "tell Svenja", "to Petra Kern and Bob", "in the channel random". */
  readonly recipients: ReadonlySet<string>
  /** They speak of each of some people: "every member". */
  readonly isForEach: boolean
  /** What they give word for word to be sent or written: "send 'Hello Bob!'"; empty where they ask for more than that. */
  readonly dictated: readonly string[]
  readonly amounts: readonly Amount[]
  /** They speak of computing: "plus", "the difference". */
  readonly isComputing: boolean
  readonly shares: readonly number[]
  readonly days: readonly FoundDay[]
  readonly clocks: readonly Clock[]
  /** Days of the week, 0 for Sunday, where they name nothing else that a calendar would tell. */
  readonly weekdays: readonly number[]
}

/** Requests taken apart that are kept: each call of a run comes with the same words anew. */
const mostRequests = 32
const parsed = new Map<string, Words>()

/** The owner's words, taken apart. The same words are taken apart once. */
export function parseWords(texts: readonly string[]): Words {
  const key = JSON.stringify(texts)
  const known = parsed.get(key)
  if (known !== undefined) return known
  const found = texts.map(tokensOf)
  const days = texts.map(daysIn)
  const words: Words = {
    texts,
    folded: texts.map(fold),
    tokens: new Set(found.flat().map((token) => token.folded)),
    singulars: new Set(found.flat().map((token) => inSingular(token.folded))),
    sequences: found.map((tokens) => tokens.map((token) => token.folded)),
    opening: new Set(found.flatMap(openingsOf)),
    unrefused: new Set(found.flatMap(unrefusedOf)),
    names: found.flatMap(namesOf),
    quoted: new Set(found.flat().flatMap((token) => (token.isQuoted ? [token.folded] : []))),
    places: texts.flatMap(placesOf),
    things: found.flatMap(thingsOf),
    pointedAt: new Set(found.flatMap(pointedAtIn)),
    recipients: new Set(found.flatMap(recipientsIn)),
    isForEach: texts.some((text) => forEach.test(text)),
    dictated: dictatedIn(texts, found),
    amounts: meantAmounts(texts.flatMap((text, index) => amountsIn(text, days[index]))),
    isComputing: texts.some((text) => computing.test(text)),
    shares: texts.flatMap(sharesIn),
    days: days.flat(),
    clocks: texts.flatMap(clocksIn),
    weekdays: weekdaysIn(texts.join('\n')),
  }
  parsed.set(key, words)
  for (const oldest of parsed.keys()) if (parsed.size > mostRequests) parsed.delete(oldest)
  return words
}

/** Where an amount is said with its unit, numbers without one are something else: "pay 318 EUR for invoice 4471". */
function meantAmounts(amounts: readonly Amount[]): Amount[] {
  const withUnit = amounts.filter(({ unit }) => unit !== null)
  return withUnit.length > 0 ? withUnit : [...amounts]
}

const computing =
  /(?<![\p{L}])(?:plus|minus|less|more|add(?:ed|itional)?|extra|additional|difference|together|in total|sum|split|half|share|each|increase[ds]?|decrease[ds]?|raise|lower|reduce|by|zuzüglich|abzüglich|mehr|weniger|differenz|zusammen|hälfte|anteil|erhöh\p{L}*|um|différence|ensemble|diferencia|más|menos|differenza|più|meno|verschil|meer|minder)(?![\p{L}])|[+−%]/iu

const forEach =
  /(?<![\p{L}])(?:everyone|everybody|each of (?:them|us)|all of them|(?:each|every|all)(?: \p{L}+){0,3}? (?:users?|members?|participants?|people|persons?|contacts?|colleagues?|attendees?|recipients?|guests?|channels?|friends?|employees?)|alle[nrs]? (?:\p{L}+ )?(?:mitglieder|teilnehmer|personen|kontakte|kollegen|leute|kanäle)n?|jede[mnrs]? (?:\p{L}+ )?(?:mitglied|teilnehmer|person|kontakt|kollegen)|tous les (?:membres|participants)|todos los (?:miembros|participantes)|tutti i (?:membri|partecipanti)|alle (?:leden|deelnemers))(?![\p{L}])/iu

const andWords = /^(?:,|,?\s+(?:and|und|et|y|e|en|&|or|oder)\s)\s*$/u

function placesOf(text: string): NamedPlace[] {
  let last: { end: number; isDestination: boolean } | null = null
  return literalsIn(text)
    .sort((a, b) => a.from - b.from)
    .map(({ text: literal, kind, from }) => {
      const before = foldedTokens(text.slice(0, from).split(/\s/u).at(-2) ?? '').at(-1) ?? ''
      const goesOn: boolean = last?.isDestination === true && andWords.test(text.slice(last.end, from))
      const isDestination = goesOn || toWords.has(before)
      last = { end: from + literal.length, isDestination }
      return { text: literal, kind, isDestination }
    })
}
