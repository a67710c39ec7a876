/** Receipts: what the agent says it did, beside what the ledger says it did. */
export { type Act, claimsAnything, receiptsFor } from './compare.ts'
export { loadActs } from './store.ts'
