/** Reading the ledger's tables; writing is `append` (entry.ts) and checkpoints only. */
import type { DecisionResult, Json, LedgerKind } from '@castellan/contracts'
import { CastellanError, type LedgerDetail, type LedgerPage, type LedgerRow } from '@castellan/contracts'
import { type Selectable, sql } from 'kysely'
import type { Database, Handle, Schema, Tenant } from '../database/index.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Which rows to show; an absent field does not restrict. */
export interface LedgerFilter {
  /** Rows below this `seq`. */
  readonly before?: number | undefined
  /** At most this many, 1–1,000; 100 when absent. */
  readonly limit?: number | undefined
  readonly skill?: string | undefined
  readonly kind?: LedgerKind | undefined
  readonly decision?: DecisionResult | undefined
  readonly run?: string | undefined
}

/** A row as stored, with its body; `undefined` when it has none. */
export interface StoredRow {
  readonly row: LedgerRow
  readonly body: Json | undefined
}

/** One page, newest first. */
export async function loadPage(handle: Handle, tenant: Tenant, filter: LedgerFilter): Promise<LedgerPage> {
  const limit = Math.min(Math.max(filter.limit ?? 100, 1), 1000)
  let query = handle.selectFrom('castellan.ledger').selectAll().where('tenant_id', '=', tenant)
  if (filter.before !== undefined) query = query.where('seq', '<', String(filter.before))
  if (filter.skill !== undefined) query = query.where('skill', '=', filter.skill)
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
  if (filter.decision !== undefined) query = query.where('decision', '=', filter.decision)
  if (filter.run !== undefined) query = query.where('run', '=', filter.run)
  const found = await query
    .orderBy('seq', 'desc')
    .limit(limit + 1)
    .execute()
  const rows = found.slice(0, limit).map(ledgerRow)
  return { rows, next: found.length > limit ? (rows.at(-1)?.seq ?? null) : null }
}

/** A row of a decision, with what it was made over and why it was refused, where the body still says so. */
export interface Decided {
  readonly seq: number
  readonly at: string
  readonly kind: LedgerKind
  readonly run: string | null
  readonly step: string | null
  readonly skill: string
  readonly decision: DecisionResult | null
  readonly request: Json | undefined
  readonly reason: Json
}

/** The decisions since a time, newest first. */
export async function loadDecided(
  handle: Handle,
  tenant: Tenant,
  { since, limit }: { readonly since: string; readonly limit: number },
): Promise<Decided[]> {
  const { rows } = await sql<Omit<Decided, 'seq'> & { seq: string }>`
    select l.seq, l.at, l.kind, l.run, l.step, l.skill, l.decision,
      b.body->'request' as request, b.body->'result'->'reason' as reason
    from castellan.ledger l
    left join castellan.ledger_bodies b on b.tenant_id = l.tenant_id and b.seq = l.seq
    where l.tenant_id = ${tenant}::uuid and l.kind in ('decision', 'intent') and l.at >= ${since}
    order by l.seq desc limit ${limit}`.execute(handle)
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

/** One row with its body (null when it had none or it was erased). Rejects with `not_found`. */
export async function loadDetail(handle: Handle, tenant: Tenant, seq: number): Promise<LedgerDetail> {
  const found = await handle
    .selectFrom('castellan.ledger as l')
    .leftJoin('castellan.ledger_bodies as b', (join) =>
      join.onRef('b.tenant_id', '=', 'l.tenant_id').onRef('b.seq', '=', 'l.seq'),
    )
    .selectAll('l')
    .select('b.body')
    .where('l.tenant_id', '=', tenant)
    .where('l.seq', '=', String(seq))
    .executeTakeFirst()
  if (found === undefined) throw new CastellanError('not_found', `The ledger has no row ${seq}.`)
  return { row: ledgerRow(found), body: found.body ?? null }
}

/** The newest row, or null. */
export async function loadHead(handle: Handle, tenant: Tenant): Promise<LedgerRow | null> {
  return (await loadPage(handle, tenant, { limit: 1 })).rows[0] ?? null
}

/** A step's intent and latest outcome. */
export async function loadAttempt(handle: Handle, tenant: Tenant, run: string, step: string) {
  const found = await handle
    .selectFrom('castellan.ledger')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('run', '=', run)
    .where('step', '=', step)
    .where('kind', 'in', ['intent', 'outcome'])
    .orderBy('seq', 'desc')
    .execute()
  const newest = (kind: LedgerKind) => {
    const row = found.find((each) => each.kind === kind)
    return row === undefined ? null : ledgerRow(row)
  }
  return { intent: newest('intent'), outcome: newest('outcome') }
}

/** The rows from `from` on, oldest first, as they were when the first was asked for. */
export async function* streamRows(
  database: Database,
  tenant: Tenant,
  from?: number,
): AsyncGenerator<StoredRow> {
  const transaction = await database.as(tenant).startTransaction().execute()
  try {
    // A cursor and not pages by seq: whoever can drop the primary key can make two rows of one seq.
    await sql`declare rows no scroll cursor for
      select l.*, b.seq is not null as has_body, b.body
      from castellan.ledger l
      left join castellan.ledger_bodies b on b.tenant_id = l.tenant_id and b.seq = l.seq
      where l.tenant_id = ${tenant}::uuid and l.seq >= ${from ?? '-9223372036854775808'}::bigint
      order by l.seq`.execute(transaction)
    for (;;) {
      const { rows } = await sql<StreamedRow>`fetch 200 from rows`.execute(transaction)
      if (rows.length === 0) return
      for (const row of rows) {
        yield { row: ledgerRow(row), body: row.has_body ? row.body : undefined }
      }
    }
  } finally {
    await transaction.rollback().execute()
  }
}

type StreamedRow = Selectable<Schema['castellan.ledger']> & {
  has_body: boolean
  body: Json
}

/** The highest seq that a body was stored for; 0 when there is none. Bodies are only ever added by an append. */
export async function lastBody(handle: Handle, tenant: Tenant): Promise<number> {
  const found = await handle
    .selectFrom('castellan.ledger_bodies')
    .select('seq')
    .where('tenant_id', '=', tenant)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return Number(found?.seq ?? 0)
}

/** When the first row after `seq` was written, or null. */
export async function timeAfter(handle: Handle, tenant: Tenant, seq: number): Promise<string | null> {
  const found = await handle
    .selectFrom('castellan.ledger')
    .select('at')
    .where('tenant_id', '=', tenant)
    .where('seq', '>', String(seq))
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return found?.at ?? null
}

/** The checkpoints in the table, oldest first. */
export async function loadCheckpoints(handle: Handle, tenant: Tenant): Promise<Checkpoint[]> {
  const rows = await handle
    .selectFrom('castellan.ledger_checkpoints')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('seq')
    .execute()
  return rows.map(({ tenant_id, seq, count, ...rest }) => ({
    v: 1,
    tenant: tenant_id,
    seq: Number(seq),
    count: Number(count),
    ...rest,
  }))
}

/** Adds a checkpoint to the table; one that is there already is left alone. */
export async function saveCheckpoint(handle: Handle, tenant: Tenant, checkpoint: Checkpoint): Promise<void> {
  const { seq, hash, count, at, key, signature } = checkpoint
  await handle
    .insertInto('castellan.ledger_checkpoints')
    .values({ tenant_id: tenant, seq: String(seq), count: String(count), hash, at, key, signature })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function ledgerRow(row: Selectable<Schema['castellan.ledger']>): LedgerRow {
  return {
    seq: Number(row.seq),
    at: row.at,
    // As stored: verification must see what a superuser wrote there, so nothing is refused here.
    kind: row.kind as LedgerKind,
    run: row.run,
    step: row.step,
    principal: row.principal,
    skill: row.skill,
    decision: row.decision as DecisionResult | null,
    rules: row.rules,
    args: row.args,
    outcome: row.outcome,
    prev: row.prev,
    hash: row.hash,
  }
}
