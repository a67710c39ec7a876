/** What a person does with a pairing: make a code, look, compare the words, say yes or no. */
import { randomUUID } from 'node:crypto'
import {
  CastellanError,
  type NewPairing,
  type NewPairingRequest,
  type PairingView,
} from '@castellan/contracts'
import { encode } from 'uqr'
import type * as z from 'zod'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import { countFailure } from './attempts.ts'
import { grouped, hashOfCode, newCode } from './code.ts'
import { saveDevice } from './device-store.ts'
import { houseKeys } from './keys.ts'
import { commitmentOf } from './phrase.ts'
import { deviceSender } from './redeem.ts'
import { endPairing, isActivePerson, loadPairing, lockPairing, prune, savePairing } from './store.ts'
import { codeMs, type Pairing, type PairingOptions } from './types.ts'
import { stateOf, viewOf } from './view.ts'

/** How long attempts and pairings that ended are kept, in milliseconds. */
export const keptMs = 7 * 86_400_000

/** Makes a code for a person; throws `factor_needed`, or `refused` for somebody else's devices. */
export async function makeCode(
  options: PairingOptions,
  identity: Identity,
  request: z.infer<typeof NewPairingRequest>,
  origin: string,
): Promise<NewPairing> {
  const { database, root, now, record } = options
  const { tenant, person: madeBy } = identity
  await options.requireFresh(identity)
  const person = (request.person ?? madeBy) as PersonId
  if (person !== madeBy && identity.role !== 'owner')
    throw new CastellanError('refused', 'Only the owner pairs devices for others.')
  const [id, code, at] = [randomUUID(), newCode(), new Date(now())]
  const expiresAt = new Date(at.getTime() + codeMs)
  const channel = request.channel ?? null
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      if (!(await isActivePerson(tenant, transaction, person)))
        throw new CastellanError('not_found', 'There is no such person.')
      await prune(tenant, transaction, new Date(now() - keptMs))
      const codeHash = hashOfCode(root, code)
      const name = request.name ?? null
      await savePairing(tenant, transaction, { id, person, madeBy, channel, name, codeHash, at, expiresAt })
      const kind = channel === null ? 'device.code_made' : 'account.code_made'
      await record(transaction, tenant, { kind, facts: { pairing: id, person, channel } }, identity.principal)
    })
  const url = channel === null ? `${origin}/pair#${code}.${commitmentOf(houseKeys(root, id))}` : null
  return {
    id,
    code: grouped(code),
    url,
    qr: url === null ? null : qrOf(url),
    expires_at: expiresAt.toISOString(),
  }
}

function qrOf(url: string): string[] {
  return encode(url, { border: 0 }).data.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''))
}

/** A pairing that one has made; throws `not_found`. */
export async function look(options: PairingOptions, identity: Identity, id: string): Promise<PairingView> {
  const { tenant } = identity
  const pairing = await loadPairing(tenant, options.database.as(tenant), id)
  return viewOf(own(pairing, identity), options.now())
}

/**
 * The words are the same on both sides: the device is paired. Throws `expired` when that comes too late, `conflict` when
 * it was decided already, when other words were compared, or when the key was paired meanwhile.
 */
export async function confirm(
  options: PairingOptions,
  identity: Identity,
  id: string,
  phrase: string,
): Promise<PairingView> {
  const { tenant } = identity
  return options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const pairing = own(await lockPairing(tenant, transaction, { id }), identity)
      refuseUnless(pairing, ['compare'], options.now())
      if (phrase !== pairing.phrase)
        throw new CastellanError('conflict', 'Other words were compared than these. Nothing was paired.')
      await admit(options, identity, { transaction, pairing })
      return viewOf({ ...pairing, state: 'paired' }, options.now())
    })
}

async function admit(
  { now, record, raise }: PairingOptions,
  { tenant, person: madeBy, principal }: Identity,
  { transaction, pairing }: { transaction: Handle; pairing: Pairing },
): Promise<void> {
  const { id, person, device, name } = pairing
  if (device === null) throw new TypeError('words without a device')
  const deviceId = randomUUID()
  const called = name ?? device.name
  const added = { ...device, id: deviceId, person, name: called, at: new Date(now()) }
  if (!(await saveDevice(tenant, transaction, added)))
    throw new CastellanError('conflict', 'A device with this key was paired before. Nothing was paired.')
  await endPairing(tenant, transaction, id, { state: 'paired', deviceId })
  const { kind, thumbprint, address } = device
  const facts = { device: deviceId, person, name: called, kind, thumbprint, address }
  await record(transaction, tenant, { kind: 'device.paired', facts }, principal)
  if (person === madeBy) return
  const sentence = 'The owner paired a device that acts as you. If you do not know it, revoke it.'
  await raise(transaction, tenant, { kind: 'pairing.for_you', sentence, facts: { name: called } }, person)
}

/** The words differ, or the pairing is called off: the code is void. After a device has come it counts as a failure. */
export async function deny(options: PairingOptions, identity: Identity, id: string): Promise<PairingView> {
  const { tenant } = identity
  const denied = await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const pairing = own(await lockPairing(tenant, transaction, { id }), identity)
      refuseUnless(pairing, ['open', 'compare'], options.now())
      await endPairing(tenant, transaction, id, { state: 'denied' })
      const compared = pairing.state === 'compare'
      const facts = { pairing: id, compared, address: pairing.device?.address ?? null }
      await options.record(transaction, tenant, { kind: 'device.denied', facts }, identity.principal)
      if (compared) await warn(options, tenant, transaction, pairing)
      return pairing
    })
  if (denied.device !== null) await countFailure(options, deviceSender(denied.device.address), tenant)
  return viewOf({ ...denied, state: 'denied' }, options.now())
}

function warn({ raise }: PairingOptions, tenant: Tenant, transaction: Handle, { device }: Pairing) {
  const sentence =
    'A pairing was refused because the words differed: someone may have stood between the device and this house. Nothing was paired.'
  const facts = { device: device?.name ?? '', address: device?.address ?? '' }
  return raise(transaction, tenant, { kind: 'pairing.mismatch', sentence, facts }, null)
}

function own(pairing: Pairing | undefined, { person }: Identity): Pairing {
  if (pairing !== undefined && pairing.madeBy === person) return pairing
  throw new CastellanError('not_found', 'There is no such pairing.')
}

function refuseUnless(pairing: Pairing, states: readonly Pairing['state'][], now: number): void {
  const state = stateOf(pairing, now)
  if (state === 'expired') {
    throw new CastellanError('expired', 'The pairing ran out of time. Nothing was paired.', {
      hint: 'make a new code',
    })
  }
  if (states.some((each) => each === state)) return
  const why = state === 'open' ? 'No device has come with the code yet.' : `The pairing is already ${state}.`
  throw new CastellanError('conflict', why)
}
