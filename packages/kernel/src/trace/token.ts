/** Words of a text, in the form in which they are compared: lower case, without punctuation and the possessive s. */
import { bareToken, rawTokens } from './said.ts'

/** A text or token in the form in which names of things are compared. */
export function fold(text: string): string {
  return text.toLowerCase()
}

/** Tokens of a text as they are compared with the owner's: lower case, without punctuation and the possessive s. */
export function foldedTokens(text: string): string[] {
  return tokensOf(text).map((token) => token.folded)
}

/** A word of a text. */
export interface WordToken {
  readonly text: string
  readonly folded: string
  readonly isName: boolean
  readonly isQuoted: boolean
  /** A comma, a quote or the end of the sentence follows. */
  readonly isLast: boolean
}

/** What stands in quotes, with them. */
export const quotes =
  /(?<![\p{L}\p{N}])(?:'[^'\n]+'|"[^"\n]+"|“[^”\n]+”|‘[^’\n]+’|„[^“\n]+“|«[^»\n]+»)(?![\p{L}\p{N}])/gu

/** The tokens of a text that are words, with what their places say of them. */
export function tokensOf(text: string): WordToken[] {
  const quoted = [...text.matchAll(quotes)].map(
    (found) => [found.index, found.index + found[0].length] as const,
  )
  let startsSentence = true
  return [...rawTokens(text)].flatMap(({ raw, at }) => {
    const bare = bareToken(raw).replace(/['’]s$/u, '')
    const isQuoted = quoted.some(([from, to]) => at < to && at + raw.length > from)
    const capital = startsSentence ? /.[\p{Lu}]/u.test(bare) : /[\p{Lu}]/u.test(bare)
    startsSentence = /[.!?:]["'”’)]*$/u.test(raw) || /^\s*\n/u.test(text.slice(at + raw.length))
    if (bare === '') return []
    const isName = isQuoted || capital || /\d/.test(bare)
    return [{ text: bare, folded: fold(bare), isName, isQuoted, isLast: !raw.endsWith(bare) }]
  })
}

/** Tokens of names that stand together are one name: "New York" speaks of nothing that is only new. */
export function namesOf(tokens: readonly WordToken[]): string[][] {
  const names: string[][] = []
  let open = false
  for (const { folded, isName, isLast } of tokens) {
    if (isName && open) names.at(-1)?.push(folded)
    else if (isName) names.push([folded])
    open = isName && !isLast
  }
  return names
}

const sameWords: Readonly<Record<string, string>> = {
  email: 'mail',
  'e-mail': 'mail',
  emails: 'mail',
  mails: 'mail',
}

/** A noun as it is called of one thing, and mail by one name: for comparing what skills read with what people say. */
export function inSingular(word: string): string {
  return sameWords[word] ?? (word.length > 3 ? word.replace(/s$/, '') : word)
}
