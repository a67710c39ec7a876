/**
 * Whether the family and the person behind a valid access token still stand, asked of the database and remembered for two
 * seconds. What this process ends is forgotten at once; another process notices within those two seconds.
 */
import type { PersonRole } from '@castellan/contracts'
import type { Database } from '../database/index.ts'
import type { Grant } from './claims.ts'
import * as store from './family-store.ts'
import { lowerOf } from './roles.ts'

const rememberedMs = 2_000
const maxRemembered = 10_000
/** Longer than such a transaction takes; if it comes to nothing, the families are refused for so long. */
const barredMs = 10_000

/** The liveness of families. */
export interface Alive {
  /** What a grant's bearer may act as now; undefined once family or person has ended. */
  roleOf(grant: Grant): Promise<PersonRole | undefined>
  /** Forgets everything: something has ended. */
  forget(): void
  /** Refuses these families from now on, before the transaction that ends them is through. */
  bar(families: readonly string[]): void
}

/** Asks the database. */
export function aliveness(database: Database, now: () => number): Alive {
  const remembered = new Map<
    string,
    { readonly at: number; readonly answer: Promise<PersonRole | undefined> }
  >()

  async function ask({ tenant, person, family }: Grant): Promise<PersonRole | undefined> {
    const alive = await store.loadAlive(tenant, database.as(tenant), { family, person }, new Date(now()))
    return alive === undefined ? undefined : lowerOf(alive.role, alive.familyRole)
  }

  const barred = new Map<string, number>()

  return {
    async roleOf(grant) {
      const since = barred.get(grant.family)
      if (since !== undefined && Math.abs(now() - since) < barredMs) return undefined
      const key = `${grant.tenant} ${grant.person} ${grant.family}`
      const known = remembered.get(key)
      const age = known === undefined ? rememberedMs : now() - known.at
      if (known !== undefined && age >= 0 && age < rememberedMs) return known.answer
      const answer = ask(grant)
      // Remembered before it is known: what is forgotten meanwhile stays forgotten.
      remembered.delete(key)
      remembered.set(key, { at: now(), answer })
      answer.catch(() => remembered.delete(key))
      const [oldest] = remembered.keys()
      if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
      return answer
    },
    forget: () => remembered.clear(),
    bar(families) {
      for (const [family, since] of barred) if (Math.abs(now() - since) >= barredMs) barred.delete(family)
      for (const family of families) barred.set(family, now())
    },
  }
}
