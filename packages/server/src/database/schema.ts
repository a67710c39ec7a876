/** The tables of `migrations/*.sql` as types, for kysely. Columns written by the database itself are `Generated`. */
import type { Json } from '@castellan/contracts'
import type { ColumnType, Generated } from 'kysely'

type Time = ColumnType<Date, Date | string | undefined, Date | string>
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** jsonb: written as JSON text (`JSON.stringify`), read parsed. */
type JsonText = ColumnType<Json, string, string>
/** The same with a default of the database's. */
type DefaultJsonText = ColumnType<Json, string | undefined, string>
type NullableJsonText = ColumnType<Json | null, string | null | undefined, string | null>

export interface Schema {
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
  'castellan.sessions': {
    token_hash: Buffer
    tenant_id: string
    id: string
    person_id: string
    began_by: string
    created_at: Time
    expires_at: Time
    last_seen_at: Time
    revoked_at: NullableTime
    user_agent: string
    address: string
  }
  'castellan.tenants': { id: string; name: string; created_at: Time }
  'castellan.people': {
    id: string
    tenant_id: string
    role: 'owner' | 'member' | 'viewer'
    name: string
    email: string | null
    email_key: string | null
    email_verified_at: NullableTime
    email_changed_at: NullableTime
    password: string | null
    created_at: Time
    disabled_at: NullableTime
    last_signed_in_at: NullableTime
  }
  'castellan.invitations': {
    id: string
    tenant_id: string
    token_hash: Buffer
    role: 'owner' | 'member' | 'viewer'
    name: string
    email: string | null
    mailed: Generated<boolean>
    created_at: Time
    expires_at: Time
    used_at: NullableTime
    revoked_at: NullableTime
  }
  'castellan.account_links': {
    token_hash: Buffer
    tenant_id: string
    person_id: string
    kind: 'confirm_email' | 'cancel_email' | 'recover'
    email: string | null
    email_key: string | null
    handed: Generated<boolean>
    created_at: Time
    expires_at: Time
    used_at: NullableTime
  }
  'castellan.callers': {
    id: string
    tenant_id: string
    name: string
    namespace: string
    token_hash: Buffer
    models: string[]
    per_minute: number
    burst: number
    /** bigint, read as text. */
    tokens_per_day: ColumnType<string, number, number>
    created_at: Time
    expires_at: NullableTime
    last_used_at: NullableTime
  }
  'castellan.signin_links': {
    token_hash: Buffer
    tenant_id: string
    created_at: Time
    expires_at: Time
    used_at: NullableTime
  }
  'castellan.alerts': {
    id: string
    tenant_id: string
    person_id: string | null
    kind: string
    sentence: string
    facts: JsonText
    times: Generated<number>
    first_at: Time
    last_at: Time
    seen_at: NullableTime
  }
  'castellan.token_keys': {
    tenant_id: string
    kid: string
    alg: 'EdDSA'
    public_key: JsonText
    created_at: Time
    signs_from: Time
    signs_until: Time
  }
  'castellan.token_clients': {
    tenant_id: string
    id: string
    name: string
    redirect_uris: string[]
    created_at: Time
  }
  'castellan.token_families': {
    id: string
    tenant_id: string
    person_id: string
    client_id: string | null
    name: string
    role: 'owner' | 'member' | 'viewer'
    scopes: string[]
    created_at: Time
    last_used_at: Time
    expires_at: Time
    ended_at: NullableTime
    ended_why: string | null
    address: string
    user_agent: string
  }
  'castellan.refresh_tokens': {
    token_hash: Buffer
    tenant_id: string
    family_id: string
    created_at: Time
    expires_at: Time
    used_at: NullableTime
  }
  'castellan.authorization_codes': {
    code_hash: Buffer
    tenant_id: string
    person_id: string
    client_id: string
    redirect_uri: string
    challenge: string
    scopes: string[]
    created_at: Time
    expires_at: Time
    used_at: NullableTime
    family_id: string | null
  }
  'castellan.personal_tokens': {
    id: string
    tenant_id: string
    person_id: string
    token_hash: Buffer
    name: string
    scopes: string[]
    created_at: Time
    expires_at: NullableTime
    last_used_at: NullableTime
    last_address: string | null
    revoked_at: NullableTime
  }
  'castellan.pairings': {
    id: string
    tenant_id: string
    person_id: string
    made_by: string
    channel: string | null
    name: string | null
    code_hash: Buffer
    state: 'open' | 'compare' | 'paired' | 'denied'
    created_at: Time
    code_expires_at: Time
    expires_at: Time
    spent_at: NullableTime
    device: NullableJsonText
    phrase: string | null
    device_id: string | null
  }
  'castellan.devices': {
    id: string
    tenant_id: string
    person_id: string
    name: string
    kind: 'phone' | 'laptop' | 'program'
    public_key: JsonText
    thumbprint: string
    paired_at: Time
    last_seen_at: NullableTime
    last_address: string | null
    revoked_at: NullableTime
  }
  'castellan.device_nonces': { tenant_id: string; nonce_hash: Buffer; expires_at: Time }
  'castellan.pairing_attempts': {
    id: Generated<string>
    tenant_id: string
    at: Time
    sender: Buffer
    way: string
    outcome: string
  }
  'castellan.accounts': {
    id: string
    tenant_id: string
    person_id: string
    channel: string
    external_id: string
    name: string
    paired_at: Time
  }
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
  'castellan.factors': {
    tenant_id: string
    person_id: string
    handle: Buffer
    totp_secret: string | null
    totp_since: NullableTime
    totp_pending: string | null
    totp_pending_at: NullableTime
    /** bigint, read as text. */
    totp_last_step: ColumnType<string, number | undefined, number>
    password_closed_at: NullableTime
  }
  'castellan.passkeys': {
    id: string
    tenant_id: string
    person_id: string
    credential_id: Buffer
    public_key: Buffer
    /** bigint, read as text. */
    counter: ColumnType<string, number, number>
    transports: string[]
    rp_id: string
    name: string
    synced: boolean
    created_at: Time
    last_used_at: NullableTime
  }
  'castellan.recovery_codes': {
    tenant_id: string
    person_id: string
    code_hash: Buffer
    made_at: Time
    used_at: NullableTime
  }
  'castellan.challenges': {
    challenge_hash: Buffer
    tenant_id: string
    purpose: 'register' | 'sign-in' | 'second' | 'step-up' | 'approve'
    person_id: string | null
    session_id: string | null
    subject: string | null
    expires_at: Time
  }
  'castellan.half_signins': {
    token_hash: Buffer
    tenant_id: string
    person_id: string
    began_by: string
    expires_at: Time
  }
  'castellan.shown_factors': {
    session_id: string
    tenant_id: string
    factor: 'password' | 'totp' | 'passkey'
    shown_at: Time
  }
  'castellan.providers': {
    tenant_id: string
    name: string
    kind: string
    title: string
    client_id: string
    fields: JsonText
    enabled: boolean
    join_rule: 'nobody' | 'domains' | 'everyone'
    domains: string[]
    created_at: Time
  }
  'castellan.provider_accounts': {
    id: string
    tenant_id: string
    person_id: string
    issuer: string
    subject: string
    provider: string
    label: string
    connected_at: Time
    last_used_at: NullableTime
  }
  'castellan.provider_attempts': {
    token_hash: Buffer
    tenant_id: string
    provider: string
    redirect_uri: string
    return_to: string
    session_id: string | null
    created_at: Time
    expires_at: Time
  }
}
