/** Reading people, for those who mint tokens in their name. */
import type { PersonRole } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'

/** Who may come in, the owner first. */
export async function loadPeople(
  tenant: Tenant,
  handle: Handle,
): Promise<{ id: string; role: PersonRole; name: string; emailKey: string | null }[]> {
  const rows = await handle
    .selectFrom('castellan.people')
    .select(['id', 'role', 'name', 'email_key'])
    .where('tenant_id', '=', tenant)
    .where('disabled_at', 'is', null)
    .orderBy((eb) => eb.case().when('role', '=', 'owner').then(0).else(1).end())
    .orderBy('created_at')
    .execute()
  return rows.map(({ email_key: emailKey, ...row }) => ({ ...row, emailKey }))
}
