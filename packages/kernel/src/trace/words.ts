/**
 * What the owner said, taken apart once: its tokens, amounts, shares and days, and the tokens that name a destination.
 * All of it is the owner's own text, so reading it loosely trusts nobody else.
 */
import { type Amount, amountsIn, sharesIn } from './amount.ts'
import { daysIn, type FoundDay } from './date.ts'
import { type LiteralKind, literalsIn } from './literal.ts'
import { bareToken, rawTokens } from './said.ts'

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
  /** Every text's tokens in lower case, in order. */
  readonly sequences: readonly (readonly string[])[]
  /** Names, each with all its tokens: written with capitals within a sentence, with digits, or in quotes. */
  readonly names: readonly (readonly string[])[]
  /** Tokens within quotes. */
  readonly quoted: ReadonlySet<string>
  readonly places: readonly NamedPlace[]
  readonly amounts: readonly Amount[]
  readonly shares: readonly number[]
  readonly days: readonly FoundDay[]
}

const parsed = new WeakMap<readonly string[], Words>()

/** The owner's words, taken apart. The same list is taken apart once. */
export function parseWords(texts: readonly string[]): Words {
  const known = parsed.get(texts)
  if (known !== undefined) return known
  const found = texts.map(tokensOf)
  const days = texts.map(daysIn)
  const words: Words = {
    texts,
    folded: texts.map(fold),
    tokens: new Set(found.flat().map((token) => token.folded)),
    sequences: found.map((tokens) => tokens.map((token) => token.folded)),
    names: found.flatMap(namesOf),
    quoted: new Set(found.flat().flatMap((token) => (token.isQuoted ? [token.folded] : []))),
    places: texts.flatMap(placesOf),
    amounts: texts.flatMap((text, index) => amountsIn(text, days[index])),
    shares: texts.flatMap(sharesIn),
    days: days.flat(),
  }
  parsed.set(texts, words)
  return words
}

/** A text or token in the form in which names of things are compared. */
export function fold(text: string): string {
  return text.toLowerCase()
}

/** Tokens of a text as they are compared with the owner's: lower case, without punctuation and the possessive s. */
export function foldedTokens(text: string): string[] {
  return tokensOf(text).map((token) => token.folded)
}

interface WordToken {
  readonly folded: string
  readonly isName: boolean
  readonly isQuoted: boolean
  /** A comma, a quote or the end of the sentence follows. */
  readonly isLast: boolean
}

const quotes =
  /(?<![\p{L}\p{N}])(?:'[^'\n]+'|"[^"\n]+"|“[^”\n]+”|‘[^’\n]+’|„[^“\n]+“|«[^»\n]+»)(?![\p{L}\p{N}])/gu

function tokensOf(text: string): WordToken[] {
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
    return [{ folded: fold(bare), isName, isQuoted, isLast: !raw.endsWith(bare) }]
  })
}

/** Tokens of names that stand together are one name: "New York" speaks of nothing that is only new. */
function namesOf(tokens: readonly WordToken[]): string[][] {
  const names: string[][] = []
  let open = false
  for (const { folded, isName, isLast } of tokens) {
    if (isName && open) names.at(-1)?.push(folded)
    else if (isName) names.push([folded])
    open = isName && !isLast
  }
  return names
}

/** Words after which a destination stands. Others are not understood, and then two candidates ask. */
const toWords = new Set([
  'to',
  'an',
  'à',
  'para',
  'naar',
  'recipient',
  'recipients',
  'empfänger',
  'cc',
  'bcc',
])
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
