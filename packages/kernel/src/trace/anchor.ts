/**
 * Whether content says in the owner's words what a call makes. Where nothing else of a call is the owner's (an event in
 * their own calendar, a note), such content must tie it to what they asked for.
 */

import { isRequest } from './act.ts'
import { standsInSequence } from './match.ts'
import { refusals } from './phrase.ts'
import type { Selection } from './select.ts'
import { foldedTokens } from './token.ts'
import type { Words } from './words.ts'

/** Longer content is no name of anything. */
const mostTokens = 40
const mostCharacters = 400
/** The longest value of a result that is looked for within content, in tokens. */
const longestValue = 8

/** Whether a text of the owner's is more than one common word: several words, one with signs or digits in it, or quoted. */
export function isDistinctive(value: string, words: Words): boolean {
  const tokens = foldedTokens(value)
  if (tokens.length > 1) return true
  const [token = ''] = tokens
  return /[^\p{L}]/u.test(token) || words.quoted.has(token)
}

/** Whether a text of the owner's is meant as it stands, and is no part of what they refuse ("we no longer …"). */
export function isUnrefused(value: string, { unrefused, opening }: Words): boolean {
  const tokens = foldedTokens(value)
  // The request itself is no name of what it makes.
  const [first = ''] = tokens
  if (opening.has(first) && isRequest(first)) return false
  return tokens.every((token) => unrefused.has(token)) || tokens.some((token) => refusals.has(token))
}

/**
 * Whether content is put together from phrases of the owner's (two words or more) and values that no third party could
 * write, as "Dinner at {name}" with the name filled in. Something of it must be the owner's.
 */
export function isCovered(value: string, selection: Selection): boolean {
  const tokens = value.length > mostCharacters ? [] : foldedTokens(value)
  if (tokens.length === 0 || tokens.length > mostTokens) return false
  const covered = tokens.map(() => false)
  let isOwn = false
  tokens.forEach((_, at) => {
    const phrase = tokens.slice(at, at + 2)
    if (phrase.length < 2 || !selection.words.sequences.some((said) => standsInSequence(said, phrase))) return
    covered.fill(true, at, at + 2)
    isOwn = true
  })
  if (!isOwn) return false
  tokens.forEach((_, at) => {
    for (let length = longestValue; length > 0 && covered[at] !== true; length--) {
      if (at + length > tokens.length || !selection.isWritten(tokens.slice(at, at + length))) continue
      covered.fill(true, at, at + length)
    }
  })
  return covered.every(Boolean)
}
