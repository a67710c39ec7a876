/** Lines of conversations in PostgreSQL. A step writes its line once; the same step writing again replaces it. */
import { randomUUID } from 'node:crypto'
import type { Entry, Json, Label, QuotedValue } from '@castellan/contracts'
import { joinAll, labelOfAll, storedLabel, unknownLabel } from '@castellan/kernel'
import { type Selectable, sql } from 'kysely'
import type { Database, Handle, Schema, Tenant } from '../database/index.ts'
import { type Find, handleOf, labelUnder, lookUp, referencesIn, textOf } from '../sealed/index.ts'
import { pastedOf } from './pasted.ts'
import type { EntryContent, StoredCall, StoredEntry } from './types.ts'

/** What identifies a line: the step of a run that writes it. */
export interface EntryPlace {
  readonly conversation: string
  readonly run: string
  readonly step: string
}

/** Writes the line of a step, replacing what the step wrote before. */
export async function saveEntry(
  tenant: Tenant,
  handle: Handle,
  place: EntryPlace,
  content: EntryContent,
  given: Label,
  kept: Pick<StoredEntry, 'sealed' | 'influence'> = { sealed: [], influence: 0 },
): Promise<StoredEntry> {
  // What names no source came from nobody knows where.
  const label = given.sources.length === 0 ? unknownLabel : given
  const row = await handle
    .insertInto('castellan.entries')
    .values({
      id: randomUUID(),
      tenant_id: tenant,
      conversation_id: place.conversation,
      run_id: place.run,
      step: place.step,
      kind: content.kind,
      body: JSON.stringify(content),
      sources: [...label.sources],
      readers: label.readers === 'everyone' ? null : [...label.readers],
      sealed: [...kept.sealed],
      influence: kept.influence,
    })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'step', 'kind']).doUpdateSet((excluded) => ({
        body: excluded.ref('excluded.body'),
        sources: excluded.ref('excluded.sources'),
        readers: excluded.ref('excluded.readers'),
        sealed: excluded.ref('excluded.sealed'),
        influence: excluded.ref('excluded.influence'),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return entryOf(row)
}

/** Every line of a conversation, in order. */
export async function loadEntries(
  tenant: Tenant,
  handle: Handle,
  conversation: string,
): Promise<StoredEntry[]> {
  const rows = await handle
    .selectFrom('castellan.entries')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('conversation_id', '=', conversation)
    .orderBy('seq')
    .execute()
  return rows.map(entryOf)
}

/** The lines that one run wrote, in order. */
export async function loadRunEntries(
  tenant: Tenant,
  database: Database,
  run: string,
): Promise<StoredEntry[]> {
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.entries')
    .selectAll()
    .where('run_id', '=', run)
    .orderBy('seq')
    .execute()
  return rows.map(entryOf)
}

/** The lines of a conversation with some numbers; of no other. */
export async function loadLines(
  tenant: Tenant,
  database: Database,
  conversation: string,
  seqs: readonly number[],
): Promise<StoredEntry[]> {
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.entries')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('conversation_id', '=', conversation)
    .where(sql<boolean>`seq = any(${[...seqs]}::bigint[])`)
    .orderBy('seq')
    .execute()
  return rows.map(entryOf)
}

/** Foreign sources anything in the conversations came from, by conversation. */
export async function loadTaint(
  tenant: Tenant,
  handle: Handle,
  conversations: readonly string[],
): Promise<Map<string, string[]>> {
  if (conversations.length === 0) return new Map()
  const { rows } = await sql<{ conversation_id: string; sources: string[] }>`
    select conversation_id, array_agg(distinct source order by source) as sources
    from castellan.entries, unnest(sources) as source
    where tenant_id = ${tenant} and conversation_id = any(${[...conversations]}::uuid[]) and source not in ('owner', 'system')
    group by conversation_id`.execute(handle)
  return new Map(rows.map((row) => [row.conversation_id, row.sources]))
}

function entryOf(row: Selectable<Schema['castellan.entries']>): StoredEntry {
  return {
    id: row.id,
    seq: Number(row.seq),
    run: row.run_id,
    step: row.step,
    at: row.created_at.toISOString(),
    label: storedLabel(row),
    sealed: row.sealed,
    influence: row.influence,
    content: row.body as unknown as EntryContent,
  }
}

const previewCharacters = 2_000
/** Characters of one value that a reply quotes. */
const quotedCharacters = 20_000

/**
 * A line as the API shows it; null for a step of the model that said nothing to the owner. `find` finds what references
 * in it stand for.
 */
export function entryView(entry: StoredEntry, find: Find = () => undefined): Entry | null {
  const { id, seq, run, at, step, label, content } = entry
  const base = { id, seq, run, at }
  if (content.kind === 'owner') {
    const { text, attachments = [] } = content
    return { ...base, kind: 'owner', text, pasted: [...pastedOf(content)], attachments: [...attachments] }
  }
  if (content.kind === 'notice') return { ...base, kind: 'notice', text: content.text, tone: content.tone }
  if (content.kind === 'call') return { ...base, kind: 'call', call: callView(entry, content.call) }
  if (content.text === '') return null
  const values = valuesIn(content.text, find)
  return {
    ...base,
    kind: 'agent',
    step,
    text: content.text,
    label: joinAll([label, ...values.map((value) => value.label)]),
    model: content.model,
    values,
    receipts: [...(content.receipts ?? [])],
  }
}

/** What the references in a text stand for; what stands for nothing is left out. */
export function valuesIn(text: string, find: Find): QuotedValue[] {
  return referencesIn(text).flatMap((ref) => {
    const found = lookUp(ref, find)
    if ('problem' in found) return []
    return [
      { ref, text: textOf(found.value).slice(0, quotedCharacters), label: labelUnder(found.labels, '') },
    ]
  })
}

function callView(
  { run, step, seq, sealed }: StoredEntry,
  call: StoredCall,
): Extract<Entry, { kind: 'call' }>['call'] {
  const { outcome } = call
  const done = outcome.kind === 'done' ? outcome : null
  return {
    run,
    step,
    skill: call.skill,
    args: call.args,
    state: outcome.kind === 'asks' ? 'waiting' : outcome.kind,
    decision: outcome.decision,
    question: outcome.kind === 'asks' ? outcome.question : null,
    result: done === null ? null : resultText(done.value).slice(0, previewCharacters),
    label: done === null ? null : labelOfAll(done.labels),
    error: 'why' in outcome ? outcome.why : null,
    handle: done === null ? null : handleOf(call.skill, seq),
    sealed: sealed.length > 0,
    reads: [...(call.reads ?? [])],
    found: [...(done?.found ?? [])],
  }
}

/** A result as text for a reader: its own text where it has one, else JSON. */
export function resultText(value: Json): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value, null, 1)
}
