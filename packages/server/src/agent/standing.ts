/** How a run stands towards foreign content: what it has read, what it holds sealed, how many bits answers have told it. */
import type { RunState, RunView } from '@castellan/contracts'
import { foreignSources } from '@castellan/kernel'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'
import type { RunRow } from './runs.ts'
import type { StoredEntry } from './types.ts'

/** Of its conversation, but for the bits, which are the run's own. */
export interface Standing {
  readonly taintedBy: readonly string[]
  readonly sealedFrom: readonly string[]
  readonly bits: number
}

/** How a run stands, from its conversation's lines. */
export async function loadStanding(
  tenant: Tenant,
  handle: Handle,
  conversation: string,
  run: string,
): Promise<Standing> {
  const lines = sql`castellan.entries where tenant_id = ${tenant} and conversation_id = ${conversation}`
  const { rows } = await sql<{ tainted: string[]; sealed: string[]; bits: number }>`
    select
      array(select distinct source from (select unnest(sources) as source from ${lines}) as each
        where source not in ('owner', 'system') order by source) as tainted,
      array(select distinct unnest(sealed) as source from ${lines} order by source) as sealed,
      (select coalesce(sum(influence), 0)::integer from ${lines} and run_id = ${run}) as bits`.execute(handle)
  const { tainted = [], sealed = [], bits = 0 } = rows[0] ?? {}
  return { taintedBy: tainted, sealedFrom: sealed, bits }
}

/** The same from lines that are at hand. */
export function standingOf(entries: readonly StoredEntry[], run: string): Standing {
  return {
    taintedBy: sorted(entries.flatMap(({ label }) => foreignSources(label))),
    sealedFrom: sorted(entries.flatMap(({ sealed }) => sealed)),
    bits: bitsSpent(entries, run),
  }
}

/** Bits that a run's answers have told its planner. */
export function bitsSpent(entries: readonly StoredEntry[], run: string): number {
  return entries.reduce((sum, line) => sum + (line.run === run ? line.influence : 0), 0)
}

function sorted(sources: readonly string[]): string[] {
  return [...new Set(sources)].sort()
}

/** A run as the API shows it. `budget` is how many bits its planner may be told. */
export function runView(row: RunRow, { taintedBy, sealedFrom, bits }: Standing, budget: number): RunView {
  return {
    id: row.id,
    conversation: row.conversation_id ?? '',
    state: row.state as RunState,
    persona: row.persona,
    tainted_by: [...taintedBy],
    sealed_from: [...sealedFrom],
    influence: { bits, budget },
    usage: { input_tokens: row.input_tokens, output_tokens: row.output_tokens, model_calls: row.model_calls },
    error: row.error,
    created_at: row.created_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}
