/** Runs in PostgreSQL: in whose name they act, how they stand, how they end and which comes next. */
import type { RunState, Usage } from '@castellan/contracts'
import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import type { Database, Handle, PersonId, Schema, Tenant } from '../database/index.ts'
import { type Principal, principalOf, type Who } from '../http/index.ts'

export type RunRow = Selectable<Schema['castellan.runs']>
/** One run, or null. */
export async function loadRun(tenant: Tenant, handle: Handle, run: string): Promise<RunRow | null> {
  const query = handle
    .selectFrom('castellan.runs')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('id', '=', run)
  return (await query.executeTakeFirst()) ?? null
}

/** One run of a person's own conversations, or null. */
export async function loadRunOf(
  { tenant, person }: Who,
  handle: Handle,
  run: string,
): Promise<RunRow | null> {
  const query = handle
    .selectFrom('castellan.runs')
    .selectAll('castellan.runs')
    .innerJoin('castellan.conversations as c', 'c.id', 'castellan.runs.conversation_id')
    .where('castellan.runs.tenant_id', '=', tenant)
    .where('castellan.runs.id', '=', run)
    .where('c.person_id', '=', person)
  return (await query.executeTakeFirst()) ?? null
}

/** A run and in whose name it acts: null when that person was disabled, or may not chat any more. */
export async function loadActing(
  tenant: Tenant,
  handle: Handle,
  run: string,
): Promise<(RunRow & { conversation_id: string; speaker: Principal | null }) | null> {
  const row = await handle
    .selectFrom('castellan.runs as r')
    .innerJoin('castellan.conversations as c', 'c.id', 'r.conversation_id')
    .innerJoin('castellan.people as p', 'p.id', 'c.person_id')
    .selectAll('r')
    .select(['c.id as conversation_id', 'p.id as person', 'p.role', 'p.disabled_at'])
    .where('r.tenant_id', '=', tenant)
    .where('r.id', '=', run)
    .executeTakeFirst()
  if (row === undefined) return null
  const { person, role, disabled_at, ...rest } = row
  const chats = disabled_at === null && role !== 'viewer'
  return { ...rest, speaker: chats ? principalOf(person as PersonId, role) : null }
}

/** Changes a run that has not ended; returns it as it then is, or null when it had ended. */
export async function updateRun(
  tenant: Tenant,
  handle: Handle,
  run: string,
  change: { state?: RunState; stop_requested?: boolean },
): Promise<RunRow | null> {
  const query = handle
    .updateTable('castellan.runs')
    .set(change)
    .where('tenant_id', '=', tenant)
    .where('id', '=', run)
    .where('state', 'in', ['queued', 'running', 'waiting'])
    .returningAll()
  return (await query.executeTakeFirst()) ?? null
}

/** How a run ended. */
export interface RunEnd {
  readonly state: 'done' | 'stopped' | 'failed'
  readonly error: string | null
}

/** Adds what a model call used to its run, which goes on. */
export async function addUsage(tenant: Tenant, handle: Handle, run: string, usage: Tokens): Promise<void> {
  await handle
    .updateTable('castellan.runs')
    .set(using(usage))
    .where('tenant_id', '=', tenant)
    .where('id', '=', run)
    .execute()
}

type Tokens = Omit<Usage, 'model_calls'>

const using = (usage: Tokens) => (row: ExpressionBuilder<Schema, 'castellan.runs'>) => ({
  input_tokens: row('input_tokens', '+', usage.input_tokens),
  output_tokens: row('output_tokens', '+', usage.output_tokens),
  model_calls: row('model_calls', '+', 1),
})

/**
 * Ends a run and takes the next waiting message of its conversation, in the caller's transaction. A run that had ended
 * already stays as it ended. `usage` is that of the model call whose answer ends it.
 */
export async function endRun(
  tenant: Tenant,
  handle: Handle,
  run: string,
  end: RunEnd,
  usage?: Tokens,
): Promise<{ ended: RunRow; next: string | null }> {
  const { state, error } = end
  const changed = await handle
    .updateTable('castellan.runs')
    .set((row) => ({
      ...(usage === undefined ? {} : using(usage)(row)),
      ...{ state, error, finished_at: sql<Date>`clock_timestamp()` as never },
    }))
    .where('tenant_id', '=', tenant)
    .where('id', '=', run)
    .where('state', 'in', ['queued', 'running', 'waiting'])
    .returningAll()
    .executeTakeFirst()
  const ended = changed ?? (await loadRun(tenant, handle, run))
  if (ended === null) throw new TypeError(`no run ${run}`)
  const { conversation_id: conversation } = ended
  return { ended, next: conversation === null ? null : await takeNext(tenant, handle, conversation) }
}

/** Makes the oldest queued run of a conversation its active one. Returns null while another is active, or none waits. */
async function takeNext(tenant: Tenant, handle: Handle, conversation: string): Promise<string | null> {
  // The lock orders this against a message that is being accepted right now.
  await handle
    .selectFrom('castellan.conversations')
    .select('id')
    .where('id', '=', conversation)
    .forUpdate()
    .execute()
  const { rows } = await sql<{ id: string }>`
    update castellan.runs set state = 'running'
    where tenant_id = ${tenant} and id = (
      select id from castellan.runs where conversation_id = ${conversation} and state = 'queued' order by created_at limit 1)
    and not exists (
      select from castellan.runs where conversation_id = ${conversation} and state in ('running', 'waiting'))
    returning id`.execute(handle)
  return rows[0]?.id ?? null
}

/** Runs that a process before us left unfinished, and the next one of every conversation that has only waiting ones. */
export async function loadUnfinished(tenant: Tenant, database: Database): Promise<string[]> {
  const waiting = await database
    .as(tenant)
    .selectFrom('castellan.runs')
    .select('conversation_id')
    .distinct()
    .where('state', '=', 'queued')
    .execute()
  for (const { conversation_id } of waiting) {
    if (conversation_id !== null)
      await database
        .as(tenant)
        .transaction()
        .execute((handle) => takeNext(tenant, handle, conversation_id))
  }
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.runs')
    .select('id')
    .where('state', 'in', ['running', 'waiting'])
    .execute()
  return rows.map((row) => row.id)
}
