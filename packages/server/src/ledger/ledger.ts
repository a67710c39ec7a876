/** The door of the ledger: append, read, verify, checkpoint, export. */
import type { LedgerDetail, LedgerPage, LedgerRow, LedgerVerification } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { append } from './entry.ts'
import type { LedgerFilter } from './store.ts'

export interface LedgerOptions {
  readonly database: Database
  /** `<instance>/ledger-checkpoints.jsonl`. */
  readonly checkpointFile: string
  /** 32 bytes, `deriveKey(SECRET_KEY_BASE, 'ledger-checkpoint')`. */
  readonly signingSeed: Uint8Array
  /** A checkpoint is due after this many rows … */
  readonly everyRows?: number
  /** … or when rows have waited this long for one. */
  readonly everyMs?: number
}

export interface Ledger {
  readonly append: typeof append
  /** What the chain says of a step: its intent and its latest outcome, each null when there is none. */
  attempt(
    handle: Handle,
    tenant: Tenant,
    run: string,
    step: string,
  ): Promise<{ intent: LedgerRow | null; outcome: LedgerRow | null }>
  /** The newest row, or null. */
  head(tenant: Tenant): Promise<LedgerRow | null>
  /** Newest first. */
  page(tenant: Tenant, filter: LedgerFilter): Promise<LedgerPage>
  /** Rejects with `not_found`. */
  detail(tenant: Tenant, seq: number): Promise<LedgerDetail>
  verify(tenant: Tenant): Promise<LedgerVerification>
  /** Signs the head into the table and the file; null when the chain is empty. Rejects with `ledger_broken`. */
  checkpoint(tenant: Tenant): Promise<Checkpoint | null>
  /** To be called now and then (a minute is right): a checkpoint if one is due, else null. */
  checkpointIfDue(tenant: Tenant): Promise<Checkpoint | null>
  /** The chain as JSON lines, for `verifyExport`. */
  export(tenant: Tenant, options: { bodies: boolean }): AsyncIterable<string>
}
