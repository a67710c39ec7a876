/**
 * Limits as the rest of the house uses them. In front of the database stands a guard in memory that can only refuse: a
 * key that has to wait is told so from here until its time has come, and of one key one call at a time goes to the
 * database, so that a flood does not become a flood of SQL.
 */
import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { refusalGuard } from './guard.ts'
import * as store from './store.ts'
import type { Limits, Rate } from './types.ts'

export interface LimitsOptions {
  readonly pool: Pool
  /** The present in milliseconds, for tests; without it the database's clock decides. */
  readonly now?: () => number
}

/** Opens the limits over a pool of the serving role. */
export function openLimits({ pool, now }: LimitsOptions): Limits {
  const guard = refusalGuard(now ?? (() => performance.now()))
  const refused = new Map<string, number>()
  const present = () => (now === undefined ? null : new Date(now()))
  const count = (name: string) => refused.set(name, (refused.get(name) ?? 0) + 1)
  return {
    async take(name, key, rate) {
      requireName(name)
      requireRate(rate)
      const hash = hashOf(key)
      const id = `${name} ${rate.perMinute} ${rate.burst} ${hash.toString('base64')}`
      const waitMs = await guard(id, () => store.takeTurn(pool, name, hash, rate, present()))
      if (waitMs > 0) count(name)
      return waitMs
    },
    async reserve(name, key, rule) {
      requireName(name)
      const { failures, refusedUntil, waitMs } = await store.reserveAttempt(
        pool,
        name,
        hashOf(key),
        rule,
        present(),
      )
      if (refusedUntil === null) return { count: failures }
      count(name)
      return { blockedUntil: refusedUntil, waitMs }
    },
    giveBack: (name, key) => store.giveBack(pool, name, hashOf(key)),
    forgive: (name, key) => store.deleteLockout(pool, name, hashOf(key)),
    prune: () => store.prune(pool, present()),
    refusals: () => refused,
  }
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

function requireName(name: string): void {
  if (!/^[a-z][a-z0-9.-]{0,39}$/.test(name)) throw new TypeError(`${name} is no name of a limit`)
}

function requireRate({ perMinute, burst }: Rate): void {
  if (!(perMinute > 0) || !(burst >= 0)) throw new TypeError('a rate lets something through')
}
