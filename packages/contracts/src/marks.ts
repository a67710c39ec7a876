/** What marks and receipts say, in the same words in every channel. */
import type { Found, FoundKind, Receipt } from './api.ts'

const found: Readonly<Record<FoundKind, string>> = {
  hidden: 'hides text from people',
  comment: 'speaks to a model in a comment that people do not see',
  attribute: 'speaks to a model in a description that people rarely see',
  invisible: 'holds invisible characters',
  tags: 'holds a text in invisible characters',
  direction: 'turns the reading direction around',
  lookalike: 'holds an address that imitates another',
  template: 'pretends that another turn of the conversation begins',
  phrase: 'holds words that give orders to a model',
  unread: 'is longer than what was looked at',
}

const subjects: readonly (readonly [prefix: string, subject: string])[] = [
  ['web:', 'This page'],
  ['mail:', 'This mail'],
  ['feed:', 'This feed'],
  ['file:', 'This file'],
]

/** A mark as the beginning of a sentence, e.g. "This page hides text from people"; `sources` are the result's. */
export function foundSentence({ kind }: Pick<Found, 'kind'>, sources: readonly string[]): string {
  const subject = subjects.find(([prefix]) => sources.some((source) => source.startsWith(prefix)))?.[1]
  return `${subject ?? 'This result'} ${found[kind]}`
}

const receipts: Readonly<Record<Receipt['state'], string>> = {
  recorded: 'This stands in the ledger.',
  missing: 'Castellan has no record of this.',
  refused: 'This was tried and not done.',
  unknown: 'This was begun; whether it happened is not known.',
}

/** What the ledger says to a claim. */
export function receiptSentence({ state }: Pick<Receipt, 'state'>): string {
  return receipts[state]
}
