/**
 * What the ledger is told, and how: `append` is the last statement of the transaction that does the thing recorded, so that
 * either both are there or neither is.
 */
import { CastellanError, type DecisionResult, type Json, type LedgerKind } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'

/** One thing to record. The chain keeps everything but `body`, which is erasable. */
export interface LedgerEntry {
  readonly kind: LedgerKind
  /** Null outside a run. An intent has both, and only one per run and step. */
  readonly run: string | null
  readonly step: string | null
  /** The chain of principals, outermost first. */
  readonly principal: readonly string[]
  /** A skill's name, or for `admin` what was done, e.g. `secrets.set`. */
  readonly skill: string
  readonly decision: DecisionResult | null
  readonly rules: readonly string[]
  /** `hashOf(arguments)` from the kernel; 64 hex digits. */
  readonly argsHash: string
  readonly outcome: string | null
  /** The whole story, or null. Where it has a member `args`, that must be the value whose hash is `argsHash`. */
  readonly body: Json
}

/**
 * Records an entry in the tenant's chain. Call it last in the transaction: other appends of the tenant wait until that
 * ends. Rejects with `conflict` when the run's step already has its intent.
 */
export async function append(
  transaction: Handle,
  tenant: Tenant,
  entry: LedgerEntry,
): Promise<{ seq: number; hash: string }> {
  if (!/^[0-9a-f]{64}$/.test(entry.argsHash)) throw new TypeError('argsHash is not a SHA-256 in hex')
  try {
    const { rows } = await sql<{ seq: string; hash: string }>`
      select seq, hash from castellan.ledger_append(${tenant}::uuid, ${entry.kind}, ${storable(entry.run)},
        ${storable(entry.step)}, ${entry.principal.map(text)}::text[], ${text(entry.skill)}, ${entry.decision},
        ${entry.rules.map(text)}::text[], ${entry.argsHash}, ${storable(entry.outcome)},
        ${entry.body === null ? null : JSON.stringify(entry.body)}::json)`.execute(transaction)
    const row = rows[0]
    if (row === undefined) throw new TypeError('ledger_append answered nothing')
    return { seq: Number(row.seq), hash: row.hash }
  } catch (cause) {
    if (constraintOf(cause) !== 'one_intent') throw cause
    throw new CastellanError('conflict', 'This step has begun its effect already; it was not begun again.', {
      cause,
    })
  }
}

function storable(value: string | null): string | null {
  return value === null ? null : text(value)
}

/** PostgreSQL stores neither NUL nor half a surrogate pair, and a model may name a skill with either. */
function text(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\ufffd')
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error ? String(error.constraint) : undefined
}
