/** The door of the ledger: append, read, verify, checkpoint, export. */
import {
  CastellanError,
  type LedgerDetail,
  type LedgerPage,
  type LedgerRow,
  type LedgerVerification,
} from '@castellan/contracts'
import { sql } from 'kysely'
import type { Database, Handle, Tenant } from '../database/index.ts'
import {
  type Checkpoint,
  isGenuine,
  readCheckpointFile,
  type Signer,
  signerOf,
  writeCheckpointFile,
} from './checkpoint.ts'
import { append } from './entry.ts'
import { exportLines } from './export.ts'
import {
  type Decided,
  type LedgerFilter,
  lastBody,
  loadAttempt,
  loadCheckpoints,
  loadDecided,
  loadDetail,
  loadHead,
  loadPage,
  saveCheckpoint,
  streamRows,
  timeAfter,
} from './store.ts'
import { type Fault, sift, verifyRows, withFaults } from './verify.ts'

export interface LedgerOptions {
  readonly database: Database
  /** `<instance>/ledger-checkpoints.jsonl`. */
  readonly checkpointFile: string
  /** 32 bytes, `deriveKey(SECRET_KEY_BASE, 'ledger-checkpoint')`. */
  readonly signingSeed: Uint8Array
  /** A checkpoint is due after this many rows (1,000) … */
  readonly everyRows?: number
  /** … or when a row has waited this long for one (10 min). */
  readonly everyMs?: number
  /** Milliseconds since 1970; the machine's clock unless a test says otherwise. */
  readonly clock?: () => number
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
  /** The decisions since a time (ISO 8601), newest first, at most `limit`. */
  decided(tenant: Tenant, filter: { since: string; limit: number }): Promise<Decided[]>
  verify(tenant: Tenant): Promise<LedgerVerification>
  /** Signs the head into the table and the file; null when the chain is empty. Rejects with `ledger_broken`. */
  checkpoint(tenant: Tenant): Promise<Checkpoint | null>
  /** To be called now and then (a minute is right): a checkpoint if one is due, else null. */
  checkpointIfDue(tenant: Tenant): Promise<Checkpoint | null>
  /** The chain as JSON lines, for `verifyExport`. */
  export(tenant: Tenant, options: { bodies: boolean }): AsyncIterable<string>
}

/** The ledger over its tables and its checkpoint file. */
export function openLedger(options: LedgerOptions): Ledger {
  const { database, everyRows = 1000, everyMs = 600_000, clock = Date.now } = options
  const signer = signerOf(options.signingSeed)
  const sealer: Sealer = { database, signer, file: options.checkpointFile, clock }
  const isDue = async (tenant: Tenant) => {
    const handle = database.as(tenant)
    const [head, checkpoints] = await Promise.all([loadHead(handle, tenant), loadCheckpoints(handle, tenant)])
    const covered = checkpoints.at(-1)?.seq ?? 0
    if (head === null || head.seq <= covered) return false
    if (head.seq - covered >= everyRows) return true
    const since = await timeAfter(handle, tenant, covered)
    return since !== null && clock() - Date.parse(since) >= everyMs
  }
  return {
    append,
    attempt: loadAttempt,
    head: (tenant) => loadHead(database.as(tenant), tenant),
    page: (tenant, filter) => loadPage(database.as(tenant), tenant, filter),
    detail: (tenant, seq) => loadDetail(database.as(tenant), tenant, seq),
    decided: (tenant, filter) => loadDecided(database.as(tenant), tenant, filter),
    verify: (tenant) => verify(sealer, tenant),
    checkpoint: (tenant) => seal(sealer, tenant),
    async checkpointIfDue(tenant) {
      return (await isDue(tenant)) ? seal(sealer, tenant) : null
    },
    async *export(tenant, { bodies }) {
      const checkpoints = await loadCheckpoints(database.as(tenant), tenant)
      yield* exportLines(database, tenant, {
        signer,
        checkpoints,
        bodies,
        at: new Date(clock()).toISOString(),
      })
    },
  }
}

interface Sealer {
  readonly database: Database
  readonly signer: Signer
  readonly file: string
  readonly clock: () => number
}

async function verify({ database, signer, file }: Sealer, tenant: Tenant): Promise<LedgerVerification> {
  const handle = database.as(tenant)
  // Before the rows, which only grow: what is signed now must be among the rows read afterwards.
  const inTable = await loadCheckpoints(handle, tenant)
  const inFile = await readCheckpointFile(file, tenant)
  const [genuine, forged] = sift([...inTable, ...inFile], signer.publicKey)
  const checkpoints = genuine.sort((a, b) => a.seq - b.seq)
  const atLeast = await lastBody(handle, tenant)
  const found = await verifyRows(tenant, streamRows(database, tenant), { checkpoints, atLeast })
  return withFaults(found, [...forged, ...disagreements(inTable, inFile)])
}

/** Checkpoints that only one of the two places holds. A crash may leave the newest in the file alone. */
function disagreements(inTable: readonly Checkpoint[], inFile: readonly Checkpoint[]): Fault[] {
  const newest = inFile.at(-1)
  const missing = [
    ...without(inTable, inFile),
    ...without(inFile, inTable).filter((each) => each !== newest || each.seq < (inTable.at(-1)?.seq ?? 0)),
  ]
  return missing.map(({ seq }) => ({ seq, kind: 'checkpoint' }))
}

function without(some: readonly Checkpoint[], others: readonly Checkpoint[]): Checkpoint[] {
  const signatures = new Set(others.map((each) => each.signature))
  return some.filter((each) => !signatures.has(each.signature))
}

/** One at a time per tenant; what is signed has been verified since the last signature, so tampering is never sealed. */
async function seal(sealer: Sealer, tenant: Tenant): Promise<Checkpoint | null> {
  const { database, signer, file, clock } = sealer
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('castellan.checkpoint:' || ${tenant}::text, 0))`.execute(
        transaction,
      )
      const last = await lastCheckpoint(sealer, transaction, tenant)
      const head = await loadHead(transaction, tenant)
      if (head === null && last === null) return null
      await refuseBroken(database, tenant, last)
      if (head === null || head.seq === last?.seq) return last
      const { seq, hash } = head
      const at = new Date(clock()).toISOString()
      const checkpoint = signer.sign({ tenant, seq, hash, count: seq, at })
      // The file first: a crash in between leaves it ahead by one, which is known and mended by the next call.
      await writeCheckpointFile(file, checkpoint)
      await saveCheckpoint(transaction, tenant, checkpoint)
      return checkpoint
    })
}

/** The newest genuine checkpoint; one that a crash left in the file alone is put into the table. */
async function lastCheckpoint(sealer: Sealer, handle: Handle, tenant: Tenant): Promise<Checkpoint | null> {
  const isOurs = (each: Checkpoint) => isGenuine(each, sealer.signer.publicKey)
  const inTable = (await loadCheckpoints(handle, tenant)).filter(isOurs).at(-1) ?? null
  const inFile = (await readCheckpointFile(sealer.file, tenant)).filter(isOurs).at(-1) ?? null
  if (inFile === null || inFile.seq <= (inTable?.seq ?? 0)) return inTable
  await saveCheckpoint(handle, tenant, inFile)
  return inFile
}

async function refuseBroken(database: Database, tenant: Tenant, last: Checkpoint | null): Promise<void> {
  const from = last?.seq ?? 1
  const evidence = { checkpoints: last === null ? [] : [last], atLeast: 0 }
  const { ok } = await verifyRows(tenant, streamRows(database, tenant, from), evidence, from)
  if (ok) return
  throw new CastellanError('ledger_broken', 'The ledger does not verify, so its state was not signed.', {
    hint: 'castellan ledger verify names the rows; earlier checkpoints still prove what was there',
  })
}
