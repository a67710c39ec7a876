/** Families: begun by a sign-in of an app or by minting, listed with a person, ended at once with all their tokens. */
import { randomUUID } from 'node:crypto'
import { CastellanError, type GrantView, type PersonRole, type Scope } from '@castellan/contracts'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import { principalOf } from '../http/env.ts'
import type { AccessTokens } from './access.ts'
import type { Alive } from './alive.ts'
import { prune } from './code-store.ts'
import * as store from './family-store.ts'
import { record } from './record.ts'
import type { Arrival, TokenOptions, Who, WhyEnded } from './types.ts'

/** What everything about tokens is done with. */
export interface Parts {
  readonly options: TokenOptions
  readonly access: AccessTokens
  readonly alive: Alive
}

/** A refresh token lives so long unused … */
export const slidingMs = 30 * 86_400_000
/** … and its family so long at most, however often it is refreshed. */
export const absoluteMs = 180 * 86_400_000
const keptMs = 30 * 86_400_000
const userAgentCharacters = 200

/** What a new family is given. */
export interface NewFamily extends Arrival {
  readonly person: PersonId
  readonly role: PersonRole
  /** Null when it is minted for a test. */
  readonly client: string | null
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: Date
}

/** Begins a family in the caller's transaction. */
export async function beginFamily(
  { options }: Parts,
  tenant: Tenant,
  transaction: Handle,
  family: NewFamily,
): Promise<string> {
  const at = new Date(options.now())
  const id = randomUUID()
  await prune(tenant, transaction, new Date(at.getTime() - keptMs))
  const userAgent = shownAgent(family.userAgent)
  const times = { createdAt: at, lastUsedAt: at, endedAt: null }
  await store.saveFamily(tenant, transaction, { ...family, ...times, id, userAgent })
  return id
}

/** A foreign line of any length, as a table can hold it. */
export const shownAgent = (userAgent: string): string =>
  userAgent.slice(0, userAgentCharacters).toWellFormed()

/** The sender's apps, newest first. */
export async function listFamilies({ options }: Parts, { tenant, person }: Who): Promise<GrantView[]> {
  const { database, now } = options
  const families = await store.loadFamilies(tenant, database.as(tenant), person, new Date(now()))
  return families.map((family) => ({
    id: family.id,
    name: family.name,
    ...(family.client === null ? {} : { client: family.client }),
    scopes: [...family.scopes],
    created_at: family.createdAt.toISOString(),
    last_used_at: family.lastUsedAt.toISOString(),
    expires_at: family.expiresAt.toISOString(),
    address: family.address,
    user_agent: family.userAgent,
  }))
}

/** Ends one of the sender's families; throws `not_found` when it is none of theirs or has ended. */
export async function endFamily(parts: Parts, who: Who & { principal: string }, id: string): Promise<void> {
  const { tenant, person, principal } = who
  const { database, now } = parts.options
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const end = { at: new Date(now()), why: 'revoked' } as const
      const [ended] = await store.endFamilies(tenant, transaction, { id, person }, end)
      if (ended === undefined) {
        throw new CastellanError('not_found', 'No such app is signed in, or it has been signed out already.')
      }
      await record(transaction, tenant, { kind: 'family_ended', family: id, why: 'revoked' }, principal)
    })
  parts.alive.forget()
}

/** Ends a family in the caller's transaction, for what its tokens were used for; false when it had ended. `forget` after the commit. */
export async function endInDoubt(
  parts: Parts,
  transaction: Handle,
  at: { tenant: Tenant; person: PersonId; role: PersonRole; family: string },
  why: Extract<WhyEnded, 'reuse' | 'code_reuse'>,
): Promise<boolean> {
  const end = { at: new Date(parts.options.now()), why }
  const ended = await store.endFamilies(at.tenant, transaction, { id: at.family }, end)
  if (ended.length === 0) return false
  const event = { kind: 'family_ended', family: at.family, why } as const
  await record(transaction, at.tenant, event, principalOf(at.person, at.role))
  return true
}
