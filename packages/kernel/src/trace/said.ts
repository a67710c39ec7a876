/**
 * Whether something stands in a text as a token of its own: neither part of a longer word nor of a longer address.
 * What is the owner's is compared exactly, character for character; a wider comparison would only ever match more.
 */

/** Whether a value of three characters or more stands in a text, exactly and as a token (or several) of its own. */
export function saidVerbatim(text: string, value: string): boolean {
  return value.trim().length >= 3 && standsIn(text, value)
}

/** The same for short values too. */
export function standsIn(text: string, value: string): boolean {
  for (const _ of placesIn(text, value)) return true
  return false
}

/** How often a value stands in a text as a token of its own. */
export function countIn(text: string, value: string): number {
  return [...placesIn(text, value)].length
}

/** Where a value begins in a text, as a token (or several) of its own. */
export function* placesIn(text: string, value: string): Generator<number> {
  if (value === '') return
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    if (startsToken(text, at) && endsToken(text, at + value.length)) yield at
  }
}

const accountGap = /[ \u00a0\u202f-]/

/** Whether an account number (letters and digits, without gaps) stands in a text, in groups or not. */
export function accountStandsIn(text: string, account: string): boolean {
  for (let at = text.indexOf(account.charAt(0)); at !== -1; at = text.indexOf(account.charAt(0), at + 1)) {
    const end = endOfAccount(text, at, account)
    if (end !== null && startsToken(text, at) && endsToken(text, end) && !goesOn(text, at, end)) return true
  }
  return false
}

/** Where the account number that begins here ends; single gaps between its characters are passed over. */
function endOfAccount(text: string, start: number, account: string): number | null {
  let at = start
  for (let n = 0; n < account.length; n++) {
    if (n > 0 && accountGap.test(text.charAt(at))) at++
    if (text.charAt(at) !== account.charAt(n)) return null
    at++
  }
  return at
}

/** A group of digits right before or behind, after one gap, may belong to a longer number. */
function goesOn(text: string, start: number, end: number): boolean {
  const behind = accountGap.test(text.charAt(end)) && /\d/.test(text.charAt(end + 1))
  const before = start > 1 && accountGap.test(text.charAt(start - 1)) && /\d/.test(text.charAt(start - 2))
  return behind || before
}

const openers = new Set('"\'“”‘’„‚«»‹›(<[')
const closers = new Set('.,;:!?)]>"\'“”‘’«»‹›')

/** Quotes and brackets may open a token, but only after a space: `(`, `'` and `,` are also parts of addresses. */
function startsToken(text: string, at: number): boolean {
  let before = at
  while (before > 0 && openers.has(text.charAt(before - 1))) before--
  return before === 0 || isSpace(text.charAt(before - 1))
}

/** A full stop, comma or bracket may follow a token, but only when the sentence ends or goes on after a space. */
function endsToken(text: string, at: number): boolean {
  let after = at
  while (after < text.length && closers.has(text.charAt(after))) after++
  return after === text.length || isSpace(text.charAt(after))
}

/** A token without the quotes and brackets before it and the punctuation behind it. */
export function bareToken(token: string): string {
  let start = 0
  let end = token.length
  while (start < end && openers.has(token.charAt(start))) start++
  while (end > start && closers.has(token.charAt(end - 1))) end--
  return token.slice(start, end)
}

/** JavaScript counts U+FEFF as a space, but nobody sees it: it would end an address that goes on. */
export function isSpace(character: string): boolean {
  return /\s/u.test(character) && character !== '\ufeff'
}

/** The tokens of a text as they stand there, punctuation included, with their places. */
export function* rawTokens(text: string): Generator<{ raw: string; at: number }> {
  for (const found of text.matchAll(/(?:\S|\ufeff)+/gu)) yield { raw: found[0], at: found.index }
}
