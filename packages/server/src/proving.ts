/** Part of the composition: how people prove who they are beyond a password, and what it stands on. */
import { raise } from './alerts/index.ts'
import type { Handle, PersonId, Tenant } from './database/index.ts'
import { type FactorOptions, type Factors, makeFactors } from './factors/index.ts'
import type { Foundation } from './foundation.ts'
import { principalOf } from './http/index.ts'
import type { Instance } from './instance/index.ts'
import { recorder } from './record.ts'

/** Factors, and what their doors are made from. */
export interface Proving extends Factors {
  readonly options: FactorOptions
}

/** Puts factors together; identity, which is made after them, checks passwords. */
export function openProving(
  instance: Instance,
  { tenant, database, listener, vault, limits }: Foundation,
  checkPassword: FactorOptions['checkPassword'],
): Proving {
  const { factor } = recorder(tenant)
  const options: FactorOptions = {
    ...{ database, tenant, vault, limits, raise, checkPassword },
    instance: instance.name,
    url: listener.url,
    record: async (handle, of, { kind, ...facts }) =>
      factor(handle, of, `identity.${kind}`, facts, await deedOf(handle, of, facts.person)),
    now: Date.now,
  }
  return { ...makeFactors(options), options }
}

async function deedOf(handle: Handle, tenant: Tenant, person: PersonId) {
  const query = handle.selectFrom('castellan.people').select('role').where('tenant_id', '=', tenant)
  const { role } = await query.where('id', '=', person).executeTakeFirstOrThrow()
  return principalOf(person, role)
}
