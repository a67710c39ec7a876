/**
 * What the earlier questions of a run say about the next call: what was endorsed, what was denied, how often it asked. It
 * is read from the questions themselves, so a crash forgets nothing.
 */
import type { Factor, Json, Role } from '@castellan/contracts'
import type { Endorsed } from '@castellan/kernel'
import { sql } from 'kysely'
import type { Database, Handle, Tenant } from '../database/index.ts'

/** A run that has asked this often is paused, and again each time it has asked so often more. */
export const questionsPerRun = 5

/** An endorsed argument as its question keeps it. */
export interface EndorsedArgument {
  readonly path: string
  readonly role: Role
  readonly value: Json
}

/** What stands from earlier questions of a run. */
export interface Earlier {
  /** Values that a spent yes called right, each worth the proof it was given with. */
  readonly endorsed: readonly Endorsed[]
  /** Hashes of the calls that were denied, each with its question. */
  readonly denied: ReadonlyMap<string, string>
}

/** Loads it; an endorsement counts once its yes is spent. */
export async function loadEarlier(tenant: Tenant, database: Database, run: string): Promise<Earlier> {
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.questions')
    .select(['id', 'state', 'call', 'factor_given', 'endorsed'])
    .where('tenant_id', '=', tenant)
    .where('run_id', '=', run)
    .where('kind', '=', 'call')
    .where('state', 'in', ['consumed', 'denied'])
    .execute()
  const spent = rows.filter(({ state }) => state === 'consumed')
  return {
    endorsed: spent.flatMap(({ endorsed, factor_given }) =>
      (endorsed as unknown as EndorsedArgument[]).map(({ role, value }) => ({
        ...{ role, value },
        factor: (factor_given ?? 'none') as Factor,
      })),
    ),
    denied: new Map(rows.filter(({ state }) => state === 'denied').map(({ call, id }) => [call, id])),
  }
}

/** How a run has asked so far. */
export interface Asked {
  readonly times: number
  readonly yes: number
  readonly no: number
  /** It has asked as often as it may before the owner lets it go on. */
  readonly isTooOften: boolean
}

/** Counts a run's questions, those of a pause apart. To be called in the transaction that would ask the next one. */
export async function loadAsked(tenant: Tenant, handle: Handle, run: string): Promise<Asked> {
  const { rows } = await sql<{ times: number; yes: number; no: number; resumed: number }>`
    select count(*) filter (where kind = 'call')::int as times,
      count(*) filter (where kind = 'call' and state in ('approved', 'consumed'))::int as yes,
      count(*) filter (where kind = 'call' and state = 'denied')::int as no,
      count(*) filter (where kind = 'pause' and state = 'consumed')::int as resumed
    from castellan.questions where tenant_id = ${tenant} and run_id = ${run}`.execute(handle)
  const { times = 0, yes = 0, no = 0, resumed = 0 } = rows[0] ?? {}
  return { times, yes, no, isTooOften: times >= questionsPerRun * (1 + resumed) }
}
