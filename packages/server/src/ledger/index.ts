/** The append-only, hash-chained record of decisions and effects. */
export type { Checkpoint } from './checkpoint.ts'
export { append, type LedgerEntry } from './entry.ts'
export { verifyExport } from './export.ts'
export { type Ledger, type LedgerOptions, openLedger } from './ledger.ts'
export { ledgerRoutes } from './routes.ts'
export type { Decided, LedgerFilter } from './store.ts'
