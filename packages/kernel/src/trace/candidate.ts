/**
 * Which of several things that the owner's words name a call is meant for. Where they name two of a kind, what stands by
 * the name decides ("to b.md", "close 398"); where that says nothing, the planner would be choosing.
 */
import type { Effect } from '@castellan/contracts'
import { accountOf, kindOf } from './literal.ts'
import type { NamedThing } from './phrase.ts'
import { leavesOf } from './pointer.ts'
import type { ReadResult } from './result.ts'
import { foldedTokens } from './token.ts'
import type { Words } from './words.ts'

/** Whether a target that the words hold is one of two, and not the one that they call the destination. */
export function isOneOfTwoPlaces(
  { places }: Words,
  value: string,
  given: readonly (string | number)[],
  read: readonly ReadResult[],
): boolean {
  const kind = kindOf(value)
  const alike = places.filter((place) => place.kind === kind)
  const destinations = alike.filter((place) => place.isDestination)
  if (destinations.length > 0) return !destinations.some((place) => isSamePlace(place.text, value))
  const isGiven = (text: string) => given.some((each) => isSamePlace(text, String(each)))
  // What has been read has served: "look at https://a.example and tell b.example" names one whom to tell.
  return alike.some((place) => !isGiven(place.text) && !wasRead(place.text, read))
}

/**
 * Whether a link or a room has served to be read, so that it is not also what something goes to: one token serves one role.
 */
export function isSpent(
  { places, things, recipients, pointedAt }: Words,
  value: string,
  read: readonly ReadResult[],
  effect: Effect,
): boolean {
  const kind = kindOf(value)
  if ((kind !== 'url' && kind !== 'name') || !wasRead(value, read)) return false
  // Of orders and issues, another rule says which one is meant.
  if (things.some(({ text }) => text === value)) return false
  if (kind === 'name')
    return (
      effect === 'send' && !foldedTokens(value).some((token) => recipients.has(token) || pointedAt.has(token))
    )
  const said = places.filter(({ text }) => text === value)
  return said.length < 2 && !said.some(({ isDestination }) => isDestination)
}

function wasRead(text: string, read: readonly ReadResult[]): boolean {
  return read.some(
    ({ args, effect = 'read' }) =>
      effect === 'read' && [...leavesOf('', { ...args })].some((leaf) => leaf.value === text),
  )
}

/** Whether a name is not among those whom the words say something goes to, where they say so of any. */
export function isNoRecipient({ recipients, pointedAt }: Words, tokens: Iterable<string>): boolean {
  return recipients.size > 0 && ![...tokens].some((token) => recipients.has(token) || pointedAt.has(token))
}

/** Whether a thing (a file, a number) is one of two such, and not the one that something is asked to be done to. */
export function isOneOfTwoThings(
  { things }: Words,
  value: string | number,
  given: readonly (string | number)[],
): boolean {
  const own = things.filter((each) => isSameThing(each, value))
  const shape = own[0]?.shape
  const isGiven = (thing: NamedThing) => given.some((each) => isSameThing(thing, each))
  const others = things.filter((each) => each.shape === shape && !isSameThing(each, value) && !isGiven(each))
  if (others.length === 0) return false
  return !own.some(({ isPointedAt }) => isPointedAt) || others.some(({ isPointedAt }) => isPointedAt)
}

function isSameThing({ text }: NamedThing, value: string | number): boolean {
  return text === String(value)
}

function isSamePlace(a: string, b: string): boolean {
  return a === b || (accountOf(a) !== null && accountOf(a) === accountOf(b))
}
