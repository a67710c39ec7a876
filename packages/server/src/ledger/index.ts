/** The append-only, hash-chained record of decisions and effects. */
export type { Checkpoint } from './checkpoint.ts'
export { append, type LedgerEntry } from './entry.ts'
export type { Ledger, LedgerOptions } from './ledger.ts'
export type { LedgerFilter } from './store.ts'
