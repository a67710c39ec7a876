/** Which fields of what was read the owner's words match: whole, or by what tells a record apart from others. */
import { significantCharacters } from './asked.ts'
import type { Field, IndexedResult, Item } from './result.ts'
import type { Words } from './words.ts'

/** A field that the owner's words match, and by which of its tokens. */
export interface Match {
  readonly item: Item
  readonly field: Field
  readonly tokens: ReadonlySet<string>
  /** All of the field stands in the words, as it is. */
  readonly isWhole: boolean
  readonly result: IndexedResult
}

/** The matches of one result, each with all the tokens that it shares with the words. */
export function matchesIn(result: IndexedResult, words: Words): Match[] {
  const found = new Map<Field, { item: Item; tokens: Set<string> }>()
  for (const token of words.tokens) {
    if (token.length < significantCharacters) continue
    for (const [item, field] of result.byToken.get(token) ?? []) {
      const match = found.get(field)
      if (match === undefined) found.set(field, { item, tokens: new Set([token]) })
      else match.tokens.add(token)
    }
  }
  return [...found].flatMap(([field, { item, tokens }]) => {
    const isWhole = isPhrase(field.tokens, words)
    return isWhole || tellsApart(field, tokens, words) ? [{ item, field, tokens, isWhole, result }] : []
  })
}

function isPhrase(tokens: readonly string[], words: Words): boolean {
  if (tokens.join('').length < significantCharacters) return false
  return words.sequences.some((sequence) => standsInSequence(sequence, tokens))
}

/** Whether some tokens stand one behind the other in a sequence. */
export function standsInSequence(sequence: readonly string[], tokens: readonly string[]): boolean {
  return sequence.some((_, at) => tokens.every((token, n) => sequence[at + n] === token))
}

/** Shorter words that are no names stand in any text. */
const tellingCharacters = 5

/** Whether what a field shares with the owner's words is a name, all of it, or half of the field and no small words only. */
function tellsApart(field: Field, shared: ReadonlySet<string>, words: Words): boolean {
  const significant = new Set(field.tokens.filter((token) => token.length >= significantCharacters))
  const isHalf = shared.size * 2 >= significant.size
  if (isHalf && [...shared].some((token) => token.length >= tellingCharacters)) return true
  return words.names.some((name) => {
    const telling = name.filter((token) => token.length >= significantCharacters)
    return telling.length > 0 && telling.every((token) => shared.has(token))
  })
}
