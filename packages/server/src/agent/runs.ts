/**
 * Conversations, the inbox and runs in PostgreSQL. A message is durable before it is acknowledged, and of one
 * conversation only one run is active: the database's own index says so.
 */
import { randomUUID } from 'node:crypto'
import type { Accepted, ConversationSummary, RunState, TextRange, Usage } from '@castellan/contracts'
import { ownerLabel } from '@castellan/kernel'
import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import type { Database, Handle, PersonId, Schema, Tenant } from '../database/index.ts'
import { type Principal, principalOf, type Speaker, type Who } from '../http/index.ts'
import { loadTaint, saveEntry } from './entries.ts'
import { labelOfMessage, pastedIn } from './pasted.ts'
import type { ClaimFiles, EntryContent, StoredEntry } from './types.ts'

export type RunRow = Selectable<Schema['castellan.runs']>
type ConversationRow = Selectable<Schema['castellan.conversations']>

export interface NewInput {
  readonly conversation: string
  readonly channel: string
  readonly externalId: string
  readonly text: string
  /** What the client says was pasted; what is quoted counts besides. */
  readonly pasted: readonly TextRange[]
  /** Paths of uploaded files that come with it. */
  readonly attachments: readonly string[]
  readonly claimFiles: ClaimFiles
  /** Whether this persona's planner is kept from pasted text. */
  readonly seals: (persona: string) => boolean
  /** A first thought that is already there, so that no model need be asked for it. */
  readonly thought?: Extract<EntryContent, { kind: 'agent' }>
}

/** What accepting a message made of it. `start` is true when its run may begin at once. */
export interface AcceptedInput extends Accepted {
  readonly start: boolean
  /** Null when the same message had been accepted before. */
  readonly line: StoredEntry | null
}

/** Stores a person's conversation without messages. */
export async function saveConversation(
  { tenant, person }: Who,
  database: Database,
  input: { title: string; persona: string; channel: string },
): Promise<ConversationSummary> {
  const row = await database
    .as(tenant)
    .insertInto('castellan.conversations')
    .values({ id: randomUUID(), tenant_id: tenant, person_id: person, ...input })
    .returningAll()
    .executeTakeFirstOrThrow()
  return summaryOf(row, [], null)
}

/**
 * Stores a message in the inbox with its run, once per channel and external id; null when the speaker has no such
 * conversation.
 */
export async function saveInput(
  { tenant, person, principal }: Speaker,
  database: Database,
  input: NewInput,
): Promise<AcceptedInput | null> {
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const conversation = await transaction
        .selectFrom('castellan.conversations')
        .selectAll()
        .where('tenant_id', '=', tenant)
        .where('id', '=', input.conversation)
        .where('person_id', '=', person)
        .forUpdate()
        .executeTakeFirst()
      if (conversation === undefined) return null
      const run = randomUUID()
      const state = await saveRun(tenant, transaction, run, conversation, input)
      if (state === null) return acceptedBefore(transaction, input)
      const place = { conversation: input.conversation, run, step: 'words' }
      const { text, thought } = input
      const pasted = pastedIn(text, input.pasted)
      const label = labelOfMessage(pasted)
      // A thought that comes along was had by whoever read the message whole.
      const isKept = pasted.length > 0 && thought === undefined && input.seals(conversation.persona)
      const attachments = await input.claimFiles({ tenant, principal }, transaction, run, input.attachments)
      const content = { kind: 'owner', text, pasted, attachments } as const
      // What a file was called is kept from every planner.
      const kept = { sealed: isKept || attachments.length > 0 ? ['pasted'] : [], influence: 0 }
      const line = await saveEntry(tenant, transaction, place, content, isKept ? ownerLabel : label, kept)
      if (thought !== undefined) {
        await saveEntry(tenant, transaction, { ...place, step: 'think.0' }, thought, label)
      }
      return { run, conversation: input.conversation, entry: line.id, start: state === 'running', line }
    })
}

async function acceptedBefore(handle: Handle, input: NewInput): Promise<AcceptedInput> {
  const row = await handle
    .selectFrom('castellan.inbox as inbox')
    .innerJoin('castellan.entries as entry', 'entry.run_id', 'inbox.id')
    .select(['inbox.id as run', 'entry.id as entry', 'inbox.conversation_id as conversation'])
    .where('inbox.channel', '=', input.channel)
    .where('inbox.external_id', '=', input.externalId)
    .where('entry.kind', '=', 'owner')
    .executeTakeFirstOrThrow()
  return { ...row, start: false, line: null }
}

/**
 * Takes a message into the inbox, gives it its run, and moves its conversation up; null when it had been taken before. One
 * statement, as each costs a round trip. The conversation must be locked by an earlier one: this one sees what stood when
 * it began.
 */
async function saveRun(
  tenant: Tenant,
  handle: Handle,
  run: string,
  conversation: ConversationRow,
  { channel, externalId, text }: NewInput,
): Promise<RunState | null> {
  const { id, persona } = conversation
  const title = conversation.title === '' ? (text.split('\n', 1)[0] ?? '').slice(0, 80) : conversation.title
  const { rows } = await sql<{ state: RunState }>`
    with taken as (
      insert into castellan.inbox (id, tenant_id, conversation_id, channel, external_id)
      values (${run}, ${tenant}, ${id}, ${channel}, ${externalId})
      on conflict do nothing returning id
    ), touched as (
      update castellan.conversations set title = ${title}, updated_at = clock_timestamp()
      where id = ${id} and exists (select from taken)
    )
    insert into castellan.runs (id, tenant_id, conversation_id, persona, state)
    select id, ${tenant}, ${id}, ${persona}, case when exists (
      select from castellan.runs where conversation_id = ${id} and state in ('running', 'waiting', 'queued')
    ) then 'queued' else 'running' end
    from taken returning state`.execute(handle)
  return rows[0]?.state ?? null
}

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

/** A person's conversations, the last touched first. */
export async function loadConversations(
  { tenant, person }: Who,
  database: Database,
  only?: string,
): Promise<ConversationSummary[]> {
  const handle = database.as(tenant)
  let query = handle
    .selectFrom('castellan.conversations as c')
    .leftJoin('castellan.runs as r', (join) =>
      join.onRef('r.conversation_id', '=', 'c.id').on('r.state', 'in', ['running', 'waiting']),
    )
    .selectAll('c')
    .select('r.id as active')
    .where('c.tenant_id', '=', tenant)
    .where('c.person_id', '=', person)
  if (only !== undefined) query = query.where('c.id', '=', only)
  const rows = await query.orderBy('c.updated_at', 'desc').limit(500).execute()
  const taint = await loadTaint(
    tenant,
    handle,
    rows.map((row) => row.id),
  )
  return rows.map((row) => summaryOf(row, taint.get(row.id) ?? [], row.active))
}

function summaryOf(row: ConversationRow, tainted: string[], active: string | null): ConversationSummary {
  return {
    id: row.id,
    title: row.title,
    persona: row.persona,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    tainted_by: tainted,
    active_run: active,
  }
}
