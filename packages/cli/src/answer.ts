/** What the terminal says beside an answer: what the ledger knows of its claims, what a call brought in. */
import { type CallView, foundSentence, type RunResult, receiptSentence } from '@castellan/contracts'
import { visibleLine } from './visible.ts'

/** What the ledger says to the claims of a reply; deeds it knows of are told in one line. */
export function receiptLines({ receipts }: Pick<RunResult, 'receipts'>): string[] {
  const kept = receipts.flatMap(({ state, seq }) => (state === 'recorded' && seq !== null ? [seq] : []))
  const doubts = receipts.filter(({ state }) => state !== 'recorded')
  return [
    ...doubts.map((receipt) => {
      const row = receipt.seq === null ? '' : ` (ledger row ${receipt.seq})`
      return `! "${visibleLine(receipt.claim)}" ${receiptSentence(receipt)}${row}`
    }),
    ...(kept.length === 0 ? [] : [`  in the ledger: row ${[...new Set(kept)].join(', ')}`]),
  ]
}

/** What is worth saying of a call besides its state: marks of weight on its result, and that a run has read it. */
export function callLines({ found, reads, label }: CallView): string[] {
  const sources = label?.sources ?? []
  return [
    ...found
      .filter(({ weight }) => weight === 'high')
      .map((mark) => `  ! ${foundSentence(mark, sources)}: ${visibleLine(mark.excerpt)}`),
    ...(reads.length === 0 ? [] : [`  from here on this run has read ${reads.map(visibleLine).join(', ')}`]),
  ]
}
