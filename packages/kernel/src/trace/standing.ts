/** What speaks for a literal: the owner's words, a record they select, the service itself. Made for one call. */
import { isStrong, type Json, type Label, type Role } from '@castellan/contracts'
import type { Call } from '../call.ts'
import { foreignSources, joinAll } from '../label.ts'
import { isAskedFor, onlyTouches } from './act.ts'
import { type Amount, amountOf, isSameAmount } from './amount.ts'
import { isCovered, isDistinctive, isUnrefused } from './anchor.ts'
import { askedResults, nounsOf } from './asked.ts'
import { isNoRecipient, isOneOfTwoPlaces, isOneOfTwoThings, isSpent } from './candidate.ts'
import { dayOf, isSameDay } from './date.ts'
import { accountOf, hostOf, kindOf } from './literal.ts'
import type { Leaf } from './pointer.ts'
import type { Field } from './result.ts'
import { accountStandsIn, countIn, saidVerbatim, standsIn } from './said.ts'
import { Selection } from './select.ts'
import { fold, foldedTokens } from './token.ts'
import { piecesOf } from './unsaid.ts'
import { weekdayOf } from './when.ts'
import { parseWords } from './words.ts'

/** Why a literal is what the owner meant, and the field it stands in, if any. */
export interface Standing {
  readonly by: 'words' | 'record' | 'service' | 'link'
  readonly field: Field | null
}

interface Given {
  readonly role: Role
  readonly leaf: Leaf
}

/** Longer texts are prose; only content is, and no record holds it. */
const literalCharacters = 2_000

/** Traces the literals of one call. */
export class Tracer {
  /** The planner has read something that is trusted for nothing. */
  readonly isTainted: boolean
  /** The call is given things to act on, and nothing else that matters. */
  readonly onlyTouches: boolean
  readonly #call: Call
  readonly #given: readonly Given[]
  readonly #selection: Selection
  #labelForNamed: Label | null = null
  #isUnasked: boolean | null = null

  constructor(call: Call, given: readonly Given[]) {
    this.#call = call
    this.#given = given
    this.isTainted = foreignSources(call.run.label).length > 0
    this.onlyTouches = onlyTouches(given.map(({ role }) => role))
    this.#selection = new Selection(parseWords(call.run.words), call.run.results ?? [])
  }

  /** The owner's words name what the call is given, it may be, and yet do not ask for what it does. */
  get isUnasked(): boolean {
    this.#isUnasked ??=
      this.#isDone() ||
      this.#isUndictated() ||
      this.#isAtAnotherTime() ||
      this.#isElsewhere() ||
      !isAskedFor(
        this.#selection.words,
        this.#call.skill,
        this.#given.map(({ role }) => role),
      )
    return this.#isUnasked
  }

  /** The label of what the planner writes, without what it has read because the owner's words asked for it. */
  get labelForNamed(): Label {
    if (this.#labelForNamed !== null) return this.#labelForNamed
    const { label, rest = label } = this.#call.run
    const { words, results } = this.#selection
    const asked = askedResults(words, results, foreignSources(rest).length > 0)
    const others = results.filter((_, place) => asked[place] !== true)
    const { readers } = joinAll([rest, ...others.map((each) => each.label)])
    this.#labelForNamed = { sources: label.sources, readers }
    return this.#labelForNamed
  }

  /** What speaks for a literal; null when it is the planner's alone. */
  standingOf(role: Role, value: Json): Standing | null {
    if (typeof value !== 'string' && typeof value !== 'number') return null
    if (typeof value === 'string' && value.length > literalCharacters) return null
    if (this.#isSaid(role, value)) return this.#isAnother(role, value) ? null : { by: 'words', field: null }
    // A thing that is only touched is chosen by nothing else, so it must be as surely meant as a target.
    const rivals =
      role === 'target' || (role === 'object' && this.onlyTouches) ? this.#literalsOf(role) : undefined
    const field = this.#selection.fieldOf(
      value,
      role,
      rivals,
      role === 'target' && this.#call.skill.effect === 'send',
    )
    if (field !== null) return { by: 'record', field }
    const amount = role === 'amount' ? amountOf(value) : null
    if (amount?.unit === null && this.#selection.isComputed(amount.value))
      return { by: 'record', field: null }
    return this.#writtenByService(role, value) ?? this.#linked(role, value)
  }

  /** The sources of the field that a foreign literal was taken from; null when it stands in none. */
  sourcesOf(value: Json): readonly string[] | null {
    if (!this.isTainted || (typeof value !== 'string' && typeof value !== 'number')) return null
    if (typeof value === 'string' && (value.length < 3 || value.length > literalCharacters)) return null
    for (const field of this.#selection.fieldsWith(value)) if (field.isThirdParty) return field.label.sources
    return null
  }

  /** Whether a text tells of a record that the owner's words do not speak of. */
  tellsOfAnother(role: Role, value: Json): boolean {
    return role === 'content' && typeof value === 'string' && this.#selection.tellsOfAnother(value)
  }

  /** Links, addresses, account numbers and the like in a text that the owner's words lack. */
  unsaidIn(value: Json): string[] {
    if (typeof value !== 'string') return []
    const { texts } = this.#selection.words
    return piecesOf(value).filter((piece) => {
      const account = accountOf(piece)
      if (texts.some((text) => saidVerbatim(text, piece))) return false
      if (account !== null && texts.some((text) => accountStandsIn(text, account))) return false
      return this.#selection.fieldOf(piece, 'content') === null
    })
  }

  /** Whether content says, in the owner's words, what is being made. */
  isAnchor(role: Role, value: Json): boolean {
    if (role !== 'content' || typeof value !== 'string' || value.length > literalCharacters) return false
    const standing = this.standingOf(role, value)
    if (standing?.by === 'record') return true
    if (standing?.by === 'words') {
      const { words } = this.#selection
      return isDistinctive(value, words) && isUnrefused(value, words)
    }
    return isCovered(value, this.#selection)
  }

  #isSaid(role: Role, value: string | number): boolean {
    const { texts, folded, amounts, days, tokens } = this.#selection.words
    const times = this.#rolesOf(value)
    if (role === 'amount') {
      const meant = amountOf(value)
      const same = (said: Amount) => meant !== null && isSameAmount(said, meant)
      return amounts.filter(same).length >= times
    }
    if (typeof value === 'number')
      return times === 1 && String(value).length >= 3 && tokens.has(String(value))
    // "Write release notes" names nobody called release.
    if (role === 'target' && /^\p{Ll}+$/u.test(value) && !this.#selection.words.pointedAt.has(value))
      return false
    const count = texts.reduce((sum, text) => sum + countIn(text, value), 0)
    if (value.trim().length >= 3 && count >= times) return true
    // "To Alice's inbox" names whom it goes to, "Alice's website" does not.
    const parts = role === 'target' && times === 1 ? foldedTokens(value) : []
    if (parts.length > 0) {
      const { recipients } = this.#selection.words
      const owns = texts.some((text) => standsIn(text, `${value}'s`) || standsIn(text, `${value}’s`))
      if (owns && parts.every((token) => recipients.has(token))) return true
    }
    const account = accountOf(value)
    if (account !== null && times === 1 && texts.some((text) => accountStandsIn(text, account))) return true
    if (isStrong(role)) return false
    const day = role === 'time' ? dayOf(value) : null
    if (day !== null) return days.some((named) => isSameDay(named, day))
    return folded.some((text) => saidVerbatim(text, fold(value)))
  }

  /** One token of the words serves one role: how many different strong roles this call wants a literal for. */
  #rolesOf(value: string | number): number {
    const same = this.#given.filter(({ role, leaf }) => isStrong(role) && isSameText(leaf.value, value))
    return Math.max(1, new Set(same.map(({ role }) => role)).size)
  }

  /** Whether the same has been paid or sent in this run: words that ask for it ask for it once. */
  #isDone(): boolean {
    const { skill, args, run } = this.#call
    if (!['spend', 'send', 'publish'].includes(skill.effect)) return false
    const isPaying = skill.effect === 'spend'
    const names = Object.keys(args).filter((name) => !isPaying || isStrong(skill.roles[name] ?? 'target'))
    return (run.results ?? []).some(
      (done) =>
        done.skill === skill.name &&
        names.every((name) => JSON.stringify(done.args[name]) === JSON.stringify(args[name])),
    )
  }

  /** Whether the words say what is to be sent or written, word for word, and none of it is in the call. */
  #isUndictated(): boolean {
    const { dictated } = this.#selection.words
    const texts = this.#given.flatMap(({ role, leaf }) => (role === 'content' ? literalsOf(leaf) : []))
    const reaches = this.#call.reaches.length > 0 || this.#given.some(({ role }) => role === 'object')
    if (dictated.length === 0 || texts.length === 0 || !reaches) return false
    return !texts.some((text) => dictated.some((phrase) => fold(String(text)).includes(phrase)))
  }

  /** Whether the words name days, and none of those that the call is given is one of them. */
  #isAtAnotherTime(): boolean {
    const { days, weekdays } = this.#selection.words
    const given = this.#given.flatMap(({ role, leaf }) => {
      const day = role === 'time' && typeof leaf.value === 'string' ? dayOf(leaf.value) : null
      return day === null ? [] : [day]
    })
    // Of the year, a planner without a calendar can only guess.
    const isNamed = given.some((day) => days.some((named) => isSameDay({ ...named, year: null }, day)))
    if (given.length === 0 || isNamed) return false
    if (days.length > 0 || weekdays.length === 0) return days.length > 0
    return !given.some((day) => weekdays.includes(weekdayOf(day) ?? -1))
  }

  /**
   * Whether text of the planner's goes to a thing that the words only select, and neither say what kind of thing that is
   * nor use the skill's own word: "put it into my calendar" writes into no patient's file.
   */
  #isElsewhere(): boolean {
    const { skill, reaches } = this.#call
    if (skill.effect !== 'write' || reaches.length > 0) return false
    const texts = this.#given.filter(({ role }) => role === 'content')
    const objects = this.#given.filter(({ role }) => role === 'object')
    if (!texts.some(({ leaf }) => this.standingOf('content', leaf.value) === null)) return false
    if (!objects.some(({ leaf }) => this.standingOf('object', leaf.value)?.by === 'record')) return false
    const { singulars, tokens } = this.#selection.words
    return ![...nounsOf(skill.name), ...(skill.verbs ?? [])].some(
      (word) => singulars.has(word) || tokens.has(word),
    )
  }

  /** Whether the words name it, but not for this: they name another such as well, or named it to be read. */
  #isAnother(role: Role, value: string | number): boolean {
    const { words } = this.#selection
    const { effect } = this.#call.skill
    const read = this.#call.run.results ?? []
    if (effect === 'read') return false
    if (role !== 'target' && role !== 'object') return false
    const given = this.#given.flatMap((each) => literalsOf(each.leaf))
    if (isOneOfTwoThings(words, value, given)) return true
    if (role !== 'target' || typeof value !== 'string') return false
    if (effect === 'send' && kindOf(value) === 'name' && isNoRecipient(words, foldedTokens(value)))
      return true
    return (
      isSpent(words, value, read, effect) || isOneOfTwoPlaces(words, value, this.#literalsOf('target'), read)
    )
  }

  /** All that the call gives for a role. */
  #literalsOf(role: Role): (string | number)[] {
    return this.#given.flatMap((given) => (given.role === role ? literalsOf(given.leaf) : []))
  }

  /** The whole of a result that the service itself wrote, and that is the same whenever it is asked. */
  #writtenByService(role: Role, value: string | number): Standing | null {
    const field = isStrong(role) && String(value).length >= 3 ? this.#selection.wholeResult(value) : null
    return field === null ? null : { by: 'service', field }
  }

  /** A link that stands unchanged on a page of its own host may be read (DESIGN §3, "A read that leaves is also a send"). */
  #linked(role: Role, value: string | number): Standing | null {
    const { effect } = this.#call.skill
    if (role !== 'target' || effect !== 'read' || typeof value !== 'string' || kindOf(value) !== 'url')
      return null
    const host = hostOf(value)
    for (const field of this.#selection.fieldsWith(value)) {
      if (field.label.sources.some((source) => source === `web:${host}` || source === `feed:${host}`))
        return { by: 'link', field }
    }
    return null
  }
}

/** A leaf's own value and the names of members that lead to it. */
function literalsOf(leaf: Leaf): (string | number)[] {
  return [leaf.value, ...leaf.names.map((name) => name.text)].filter(
    (each) => typeof each === 'string' || typeof each === 'number',
  )
}

function isSameText(a: Json, b: string | number): boolean {
  return (typeof a === 'string' || typeof a === 'number') && String(a) === String(b)
}
