/** Short texts of the server, written for a terminal, set as sentences. Pure. */

/**
 * The same words as a sentence: begun with a capital (but a first word with a sign inside, a name or path, stays as it is)
 * and ended by a full stop where nothing else ends it.
 */
export const sentence = (text: string): string => {
  const first = text.split(/\s/, 1)[0] ?? ''
  const begun = /^[a-z][a-z'’-]*[.,:;]?$/.test(first) ? text.charAt(0).toUpperCase() + text.slice(1) : text
  return /[\p{L}\p{N}`)”"]$/u.test(begun) ? `${begun}.` : begun
}

const outcomes: Readonly<Record<string, string>> = { 'done:success': 'done', asked: 'asked you' }

/** A ledger row's outcome as people read it: `done:success` is done, `failed:timeout` is failed (timeout). */
export const outcomeInWords = (outcome: string): string => {
  const known = outcomes[outcome]
  if (known !== undefined) return known
  const [what = outcome, ...why] = outcome.split(':')
  return why.length === 0 ? what : `${what} (${why.join(':').replaceAll('_', ' ')})`
}
