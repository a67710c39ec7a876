/** What a device does with a code: ask for the house's commitment, spend the code with its keys, wait for the person. */
import { setTimeout as wait } from 'node:timers/promises'
import {
  CastellanError,
  type Hello,
  type PairingStatus,
  type Redeemed,
  type RedeemRequest,
} from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import { limiterKey } from '../limits/index.ts'
import { type Attempt, beginAttempt, type Sender } from './attempts.ts'
import { digestOfCode, hashOfCode, parseCode } from './code.ts'
import { isKnownKey } from './device-store.ts'
import { type HouseKeys, houseKeys, isSignedBy, thumbprintOf } from './keys.ts'
import { commitmentOf, phraseOf, redeemText } from './phrase.ts'
import { endPairing, loadPairing, lockPairing, saveCandidate, tenantOf } from './store.ts'
import { compareMs, type Pairing, type PairingOptions } from './types.ts'
import { stateOf } from './view.ts'

/** Where a device's request came from, and the origin it was sent to. */
export interface Arrival {
  readonly address: string
  readonly server: string
}

/** Who tries a device's code from an address. */
export function deviceSender(address: string): Sender {
  const key = limiterKey(address)
  return { way: 'device', key, total: 'devices', shown: key }
}

type Refusal = 'wrong' | 'expired' | 'spent' | 'swapped' | 'unproven' | 'known_key'

/** A code that may still be spent. */
interface Live {
  readonly tenant: Tenant
  readonly pairing: Pairing
  readonly code: string
  readonly house: HouseKeys
}

/** Why not. */
interface Refused {
  readonly tenant: Tenant
  readonly refusal: Refusal
  readonly pairing?: Pairing
}

/** The commitment for a device that has typed the code; nothing is spent. Throws as `redeem` does. */
export async function hello(options: PairingOptions, text: string, address: string): Promise<Hello> {
  const attempt = await beginAttempt(options, deviceSender(address))
  const found = await withCode(options, text, async (transaction, found) => {
    await attempt.succeeded(transaction, found.tenant, 'hello')
    return found
  })
  if ('refusal' in found) return refuse(options, attempt, found)
  await attempt.takeBack()
  const { pairing, house } = found
  const expires_at = pairing.codeExpiresAt.toISOString()
  return { pairing: pairing.id, commitment: commitmentOf(house), expires_at }
}

/**
 * Spends a code with a device's keys, once. Throws `wrong_code`, `expired` (410), `conflict` for a code or key that was
 * used already, `refused` for a commitment that is not ours, `too_many_attempts`.
 */
export async function redeem(
  options: PairingOptions,
  request: RedeemRequest,
  arrival: Arrival,
): Promise<Redeemed> {
  const attempt = await beginAttempt(options, deviceSender(arrival.address))
  const done = await withCode(options, request.code, async (transaction, found) => {
    const refusal = await objection(transaction, found, request, arrival)
    // The code has been in the hands of whoever gave the device another house's key.
    if (refusal === 'swapped')
      await endPairing(found.tenant, transaction, found.pairing.id, { state: 'denied' })
    if (refusal !== undefined)
      return { tenant: found.tenant, refusal, pairing: found.pairing } satisfies Refused
    return spend(options, attempt, { transaction, found, request, arrival })
  })
  if ('refusal' in done) return refuse(options, attempt, done)
  await attempt.takeBack()
  return done
}

async function withCode<T>(
  options: PairingOptions,
  text: string,
  work: (transaction: Handle, found: Live) => Promise<T>,
): Promise<T | Refused> {
  const { database, home, root, now } = options
  const code = parseCode(text)
  const codeHash = code === undefined ? undefined : hashOfCode(root, code)
  const tenant = codeHash && (await tenantOf(database, 'code', codeHash))
  if (code === undefined || codeHash === undefined || tenant === undefined)
    return { tenant: home, refusal: 'wrong' }
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const pairing = await lockPairing(tenant, transaction, { codeHash })
      // Of a chat account's code no device is told that it exists.
      if (pairing === undefined || pairing.channel !== null) return { tenant: home, refusal: 'wrong' }
      if (pairing.codeExpiresAt.getTime() <= now()) return { tenant, refusal: 'expired', pairing }
      if (pairing.spentAt !== null) return { tenant, refusal: 'spent', pairing }
      if (pairing.state !== 'open') return { tenant, refusal: 'expired', pairing }
      return work(transaction, { tenant, pairing, code, house: houseKeys(root, pairing.id) })
    })
}

async function objection(
  transaction: Handle,
  { house, code }: Live,
  request: RedeemRequest,
  { server }: Arrival,
): Promise<Refusal | undefined> {
  if (request.commitment !== commitmentOf(house)) return 'swapped'
  const { proof, commitment } = request
  const text = redeemText({ server, code: digestOfCode(code), commitment, device: request })
  if (!isSignedBy(request.key, text, proof) || house.agree(request.agreement) === undefined) return 'unproven'
  return (await isKnownKey(transaction, thumbprintOf(request.key))) ? 'known_key' : undefined
}

async function spend(
  options: PairingOptions,
  attempt: Attempt,
  given: {
    transaction: Handle
    found: Live
    request: RedeemRequest
    arrival: Arrival
  },
): Promise<Redeemed> {
  const { transaction, found, request, arrival } = given
  const { tenant, pairing, code, house } = found
  const { name, kind, key, commitment, agreement } = request
  const shared = house.agree(agreement)
  if (shared === undefined) throw new TypeError('the key was looked at before')
  const phrase = phraseOf(shared, {
    ...{ server: arrival.server, code: digestOfCode(code), commitment, device: request, house },
  })
  const at = new Date(options.now())
  const expiresAt = new Date(at.getTime() + compareMs)
  const thumbprint = thumbprintOf(key)
  const device = { name, kind, key, thumbprint, address: arrival.address }
  await saveCandidate(tenant, transaction, pairing.id, { device, phrase, at, expiresAt })
  await attempt.succeeded(transaction, tenant, 'redeemed')
  const facts = { pairing: pairing.id, name, kind, thumbprint, address: arrival.address }
  await options.record(transaction, tenant, { kind: 'device.redeemed', facts })
  const opening = { pairing: pairing.id, agreement: house.agreement, nonce: house.nonce }
  return { ...opening, expires_at: expiresAt.toISOString() }
}

/** Records what failed, tells whom it concerns, and says so. */
async function refuse(
  options: PairingOptions,
  attempt: Attempt,
  { tenant, refusal, pairing }: Refused,
): Promise<never> {
  await attempt.failed(tenant, refusal)
  if (pairing !== undefined && (refusal === 'spent' || refusal === 'swapped'))
    await options.database
      .as(tenant)
      .transaction()
      .execute((transaction) => options.raise(transaction, tenant, alerts[refusal], pairing.madeBy))
  const [code, message] = refusals[refusal]
  throw new CastellanError(code, message, { hint: 'make a new code on the page, or by castellan pair' })
}

const alerts = {
  spent: {
    kind: 'pairing.second',
    sentence:
      'Two devices came with one pairing code. The second got nothing; compare the words of the first with care.',
    facts: {},
  },
  swapped: {
    kind: 'pairing.swapped',
    sentence:
      'A device came with a pairing code and another house’s key: someone may stand between it and this house. It got nothing.',
    facts: {},
  },
} as const

const refusals = {
  wrong: ['wrong_code', 'This code is not known here. Nothing was paired.'],
  expired: ['expired', 'This code has run out. Nothing was paired.'],
  spent: ['conflict', 'This code was used already. Nothing was paired.'],
  swapped: ['refused', 'The key that came with the code is not this house’s. Nothing was paired.'],
  unproven: ['bad_request', 'The device did not prove that its keys are its own. Nothing was paired.'],
  known_key: ['conflict', 'A device with this key was paired before. Make a new key.'],
} as const

/** Where a pairing stands, once the person has answered or 20 s have passed. Throws `not_found`. */
export async function status(
  options: PairingOptions,
  id: string,
  signal?: AbortSignal,
): Promise<PairingStatus> {
  const { database, now, statusMs = 20_000 } = options
  const tenant = await tenantOf(database, 'pairing', id)
  const until = performance.now() + statusMs
  for (;;) {
    const pairing = tenant && (await loadPairing(tenant, database.as(tenant), id))
    // Before a device has come there is nothing that one could ask about.
    if (pairing === undefined || pairing.spentAt === null || pairing.channel !== null)
      throw new CastellanError('not_found', 'There is no such pairing.')
    const state = stateOf(pairing, now())
    if (state !== 'compare' || performance.now() >= until || signal?.aborted === true)
      return { state, device: state === 'paired' ? pairing.deviceId : null }
    await wait(500)
  }
}
