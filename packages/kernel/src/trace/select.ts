/**
 * What the owner's words select of what a run has read. A record is selected by a field that no third party can write and
 * that stands in the words, whole or by what tells it apart; where two records match alike and differ, neither is meant.
 */
import type { Role } from '@castellan/contracts'
import { amountOf, isComputed, isSameAmount } from './amount.ts'
import { argumentsOf, askedResults, isMeant } from './asked.ts'
import { isNoRecipient } from './candidate.ts'
import { accountOf, kindOf, literalsIn } from './literal.ts'
import { type Match, matchesIn, standsInSequence } from './match.ts'
import { type Field, type IndexedResult, indexResult, type ReadResult } from './result.ts'
import { standsIn } from './said.ts'
import { fold, foldedTokens } from './token.ts'
import { momentOf } from './when.ts'
import type { Words } from './words.ts'

/** What a run has read, seen through the owner's words. Made for one decision. */
export class Selection {
  readonly words: Words
  readonly #read: readonly ReadResult[]
  #results: readonly IndexedResult[] | null = null
  #matches: Matches | null = null

  constructor(words: Words, read: readonly ReadResult[]) {
    this.words = words
    this.#read = read
  }

  /** Taken apart when they are first needed. */
  get results(): readonly IndexedResult[] {
    this.#results ??= this.#read.map(indexResult)
    return this.#results
  }

  /**
   * The field of a selected record that a literal was taken from; null when there is none, or two that differ. With
   * `targets`, all that a call reaches, two records that the words select are two candidates (DESIGN §4).
   */
  fieldOf(
    literal: string | number,
    role: Role,
    targets?: readonly (string | number)[],
    isRecipient = false,
  ): Field | null {
    for (const match of this.#selecting()) {
      if (isRecipient && isNoRecipient(this.words, match.tokens)) continue
      for (const field of match.item.fields) {
        // Half a name selects a record, but is not yet that name.
        const isItself = field === match.field && !match.isWhole && field.value === literal
        if (!this.#isTrusted(field) || isItself || !fits(field, role) || !holds(field, literal)) continue
        if (this.#isAmbiguous(match, field)) continue
        if (targets === undefined || !this.#isRivalled(match, field, targets)) return field
      }
    }
    return role === 'amount' ? null : (this.#listed(literal) ?? this.#timed(literal, role, targets))
  }

  /** An element of a list that the words asked for and speak of each of: "tell every member of the channel". */
  #listed(literal: string | number): Field | null {
    if (!this.words.isForEach) return null
    const asked = askedResults(this.words, this.results, true)
    for (const [place, each] of this.results.entries()) {
      if (asked[place] !== true || argumentsOf(each).length === 0) continue
      const found = each.fields.find(
        (field) => field.value === literal && field.pattern.endsWith('/*') && this.#isTrusted(field),
      )
      if (found !== undefined) return found
    }
    return null
  }

  /**
   * A field of the one record that begins at a day and time the owner named, or of the one on that day which their words
   * match in any field; nothing else may match them.
   */
  #timed(literal: string | number, role: Role, targets: readonly (string | number)[] = []): Field | null {
    if (this.words.days.length === 0) return null
    const { all } = this.#matched()
    const timed = this.results.flatMap(({ items }) =>
      items.flatMap((item) => {
        const moment = momentOf(item, this.words)
        return moment === null ? [] : [{ item, ...moment }]
      }),
    )
    const exact = timed.filter((each) => each.hasClock)
    const matching = timed.filter(({ item }) => all.some((match) => match.item === item))
    const [only, ...more] = exact.length > 0 ? exact : matching
    if (only === undefined || more.length > 0 || !this.#isTrusted(only.field)) return null
    const field = only.item.fields.find(
      (one) => this.#isTrusted(one) && fits(one, role) && holds(one, literal),
    )
    if (field === undefined) return null
    const isRival = all.some(
      ({ item }) =>
        item !== only.item &&
        item.fields.some(
          (one) => one.pattern === field.pattern && !targets.some((target) => holds(one, target)),
        ),
    )
    return isRival ? null : field
  }

  /** A result that is nothing but this value, written by the service; null when it answered otherwise at other times. */
  wholeResult(value: string | number): Field | null {
    const whole = this.results.flatMap((each) => {
      const isAsked = argumentsOf(each).every((argument) => isMeant(this.words, argument))
      return each.fields.filter((field) => field.pattern.endsWith(' ') && this.#isTrusted(field) && isAsked)
    })
    const found = whole.find((field) => field.value === value)
    if (found === undefined) return null
    const others = this.results.flatMap(({ fields }) =>
      fields.filter(({ pattern }) => pattern === found.pattern),
    )
    return others.every((field) => field.value === value) ? found : null
  }

  /** Whether some tokens stand together in what no third party could write. */
  isWritten(tokens: readonly string[]): boolean {
    return this.results.some(({ fields }) =>
      fields.some((field) => {
        if (!this.#isTrusted(field)) return false
        // The tokens of long texts are not kept.
        const isLong = field.tokens.length === 0 && typeof field.value === 'string'
        return isLong
          ? standsIn(fold(String(field.value)), tokens.join(' '))
          : standsInSequence(field.tokens, tokens)
      }),
    )
  }

  /**
   * Whether a text repeats a field of a record that the words do not speak of, while they speak of another one of the same
   * list: "the time of the dentist" is not what else is on that day. Words for all of a list speak of every record.
   */
  tellsOfAnother(text: string): boolean {
    if (text.length > mostTellingCharacters || this.words.isForEach) return false
    if ([...this.words.tokens].some((token) => wholes.has(token))) return false
    const tokens = foldedTokens(text)
    const spoken = new Set(this.#matched().all.map(({ item }) => item))
    const results = new Set(this.#selecting().map(({ result }) => result))
    const own = new Set([...spoken].flatMap(({ fields }) => fields.map(({ value }) => value)))
    const others = [...results].flatMap(({ items }) =>
      items.filter((item) => !item.isMember && !spoken.has(item)),
    )
    return others.some(({ fields }) =>
      fields.some(
        (field) =>
          field.tokens.length >= tellingTokens &&
          !own.has(field.value) &&
          standsInSequence(tokens, field.tokens),
      ),
    )
  }

  /** Whether an amount follows in one step from an amount of a selected record and what the owner said of it. */
  isComputed(amount: number): boolean {
    const { amounts, shares, isComputing } = this.words
    if (amounts.length + shares.length === 0) return false
    const known = this.#selecting().flatMap((match) =>
      match.item.fields.flatMap((field) => {
        if (typeof field.value !== 'number' || !this.#isTrusted(field) || !fits(field, 'amount')) return []
        return this.#isAmbiguous(match, field) ? [] : [field.value]
      }),
    )
    return isComputed(amount, known, { amounts: amounts.map((each) => each.value), shares, isComputing })
  }

  /** The fields anywhere in the results in which a literal stands, third parties' included. */
  *fieldsWith(literal: string | number): Generator<Field> {
    for (const { fields } of this.results) {
      for (const field of fields) {
        if (field.value === literal) yield field
        else if (typeof field.value === 'string' && standsIn(field.value, String(literal))) yield field
      }
    }
  }

  /** No third party could write it, and neither could the planner by what it asked for. */
  #isTrusted(field: Field): boolean {
    return !field.isThirdParty && field.echoes.every((each) => isMeant(this.words, each))
  }

  /** Matches that select their record. */
  #selecting(): readonly Match[] {
    return this.#matched().selecting
  }

  #matched(): Matches {
    if (this.#matches !== null) return this.#matches
    const all = this.results.flatMap((result) => matchesIn(result, this.words))
    const byToken = new Map<string, Match[]>()
    for (const match of all) {
      for (const token of match.tokens) {
        const there = byToken.get(token)
        if (there === undefined) byToken.set(token, [match])
        else there.push(match)
      }
    }
    const isRare = (token: string) => (byToken.get(token)?.length ?? 0) <= mostRecordsAlike
    const selecting = all.filter(
      (match) => this.#isTrusted(match.field) && [...match.tokens].every(isRare) && this.#maySelect(match),
    )
    this.#matches = { all, selecting, byToken }
    return this.#matches
  }

  /** A member's name selects only where the owner asked for that result, or for nothing in particular. */
  #maySelect({ item, result }: Match): boolean {
    return !item.isMember || argumentsOf(result).every((value) => isMeant(this.words, value))
  }

  /** Whether the words match another record, whoever wrote it, that a target might have been taken from instead. */
  #isRivalled(match: Match, field: Field, targets: readonly (string | number)[]): boolean {
    return this.#matched().all.some((other) => {
      if (other.item === match.item || isProperPart(other.tokens, match.tokens)) return false
      const rival = other.item.fields.find((one) => one.pattern === field.pattern)
      return rival !== undefined && !targets.some((target) => holds(rival, target))
    })
  }

  /** Whether another record, whoever wrote it, matches as well by the same words, and says something else. */
  #isAmbiguous(match: Match, field: Field): boolean {
    return [...match.tokens].some((token) =>
      (this.#matched().byToken.get(token) ?? []).some((other) => {
        if (other.item === match.item || other.field.pattern !== match.field.pattern) return false
        if (isProperPart(other.tokens, match.tokens)) return false
        return other.item.fields.some((one) => one.pattern === field.pattern && one.value !== field.value)
      }),
    )
  }
}

interface Matches {
  readonly all: readonly Match[]
  readonly selecting: readonly Match[]
  /** All of them, third parties' included, by the words they share with the owner. */
  readonly byToken: ReadonlyMap<string, readonly Match[]>
}

/** Shorter fields stand in any text; longer texts are looked through no more. */
const tellingTokens = 3
const mostTellingCharacters = 20_000

/** Words for all that a list holds. */
const wholes = new Set(
  'all every everything list lists schedule agenda overview summary summarise summarize whole rest others week alle alles liste übersicht zusammenfassung woche tous toutes tout todos todas todo tutti tutte tutto'.split(
    ' ',
  ),
)

/** A word that so many records share tells none of them apart. */
const mostRecordsAlike = 64

/** Whether a number is a name (an id) or a measure cannot be told from it; the field's name can. */
function fits(field: Field, role: Role): boolean {
  const isId = /(?:^|_)ids?_?$/i.test(field.name) || /[a-z]I[dD]$/.test(field.name)
  if (role === 'amount') return !isId
  return typeof field.value === 'string' || isId
}

/** Whether a field is a literal, in whatever spelling of the same thing, or a note that mentions one of its kind. */
function holds({ value }: Field, literal: string | number): boolean {
  if (value === literal) return true
  const [one, other] = [amountOf(value), amountOf(literal)]
  if (one !== null && other !== null) return isSameAmount(one, other)
  if (typeof value !== 'string' || typeof literal !== 'string') return String(value) === String(literal)
  const account = accountOf(literal)
  if (account !== null && accountOf(value) === account) return true
  // A note may hold an address among other words, but only one of its kind is meant.
  const kind = kindOf(literal)
  const alike = kind === 'name' ? [] : literalsIn(value).filter((found) => found.kind === kind)
  return alike.length === 1 && alike[0]?.text === literal
}

function isProperPart(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.size < whole.size && [...part].every((token) => whole.has(token))
}
