/** What the yes to a question is bound to; a passkey signs for it. */
import type { Database, Tenant } from '../database/index.ts'

/** Loads it; rejects when there is no such question. */
export async function loadBinding(tenant: Tenant, database: Database, id: string): Promise<string> {
  const query = database.as(tenant).selectFrom('castellan.questions').select('binding').where('id', '=', id)
  return (await query.where('tenant_id', '=', tenant).executeTakeFirstOrThrow()).binding
}
