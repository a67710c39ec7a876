/**
 * Guessing at codes: every attempt is counted before it is looked at, recorded with its outcome, and the failure that
 * closes the door raises the one alert of that window.
 */
import { createHmac } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import type { LockRule } from '../limits/index.ts'
import { saveAttempt } from './store.ts'
import type { PairingOptions } from './types.ts'

/** Ten failures in a quarter of an hour (DESIGN §8) … */
export const senderRule: LockRule = Object.freeze({ failures: 10, windowMs: 900_000, blockMs: 900_000 })
/** … and however many senders there are, so many together: of 25^9 codes that is nothing. */
export const totalRule: LockRule = Object.freeze({ failures: 500, windowMs: 900_000, blockMs: 900_000 })

/** Who tries, and by what way. */
export interface Sender {
  readonly way: 'device' | 'account'
  /** What is counted: `limiterKey(address)`, or channel and account. */
  readonly key: string
  /** What all senders of this way are counted under. */
  readonly total: string
  /** For alerts and the ledger; foreign for an account. */
  readonly shown: string
}

/** An attempt that is counted as failed until it is said to have been right. */
export interface Attempt {
  /** In the transaction of what it did. */
  succeeded(transaction: Handle, tenant: Tenant, outcome: string): Promise<void>
  /** After that transaction: this one counts no more. Those before it do, or whoever has a code could guess at others'. */
  takeBack(): Promise<void>
  /** Records the failure, and raises the alert when it was the last of the window. */
  failed(tenant: Tenant, outcome: string): Promise<void>
}

/** Counts an attempt. Throws `too_many_attempts` while the sender, or everybody, has to wait. */
export async function beginAttempt(options: PairingOptions, sender: Sender): Promise<Attempt> {
  const { limits, home } = options
  const name = `pair-${sender.way}`
  const own = await limits.reserve(name, sender.key, senderRule)
  if ('blockedUntil' in own) {
    await note(options, options.database.as(home), home, sender, 'blocked')
    throw tooMany(own.waitMs, 'this sender')
  }
  const all = await limits.reserve(`${name}-total`, sender.total, totalRule)
  if ('blockedUntil' in all) throw tooMany(all.waitMs, 'all senders together')
  return {
    succeeded: (transaction, tenant, outcome) => note(options, transaction, tenant, sender, outcome),
    async takeBack() {
      await limits.giveBack(name, sender.key)
      await limits.giveBack(`${name}-total`, sender.total)
    },
    failed: (tenant, outcome) => fail(options, sender, { tenant, outcome, own: own.count, all: all.count }),
  }
}

/** Counts a failure that shows only later: the words differed. */
export async function countFailure(options: PairingOptions, sender: Sender, tenant: Tenant): Promise<void> {
  const own = await options.limits.reserve(`pair-${sender.way}`, sender.key, senderRule)
  if ('count' in own) await fail(options, sender, { tenant, outcome: 'denied', own: own.count, all: 0 })
}

async function fail(
  options: PairingOptions,
  sender: Sender,
  { tenant, outcome, own, all }: { tenant: Tenant; outcome: string; own: number; all: number },
): Promise<void> {
  const { database, home, raise, record } = options
  const inTenant = database.as(tenant).transaction()
  await inTenant.execute(async (transaction) => {
    await note(options, transaction, tenant, sender, outcome)
    const facts = { outcome, from: sender.shown }
    await record(transaction, tenant, { kind: `${sender.way}.attempt`, facts })
  })
  const closed = own === senderRule.failures
  if (!closed && all !== totalRule.failures) return
  await database
    .as(home)
    .transaction()
    .execute((transaction) => raise(transaction, home, closed ? blocked(sender) : allBlocked(sender), null))
}

function blocked({ way, shown }: Sender) {
  const who = way === 'device' ? 'One address' : 'One chat account'
  return {
    kind: 'pairing.blocked',
    sentence: `${who} tried ten wrong pairing codes and has to wait for 15 minutes. Nothing was paired.`,
    facts: { from: shown },
  }
}

function allBlocked({ way, total }: Sender) {
  const what = way === 'device' ? 'Pairing of devices' : 'Pairing of chat accounts'
  return {
    kind: 'pairing.flooded',
    sentence: `${what} is closed for 15 minutes, because many senders tried wrong codes. Nothing was paired.`,
    facts: { where: total },
  }
}

function note(options: PairingOptions, handle: Handle, tenant: Tenant, sender: Sender, outcome: string) {
  const key = createHmac('sha256', options.root).update(`sender ${sender.way} ${sender.key}`).digest()
  const attempt = { at: new Date(options.now()), sender: key, way: sender.way, outcome }
  return saveAttempt(tenant, handle, attempt)
}

function tooMany(waitMs: number, who: string): CastellanError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000))
  const message = `Too many wrong pairing codes came from ${who}. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`
  return new CastellanError('too_many_attempts', message, { details: { retryAfterMs: Math.max(1, waitMs) } })
}
