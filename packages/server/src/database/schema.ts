/** The tables of `migrations/*.sql` as types, for kysely. Columns written by the database itself are `Generated`. */
import type { Json } from '@castellan/contracts'
import type { ColumnType, Generated } from 'kysely'
import type { DefaultJsonText, JsonText, NullableJsonText, NullableTime, Time } from './columns.ts'
import type { PeopleTables } from './schema-people.ts'

/** Every table. */
export interface Schema extends PeopleTables {
  'castellan.conversations': {
    id: string
    tenant_id: string
    person_id: string
    title: string
    persona: string
    channel: string
    created_at: Time
    updated_at: Time
  }
  'castellan.inbox': {
    id: string
    tenant_id: string
    conversation_id: string
    channel: string
    external_id: string
    received_at: Time
  }
  'castellan.runs': {
    id: string
    tenant_id: string
    conversation_id: string | null
    persona: string
    state: string
    error: string | null
    input_tokens: Generated<number>
    output_tokens: Generated<number>
    model_calls: Generated<number>
    stop_requested: Generated<boolean>
    created_at: Time
    finished_at: NullableTime
  }
  'castellan.entries': {
    id: string
    tenant_id: string
    conversation_id: string
    run_id: string
    /** bigint, read as text. */
    seq: ColumnType<string, never, never>
    step: string
    kind: 'owner' | 'agent' | 'call' | 'notice'
    body: JsonText
    sources: string[]
    readers: string[] | null
    /** Foreign sources of what the line keeps from the planner. */
    sealed: Generated<string[]>
    /** Bits of sealed content that the line has shown to the planner. */
    influence: Generated<number>
    created_at: Time
  }
  'castellan.outbox': {
    id: string
    tenant_id: string
    channel: string
    external_key: string
    body: JsonText
    state: Generated<'ready' | 'sent' | 'dead'>
    attempts: Generated<number>
    next_attempt_at: Time
    last_error: string | null
    created_at: Time
    sent_at: NullableTime
  }
  'castellan.questions': {
    id: string
    tenant_id: string
    run_id: string
    conversation_id: string | null
    step: string
    skill: string
    effect: string
    principal: string[]
    args: JsonText
    arguments: JsonText
    leaves: NullableJsonText
    sentence: string
    why: string
    rules: string[]
    factor: 'click' | 'password' | 'totp' | 'passkey'
    nonce: string
    binding: string
    state: Generated<'open' | 'approved' | 'denied' | 'expired' | 'consumed' | 'void'>
    factor_given: string | null
    created_at: Time
    expires_at: Time
    decided_at: NullableTime
    decided_by: string | null
    decided_via: string | null
    kind: Generated<'call' | 'pause'>
    places: DefaultJsonText
    fresh: DefaultJsonText
    endorsable: NullableJsonText
    endorsed: DefaultJsonText
    call: string
  }
  'castellan.known': {
    tenant_id: string
    effect: 'read' | 'act'
    kind: 'skill' | 'reached' | 'account'
    value: string
    first_used_at: Time
  }
  'castellan.models': {
    tenant_id: string
    name: string
    provider: 'anthropic' | 'openai' | 'google' | 'openai-compatible'
    base_url: string
    model: string
    tier: 'light' | 'medium' | 'heavy' | 'local' | 'embedding'
    enabled: Generated<boolean>
    created_at: Time
  }
  'castellan.memories': {
    id: string
    tenant_id: string
    scope: string
    text: string
    words: ColumnType<string, never, never>
    sources: string[]
    readers: string[] | null
    run_id: string | null
    created_at: Time
  }
  'castellan.file_labels': {
    tenant_id: string
    path: string
    content: string
    sources: string[]
    readers: string[] | null
    name_sources: string[]
    name_readers: string[] | null
    written_at: Time
  }
  'castellan.attachments': {
    tenant_id: string
    path: string
    name: string
    bytes: number
    content: string
    uploaded_at: Time
    stored_at: NullableTime
    run_id: string | null
  }
  'castellan.feed_items': {
    tenant_id: string
    feed: string
    item: string
    first_seen_at: Time
    first_seen_run: string | null
  }
  'castellan.secrets': {
    tenant_id: string
    name: string
    kind: string
    value: string
    created_at: Time
    updated_at: Time
    last_used_at: NullableTime
  }
  'castellan.leak_traces': { tenant_id: string; run: string; seen: JsonText; updated_at: Time }
  'castellan.options': { tenant_id: string; name: string; value: JsonText; updated_at: Time }
  'castellan.usage': { tenant_id: string; day: string; principal: string; subject: string; spent: number }
  /** Read-only for the running roles; rows are added by castellan.ledger_append alone. */
  'castellan.ledger': {
    tenant_id: string
    seq: ColumnType<string, never, never>
    at: ColumnType<string, never, never>
    kind: string
    run: string | null
    step: string | null
    principal: string[]
    skill: string
    decision: string | null
    rules: string[]
    args: string
    outcome: string | null
    prev: string
    hash: string
  }
  'castellan.ledger_bodies': { tenant_id: string; seq: string; body: ColumnType<Json, never, never> }
  'castellan.ledger_checkpoints': {
    tenant_id: string
    seq: string
    hash: string
    count: string
    at: string
    key: string
    signature: string
  }
}
