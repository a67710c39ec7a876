/**
 * Conversations and what comes into them. A message is durable before it is acknowledged, in the inbox with its run; of
 * one conversation only one run is active: the database's own index says so.
 */
import { randomUUID } from 'node:crypto'
import type { Accepted, ConversationSummary, RunState, TextRange } from '@castellan/contracts'
import { ownerLabel } from '@castellan/kernel'
import { type Selectable, sql } from 'kysely'
import type { Database, Handle, Schema, Tenant } from '../database/index.ts'
import type { Speaker, Who } from '../http/index.ts'
import { loadTaint, saveEntry } from './entries.ts'
import { labelOfMessage, pastedIn } from './pasted.ts'
import type { ClaimFiles, EntryContent, StoredEntry } from './types.ts'

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
