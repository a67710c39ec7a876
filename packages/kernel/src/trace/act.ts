/**
 * Whether the owner asked that something be done to a thing they name. A call that is given a thing and nothing to put in
 * its place takes it away or changes it for good, and who only wants it read did not ask for that.
 */
import type { Role } from '@castellan/contracts'
import type { Words } from './words.ts'

/** Beginnings of words for taking away: English, German, French, Spanish, Italian, Dutch. */
const removing = [
  ...['delet', 'remov', 'cancel', 'eras', 'clear', 'discard', 'trash', 'revok', 'unsubscrib', 'drop'],
  ...['lösch', 'entfern', 'stornier', 'kündig', 'supprim', 'annul', 'effac', 'elimin', 'borra', 'verwijder'],
]

/** Whether a call is given things to act on, and nothing else that matters. */
export function onlyTouches(roles: readonly Role[]): boolean {
  return roles.includes('object') && roles.every((role) => ['object', 'option', 'time'].includes(role))
}

/** Whether the words ask for such an act: by a word that the skill is asked for with, or one for taking away. */
export function isAskedFor(words: Words, verbs: readonly string[]): boolean {
  const own = verbs.map((verb) => verb.toLowerCase())
  // Who is asked to delete may cancel as well; who is asked to archive may not.
  const isRemoval = own.length === 0 || own.some((verb) => removing.some((stem) => verb.startsWith(stem)))
  const stems = isRemoval ? [...own, ...removing] : own
  return [...words.tokens].some((token) => stems.some((stem) => token.startsWith(stem)))
}
