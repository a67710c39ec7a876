/** The tables of `migrations/*.sql` that say who somebody is, how they come in and what they hold. Types for kysely. */
import type { ColumnType, Generated } from 'kysely'
import type { JsonText, NullableJsonText, NullableTime, Time } from './columns.ts'

/** People, their proofs, their keys. */
export interface PeopleTables {
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
