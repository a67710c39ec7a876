/** Devices that are paired: how one proves itself for an access token, how it is known by that, and how it ends. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import {
  CastellanError,
  type DeviceNonce,
  type DeviceToken,
  type DeviceTokenRequest,
  type DeviceView,
} from '@castellan/contracts'
import type * as z from 'zod'
import type { Handle } from '../database/index.ts'
import { type Identity, principalOf, type Who } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import * as store from './device-store.ts'
import { isSignedBy } from './keys.ts'
import { tokenText } from './phrase.ts'
import type { Arrival } from './redeem.ts'
import { tenantOf } from './store.ts'
import { deviceScopes, type PairingOptions } from './types.ts'

const nonceMs = 60_000
const seenEveryMs = 60_000

/** A nonce to be signed. It proves by its MAC that it is ours, so that asking for one stores nothing. */
export function newNonce({ root, now }: PairingOptions): DeviceNonce {
  const expiresAt = now() + nonceMs
  const body = `${expiresAt}.${randomBytes(16).toString('base64url')}`
  const expires_at = new Date(expiresAt).toISOString()
  return { nonce: `${body}.${macOf(root, body)}`, expires_at }
}

function macOf(root: Buffer, body: string): string {
  return createHmac('sha256', root).update(`nonce of a device ${body}`).digest('base64url')
}

/** When one of our nonces runs out, milliseconds; undefined for any other text. */
function expiryOf(root: Buffer, nonce: string): number | undefined {
  const [, body = '', time, mac = ''] = /^((\d{1,16})\.[\w-]{22})\.([\w-]{43})$/.exec(nonce) ?? []
  // Equal digests of what is compared: how long that takes says nothing about the MAC.
  const isOurs = digest(mac).equals(digest(macOf(root, body)))
  return isOurs && time !== undefined ? Number(time) : undefined
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * An access token for a device that has signed one of our nonces for this origin. Throws `not_signed_in`, which does not
 * say whether the device, its person, the signature or the nonce was at fault.
 */
export async function exchange(
  options: PairingOptions,
  { device: id, nonce, proof }: z.infer<typeof DeviceTokenRequest>,
  { server, address }: Arrival,
): Promise<DeviceToken> {
  const { database, root, now, tokens } = options
  const expiry = expiryOf(root, nonce)
  const tenant = await tenantOf(database, 'device', id)
  if (expiry === undefined || expiry <= now() || tenant === undefined) throw unknownDevice()
  const device = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const found = await store.loadLive(tenant, transaction, id)
      if (found === undefined || !isSignedBy(found.key, tokenText({ server, device: id, nonce }), proof))
        throw unknownDevice()
      const at = new Date(now())
      const spent = { hash: digest(nonce), expiresAt: new Date(expiry), now: at }
      if (!(await store.spendNonce(tenant, transaction, spent))) throw unknownDevice()
      await store.saveSeen(tenant, transaction, id, { at, address })
      return found
    })
  const { person, role, thumbprint: jkt } = device
  const grant = { tenant, person, role, jkt, device: id, scopes: deviceScopes }
  const { token, expiresInS: expires_in } = await tokens.mint(grant)
  return { access_token: token, token_type: 'Bearer', expires_in, scope: deviceScopes.join(' ') }
}

function unknownDevice(): CastellanError {
  return new CastellanError('not_signed_in', 'No device that is paired here has signed this.', {
    hint: 'ask for a new nonce and sign that; if it fails again, pair the device anew',
  })
}

/** Knows a device by its access token. Its row is read at every request, so that a revoked device is out at once. */
export async function identifyDevice(
  { database, tokens, now }: PairingOptions,
  token: string,
  { address }: Pick<Claim, 'address'>,
): Promise<Identity | undefined> {
  const grant = await tokens.read(token)
  if (grant === undefined) return undefined
  const { tenant, person, device: id, scopes } = grant
  const device = await store.loadLive(tenant, database.as(tenant), id)
  if (device === undefined || device.person !== person || device.thumbprint !== grant.jkt) return undefined
  // A role that was lowered since then counts at once; one that was raised waits for the next token.
  if (device.role !== grant.role) return undefined
  const seen = device.lastSeenAt?.getTime() ?? 0
  if (now() - seen >= seenEveryMs)
    await store.saveSeen(tenant, database.as(tenant), id, { at: new Date(now()), address })
  const principal = principalOf(person, device.role)
  return { tenant, person, role: device.role, principal, via: 'device', scopes }
}

/** One's own devices, newest first. */
export async function listDevices(
  { database }: PairingOptions,
  { tenant, person }: Who,
): Promise<DeviceView[]> {
  return (await store.loadDevices(tenant, database.as(tenant), person)).map(viewOf)
}

/** Renames one of one's own devices. Throws `not_found`. */
export async function renameDevice(
  options: PairingOptions,
  identity: Identity,
  id: string,
  name: string,
): Promise<DeviceView> {
  return changed(options, identity, id, { name }, 'device.renamed')
}

/** Revokes one of one's own devices: its tokens are nobody's from now on. Throws `not_found`. */
export async function revokeDevice(options: PairingOptions, identity: Identity, id: string): Promise<void> {
  await changed(options, identity, id, { revoked_at: new Date(options.now()) }, 'device.revoked')
}

async function changed(
  { database, record }: PairingOptions,
  { tenant, person, principal }: Identity,
  id: string,
  change: { name: string } | { revoked_at: Date },
  kind: 'device.renamed' | 'device.revoked',
): Promise<DeviceView> {
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await store.changeDevice(tenant, transaction, { id, person }, change)
      if (row === undefined) throw new CastellanError('not_found', 'There is no such device.')
      await record(transaction, tenant, { kind, facts: { device: id, name: row.name } }, principal)
      return viewOf(row)
    })
}

/** Ends all devices of a person in the caller's transaction: somebody was disabled, or has recovered their account. */
export async function endDevices(
  { now, record }: PairingOptions,
  transaction: Handle,
  { tenant, person }: Who,
): Promise<void> {
  for (const device of await store.revokeAll(tenant, transaction, person, new Date(now())))
    await record(transaction, tenant, { kind: 'device.revoked', facts: { device, person } })
}

function viewOf(row: Awaited<ReturnType<typeof store.loadDevices>>[number]): DeviceView {
  const { id, name, kind, thumbprint } = row
  return {
    ...{ id, name, kind, thumbprint },
    paired_at: row.paired_at.toISOString(),
    last_seen_at: row.last_seen_at?.toISOString() ?? null,
    last_address: row.last_address,
  }
}
