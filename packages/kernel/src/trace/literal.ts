/** What kind of thing a literal is, by its form alone, and where such literals stand in a text. */
import { daysIn } from './date.ts'
import { bareToken, rawTokens } from './said.ts'

export const literalKinds = ['address', 'url', 'account', 'name'] as const
export type LiteralKind = (typeof literalKinds)[number]

/** What kind of literal a text is. Whatever is nothing else is a name. */
export function kindOf(text: string): LiteralKind {
  if (isAddress(text)) return 'address'
  if (isLink(text)) return 'url'
  return accountOf(text) === null ? 'name' : 'account'
}

/** Whether a text has the form of an address of someone: `name@host`. */
export function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/u.test(text)
}

/** Endings of file names that are no top-level domain, so that `minutes.docx` is no link. */
const fileEndings =
  /\.(?:txt|csv|tsv|md|json|xml|yaml|yml|html|htm|pdf|docx?|xlsx?|pptx?|odt|ods|rtf|jpe?g|png|gif|webp|svg|mp[34]|wav|ics|eml|log|tmp|js|ts|css|sql)$/i

/** Whether a token is called like a file: with a known ending, or as a path without a scheme. */
export function isFileName(token: string): boolean {
  return /^[\p{L}\p{N}._~@+-]*(?:\/[\p{L}\p{N}._~@+-]+)*$/u.test(token) && fileEndings.test(token)
}

const label = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}])?'
const bareHost = new RegExp(
  `^(?:${label}[.。．｡])+(?:\\p{L}{2,}|xn--[a-z0-9-]+)\\.?(?::\\d{1,5})?(?:[/?#]\\S*)?$`,
  'iu',
)

/** Whether a token leads somewhere: a URL of any scheme, or what a program would make a link of. */
export function isLink(token: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(token) || /^www\./i.test(token)) return true
  if (/^(?:https?|mailto|tel|sms|data|javascript|magnet|bitcoin|ethereum|blob|file):\S/i.test(token))
    return true
  if (/^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:\/\S*)?$/.test(token) || /^\[[0-9a-f:]+\]/i.test(token))
    return true
  return bareHost.test(token) && !fileEndings.test(token)
}

/** The host of a URL with its port, in lower case, as sources name it; empty where there is none. */
export function hostOf(url: string): string {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)/i.exec(url)?.[1]?.toLowerCase() ?? ''
}

const iban = /[A-Za-z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Za-z0-9]{4}){2,7}(?:[ \u00a0\u202f]?[A-Za-z0-9]{1,3})?/
const digits = /\d+(?:[ \u00a0\u202f-]\d+)+/
const account = new RegExp(`^(?:[A-Za-z0-9]{8,34}|${iban.source}|${digits.source})$`, 'u')
const grouped = new RegExp(`(?<![\\p{L}\\p{N}])(?:${iban.source}|${digits.source})(?![\\p{L}\\p{N}])`, 'gu')

/**
 * An account number without its gaps; null for anything else. Eight characters or more, letters and digits only, at least
 * six of them digits, and no date.
 */
export function accountOf(text: string): string | null {
  if (!account.test(text) || daysIn(text).length > 0) return null
  const plain = text.replace(/[ \u00a0\u202f-]/g, '')
  const isLong = plain.length >= 8 && plain.length <= 34 && plain.replace(/[^0-9]/g, '').length >= 6
  return isLong ? plain : null
}

/** A literal within a text. */
export interface FoundLiteral {
  readonly text: string
  readonly kind: Exclude<LiteralKind, 'name'>
  readonly from: number
}

/** A short word of letters, with the sign that ends a sentence or part of one: most of any text, and no literal. */
const plainWord = /^["'“‘„«(]?[\p{L}\p{M}’'-]{1,19}[.,;:!?)"'”’»]*$/u

/** The tokens of a text that are more than plain words, with their places. */
export function* tellingTokens(text: string): Generator<{ raw: string; at: number }> {
  for (const token of rawTokens(text)) if (!plainWord.test(token.raw)) yield token
}

/** Addresses, links and account numbers of a text, each once, in no order; of its telling tokens, where they are at hand. */
export function literalsIn(
  text: string,
  tokens: Iterable<{ raw: string; at: number }> = tellingTokens(text),
): FoundLiteral[] {
  const found = new Map<string, FoundLiteral>()
  for (const { raw, at } of tokens) {
    const token = bareToken(raw)
    const kind = kindOf(token)
    if (kind !== 'name') found.set(token, { text: token, kind, from: at + raw.indexOf(token) })
  }
  for (const match of text.matchAll(grouped)) {
    if (accountOf(match[0]) !== null)
      found.set(match[0], { text: match[0], kind: 'account', from: match.index })
  }
  return [...found.values()]
}
