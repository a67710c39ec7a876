/**
 * What a text that strangers may have written carries out besides its words: links, addresses, account numbers and what
 * looks like a secret. The text is taken in every way a reader could take it, so that writing one oddly hides nothing.
 */
import { readingsOf } from '../view.ts'
import { daysIn } from './date.ts'
import { literalsIn, tellingTokens } from './literal.ts'
import { bareToken } from './said.ts'

/** Pieces of a text that lead somewhere or stand for something, each as it is written. */
export function piecesOf(text: string): string[] {
  const found = new Set<string>(hidden(text))
  for (const reading of readingsOf(text)) {
    for (const form of new Set([reading, visible(reading)])) {
      for (const piece of piecesAsWritten(form)) found.add(piece)
    }
  }
  return [...found]
}

/** Characters that nobody sees: a text that holds them says more than it shows. */
const unseen = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0001}\u{e0020}-\u{e007e}]/gu

function hidden(text: string): string[] {
  // Flags of regions are made of a black flag and tag characters.
  return text.replace(/\u{1f3f4}[\u{e0020}-\u{e007f}]+/gu, '').match(unseen) ?? []
}

function visible(text: string): string {
  return text.replace(unseen, '').replace(/[\u200c\u200d]/gu, '')
}

/** `name [at] host (dot) org`, `host[.]org` and the like. */
const spelled =
  /\S+\s*[[({<]\s*(?:at|dot|@|\.|punkt|arroba)\s*[\])}>]\s*\S+|\S+\s+(?:at|@)\s+\S+\s+(?:dot|punkt)\s+\S+|\S+\s+@\s*\S+|\S+@\s+\S+/giu

const mayBeSpelled = /[[({<@]|\s(?:dot|punkt)\s/iu

function piecesAsWritten(text: string): string[] {
  const pieces: string[] = mayBeSpelled.test(text) ? (text.match(spelled) ?? []) : []
  const dateless = withoutDays(text)
  const tokens = [...tellingTokens(dateless)]
  for (const { text: literal } of literalsIn(dateless, tokens)) pieces.push(literal)
  for (const { raw } of tokens) {
    const token = bareToken(raw)
    if (/^@[\p{L}\p{N}_]/u.test(token) || looksSecret(token)) pieces.push(token)
    else pieces.push(...embedded(token))
  }
  return pieces
}

/** Links and addresses that begin within a token: `(see:https://a.example)`, `[x](https://a.example)`, `a@b.example,c@d.example`. */
function embedded(token: string): string[] {
  return [
    ...(token.match(/[a-z][a-z0-9+.-]*:\/\/[^\s)\]>"']+/giu) ?? []),
    ...(token.match(/(?<![\p{L}\p{N}])www\.[^\s)\]>"',;]+/giu) ?? []),
    ...(token.match(/[^\s@<>()[\]"',;:=/]+@[^\s@<>()[\]"',;:=/]+/gu) ?? []),
    ...(/[/,;|=()[\]<>"']/.test(token) ? parts(token) : []),
  ]
}

function parts(token: string): string[] {
  return token
    .split(/[,;|=()[\]<>"']+/u)
    .filter((part) => part !== token && literalsIn(part).length > 0)
    .flatMap((part) => literalsIn(part).map(({ text }) => text))
}

/** Letters and digits in one (`HGK137803`, `190dsyU9XqT4`), or so long and mixed that no word is. */
function looksSecret(token: string): boolean {
  if (/^[A-Za-z0-9_~+/=.-]{8,}$/.test(token) === false) return false
  const digits = token.replace(/[^0-9]/g, '').length
  const letters = token.replace(/[^A-Za-z]/g, '').length
  if (letters > 0 && digits >= 3 && digits + letters >= 8) return true
  return token.length >= 20 && /[a-z][A-Z]/.test(token) && /[A-Z][a-z]*[A-Z]/.test(token)
}

/** Days and times are no account numbers, though they are made of as many digits. */
function withoutDays(text: string): string {
  let rest = text
  for (const { from, to, year, month } of daysIn(text)) {
    const plausible = year === null || (year >= 1900 && year < 2100 && month > 0)
    if (plausible) rest = `${rest.slice(0, from)}${'\ufffd'.repeat(to - from)}${rest.slice(to)}`
  }
  return rest.replace(
    /\ufffd(?:T|[ ,]+)?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?/gu,
    '\ufffd ',
  )
}
