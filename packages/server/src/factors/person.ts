/** What a person is called, where their authenticator lists them. */
import type { Handle } from '../database/index.ts'
import type { Who } from '../http/env.ts'

/** The e-mail address, or the name of somebody without one. */
export async function calledBy({ tenant, person }: Who, handle: Handle): Promise<string> {
  const row = await handle
    .selectFrom('castellan.people')
    .select(['name', 'email'])
    .where('tenant_id', '=', tenant)
    .where('id', '=', person)
    .executeTakeFirstOrThrow()
  return row.email ?? row.name
}
