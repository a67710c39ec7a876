/**
 * An access token for a test, made by the owner at the machine itself: as any person of the instance, perhaps in a lower
 * role. It is a family without refresh token, so it is listed with that person and can be ended before its time.
 */
import { scopes as allScopes, CastellanError, type Minted, type MintRequest } from '@castellan/contracts'
import { homeTenant, type PersonId, type Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import { beginFamily, type Parts } from './families.ts'
import { loadPeople } from './people-store.ts'
import { record } from './record.ts'
import { lowerOf } from './roles.ts'
import type { Arrival } from './types.ts'

/** Mints one. Throws `refused` for anybody but the command line, `not_found` for a person there is not. */
export async function mint(
  parts: Parts,
  { via, principal }: Identity,
  asked: MintRequest,
  arrival: Arrival,
): Promise<Minted> {
  if (via !== 'local-token') {
    throw new CastellanError('refused', 'Only the command line on this machine mints tokens for tests.')
  }
  const { options } = parts
  const found = await findPerson(parts, asked)
  const role = lowerOf(found.role, asked.role ?? found.role)
  if (asked.role !== undefined && role !== asked.role) {
    throw new CastellanError(
      'bad_request',
      `${found.name} is ${found.role}, so no token can be ${asked.role}.`,
    )
  }
  const { tenant, person } = found
  const scopes = asked.scopes ?? [...allScopes]
  const lifeMs = asked.minutes === undefined ? options.settings().accessMs : asked.minutes * 60_000
  const expiresAt = new Date(options.now() + lifeMs)
  const family = await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const made = { ...arrival, person, role, client: null, name: 'A token for a test', scopes, expiresAt }
      const id = await beginFamily(parts, tenant, transaction, made)
      const event = { kind: 'minted', family: id, person, role, scopes } as const
      await record(transaction, tenant, event, principal)
      return id
    })
  const signed = await parts.access.sign({ tenant, person, family, role, scopes }, lifeMs)
  return { token: signed.token, expires_at: signed.expiresAt.toISOString(), person, tenant, role, scopes }
}

/** The person who is meant: by id or address, else the owner of the tenant. */
async function findPerson({ options }: Parts, { person, tenant, role }: MintRequest) {
  const where = (tenant ?? homeTenant) as Tenant
  const people = await loadPeople(where, options.database.as(where))
  const named = people.find((each) => each.id === person || each.emailKey === person?.trim().toLowerCase())
  // Without a name: whoever is just that, else the owner in a lower role.
  const found = person === undefined ? (people.find((each) => each.role === role) ?? people[0]) : named
  if (found === undefined) {
    throw new CastellanError('not_found', 'There is no such person, or they were disabled.', {
      hint: 'castellan member list shows everybody; give --tenant for people of another tenant',
    })
  }
  return { tenant: where, person: found.id as PersonId, role: found.role, name: found.name }
}
