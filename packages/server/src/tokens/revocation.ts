/** An app gives its tokens back (RFC 7009): the family ends. An unknown token is no failure, so that nothing is learnt. */
import { principalOf } from '../http/env.ts'
import type { Parts } from './families.ts'
import * as store from './family-store.ts'
import { record } from './record.ts'
import { hasForm, hashOfValue } from './value.ts'

/** Ends the family of a refresh token, used or not, or of an access token, when the app that asks is the one it is for. */
export async function revoke(parts: Parts, token: string, client: string | undefined): Promise<void> {
  const { database, now } = parts.options
  const place = hasForm('csr_', token)
    ? await ofRefresh(parts, hashOfValue(token))
    : await parts.access.verify(token)
  if (place === undefined || client === undefined) return
  const { tenant, family } = place
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const found = await store.lockFamily(tenant, transaction, family)
      if (found === undefined || found.client !== client) return
      const end = { at: new Date(now()), why: 'signed_out' } as const
      const [ended] = await store.endFamilies(tenant, transaction, { id: family }, end)
      if (ended === undefined) return
      const by = principalOf(found.person, found.personRole)
      await record(transaction, tenant, { kind: 'family_ended', family, why: 'signed_out' }, by)
    })
  parts.alive.forget()
}

async function ofRefresh({ options }: Parts, hash: Buffer) {
  const { database, home } = options
  const tenant = await store.tenantOfRefresh(database.as(home), hash)
  if (tenant === undefined) return undefined
  const family = await store.familyOfRefresh(tenant, database.as(tenant), hash)
  return family === undefined ? undefined : { tenant, family }
}
