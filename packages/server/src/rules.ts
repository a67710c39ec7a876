/** Part of the composition: the rules in force, kept with a record of every change. */
import type { AtStop, Foundation } from './foundation.ts'
import type { Instance } from './instance/index.ts'
import { type Apart, keepPolicies, lookApart, type PolicyKeeper } from './policy/index.ts'
import { recorder } from './record.ts'

/** The rules in force, and the thread that other rules are looked at in. */
export interface Rules {
  readonly keeper: PolicyKeeper
  readonly apart: Apart
}

/** Loads them. Rejects with `bad_configuration` when neither the file nor what was in force before can be used. */
export async function openRules(
  instance: Instance,
  { database, tenant }: Foundation,
  tell: (words: string) => void,
  atStop: AtStop,
): Promise<Rules> {
  const apart = lookApart()
  atStop(() => apart.close())
  const { directory, paths } = instance
  const record = recorder(tenant).policy
  const keeper = await keepPolicies({ directory, data: paths.data, database, tenant, record, apart, tell })
  return { keeper, apart }
}
