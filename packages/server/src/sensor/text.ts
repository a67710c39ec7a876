/** Everything the sensor can say of one text, in time proportional to its length. */
import { addressesIn } from './addresses.ts'
import { charactersIn } from './characters.ts'
import { fold } from './fold.ts'
import type { Sight } from './marks.ts'
import { phrasesIn } from './phrases.ts'
import { tokensIn } from './tokens.ts'

/** The sights of a text; `where` says which one it is. */
export function senseText(text: string, where: string): Sight[] {
  const folded = fold(text)
  const phrase = phrasesIn(text, false, folded)
  const template = tokensIn(text, folded)
  return [
    ...charactersIn(text).map((each) => ({ ...each, where })),
    ...addressesIn(text).map((each) => ({ ...each, where })),
    ...(template === null ? [] : [{ kind: 'template' as const, ...template, where }]),
    ...(phrase === null ? [] : [{ kind: 'phrase' as const, ...phrase, where }]),
  ]
}
