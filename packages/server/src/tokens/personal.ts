/** Personal tokens: made by a person for a script, with scopes, shown once, listed with their last use, ended at once. */
import { randomUUID } from 'node:crypto'
import {
  CastellanError,
  type NewPersonalToken,
  type NewPersonalTokenRequest,
  type PersonalTokenView,
} from '@castellan/contracts'
import type * as z from 'zod'
import { type Identity, principalOf } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import { record } from './record.ts'
import * as store from './store.ts'
import type { TokenOptions, Who } from './types.ts'
import { hasForm, hashOfValue, newValue } from './value.ts'

/** Live tokens that one person may have. */
export const mostPersonal = 50
const touchedEveryMs = 60_000

/** Makes one. The caller has seen to it that the person has just shown who they are. */
export async function makePersonal(
  { database, now }: TokenOptions,
  { tenant, person, principal }: Identity,
  asked: z.infer<typeof NewPersonalTokenRequest>,
): Promise<NewPersonalToken> {
  const value = newValue('csp_')
  const createdAt = new Date(now())
  const token: store.StoredPersonal = {
    id: randomUUID(),
    name: asked.name,
    scopes: asked.scopes,
    createdAt,
    expiresAt: asked.days === undefined ? null : new Date(createdAt.getTime() + asked.days * 86_400_000),
    lastUsedAt: null,
    lastAddress: null,
  }
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = { ...token, person, hash: hashOfValue(value), most: mostPersonal }
      if (!(await store.savePersonal(tenant, transaction, row))) throw tooMany()
      const { id, name, scopes } = token
      await record(transaction, tenant, { kind: 'personal_made', token: id, name, scopes }, principal)
    })
  return { token: value, view: viewOf(token) }
}

/** The sender's own, newest first. */
export async function listPersonal(
  { database, now }: TokenOptions,
  { tenant, person }: Who,
): Promise<PersonalTokenView[]> {
  const tokens = await store.loadPersonal(tenant, database.as(tenant), person, new Date(now()))
  return tokens.map(viewOf)
}

/** Revokes one of the sender's own; throws `not_found` when it is none of theirs. */
export async function revokePersonal(
  { database, now }: TokenOptions,
  { tenant, person, principal }: Identity,
  id: string,
): Promise<void> {
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const by = { person, id, at: new Date(now()) }
      const [revoked] = await store.revokePersonal(tenant, transaction, by)
      if (revoked === undefined) {
        throw new CastellanError('not_found', 'There is no such token, or it was revoked already.')
      }
      await record(transaction, tenant, { kind: 'personal_revoked', token: id }, principal)
    })
}

/** Who sends a personal token; undefined for every other text. Asked of the database each time, so an end is at once. */
export async function identifyPersonal(
  { database, home, now }: TokenOptions,
  value: string,
  claim: Pick<Claim, 'address'>,
): Promise<Identity | undefined> {
  if (!hasForm('csp_', value)) return undefined
  const hash = hashOfValue(value)
  const tenant = await store.tenantOfPersonal(database.as(home), hash)
  if (tenant === undefined) return undefined
  const at = new Date(now())
  const found = await store.loadBearer(tenant, database.as(tenant), hash, at)
  if (found === undefined) return undefined
  if (found.lastUsedAt === null || at.getTime() - found.lastUsedAt.getTime() >= touchedEveryMs) {
    await store.touchPersonal(tenant, database.as(tenant), found.id, { at, address: claim.address })
  }
  const { person, role, scopes } = found
  return { tenant, person, role, principal: principalOf(person, role), via: 'personal-token', scopes }
}

const viewOf = (token: store.StoredPersonal): PersonalTokenView => ({
  id: token.id,
  name: token.name,
  scopes: [...token.scopes],
  created_at: token.createdAt.toISOString(),
  expires_at: token.expiresAt?.toISOString() ?? null,
  last_used_at: token.lastUsedAt?.toISOString() ?? null,
  last_address: token.lastAddress,
})

function tooMany(): CastellanError {
  return new CastellanError('conflict', `A person can have ${mostPersonal} tokens. None was made.`, {
    hint: 'revoke one that is no longer used',
  })
}
