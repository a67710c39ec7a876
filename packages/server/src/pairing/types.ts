/** What pairing is told, what it tells others, and the ports it needs; main.ts joins them. */
import type { AlertFact, DeviceKey, DeviceKind, PersonRole, Scope } from '@castellan/contracts'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { Principal, Who } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { Limits } from '../limits/index.ts'

/** What the ledger should know; each becomes a row in the transaction that did it. Never a code, a key or a phrase. */
export interface PairingEvent {
  readonly kind:
    | 'device.code_made'
    | 'device.attempt'
    | 'device.redeemed'
    | 'device.paired'
    | 'device.denied'
    | 'device.renamed'
    | 'device.revoked'
    | 'account.code_made'
    | 'account.attempt'
    | 'account.paired'
    | 'account.unpaired'
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
}

/** Tells a person what they should look at, in the transaction in which it happened (alerts/). */
export type Raise = (
  handle: Handle,
  tenant: Tenant,
  alert: { kind: string; sentence: string; facts: Readonly<Record<string, AlertFact>> },
  person: string | null,
) => Promise<void>

/** Whom a device's access token stands for. */
export interface DeviceGrant extends Who {
  readonly role: PersonRole
  readonly device: string
  /** Thumbprint of the device's key (`cnf.jkt`, RFC 9449, section 6.1). */
  readonly jkt: string
  readonly scopes: readonly Scope[]
}

/** The port to tokens/: makes and reads access tokens of devices. */
export interface DeviceTokens {
  mint(grant: DeviceGrant): Promise<{ token: string; expiresInS: number }>
  /** Undefined for anything but a valid access token of a device. */
  read(token: string): Promise<DeviceGrant | undefined>
}

/** What pairing is made from. */
export interface PairingOptions {
  readonly database: Database
  /** The home tenant: where it is recorded that somebody tried a code that nobody knows. */
  readonly home: Tenant
  /** `deriveKey(SECRET_KEY_BASE, 'pairing')`. */
  readonly root: Buffer
  readonly limits: Limits
  readonly raise: Raise
  /** Records an event as the last statement of a transaction. */
  readonly record: (handle: Handle, tenant: Tenant, event: PairingEvent, by?: Principal) => Promise<void>
  readonly requireFresh: RequireFresh
  readonly tokens: DeviceTokens
  /** The name the house has outside, for links that are made at home: `localhost` means another machine elsewhere. */
  readonly publicUrl?: string | undefined
  /** The present, in milliseconds. */
  readonly now: () => number
  /** How long /auth/pair/status waits for an answer of the person, in milliseconds; 20 s. */
  readonly statusMs?: number
}

/** What has spent a code, as the person is to judge it. Everything in it is foreign. */
export interface Candidate {
  readonly name: string
  readonly kind: DeviceKind
  readonly key: DeviceKey
  readonly thumbprint: string
  readonly address: string
}

/** A pairing as the database knows it. */
export interface Pairing {
  readonly id: string
  readonly person: PersonId
  readonly madeBy: PersonId
  /** Null: for a device. */
  readonly channel: string | null
  /** What its maker wants the device to be called. */
  readonly name: string | null
  readonly state: 'open' | 'compare' | 'paired' | 'denied'
  readonly codeExpiresAt: Date
  readonly expiresAt: Date
  readonly spentAt: Date | null
  readonly device: Candidate | null
  readonly phrase: string | null
  readonly deviceId: string | null
}

/** How long a code is good (DESIGN §8), in milliseconds. */
export const codeMs = 600_000
/** How long the person has to compare the words, once a device has spent the code. */
export const compareMs = 300_000
/** What a device may be used for. Not `admin`: what changes the house is for people in person. */
export const deviceScopes: readonly Scope[] = Object.freeze(['read', 'chat', 'approve', 'data'])
