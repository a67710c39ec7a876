/** Managing the people of one's tenant: seeing them, giving roles, closing and removing accounts, ending their sessions. */
import { CastellanError, type PersonPatch, type PersonView, type SessionView } from '@castellan/contracts'
import type { Selectable } from 'kysely'
import * as z from 'zod'
import type { Handle, PersonId, Schema, Tenant } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import * as store from './store.ts'
import type { PeopleEvent, PeopleOptions } from './types.ts'

type Row = Omit<Selectable<Schema['castellan.people']>, 'tenant_id' | 'password' | 'email_key'>

/** The people of the asker's tenant. */
export async function listPeople({ database }: PeopleOptions, who: Identity): Promise<PersonView[]> {
  const rows = await store.loadPeople(who.tenant, database.as(who.tenant))
  return rows.map((row) => viewOf(row, who))
}

/** Changes a role or closes an account, at once. Needs a fresh factor; rejects with `refused` for an owner. */
export async function changePerson(
  options: PeopleOptions,
  who: Identity,
  id: string,
  { role, disabled }: PersonPatch,
): Promise<PersonView> {
  await options.requireFresh(who)
  return withOther(options, who, id, async (transaction, person, { role: from, name, disabled_at }) => {
    const { tenant, principal } = who
    const note = (event: PeopleEvent) => options.record(transaction, tenant, event, principal)
    if (disabled !== undefined && disabled !== (disabled_at !== null)) {
      const at = new Date(options.now())
      await store.savePerson(tenant, transaction, person, { disabled_at: disabled ? at : null })
      if (disabled) await endAll(options, transaction, { tenant, person }, who)
      await note({ kind: disabled ? 'person_disabled' : 'person_enabled', person, name })
    }
    if (role !== undefined && role !== from) {
      await store.savePerson(tenant, transaction, person, { role })
      await note({ kind: 'role_changed', person, from, to: role })
    }
    const after = await store.lockPerson(tenant, transaction, person)
    if (after === undefined) throw gone()
    return viewOf(after, who)
  })
}

/** Removes a person with their sessions, tokens and devices. Needs a fresh factor; an owner is not removed. */
export async function removePerson(options: PeopleOptions, who: Identity, id: string): Promise<void> {
  await options.requireFresh(who)
  await withOther(options, who, id, async (transaction, person, { name }) => {
    await endAll(options, transaction, { tenant: who.tenant, person }, who)
    await store.deletePerson(who.tenant, transaction, person)
    const event = { kind: 'person_removed', person, name } as const
    await options.record(transaction, who.tenant, event, who.principal)
  })
}

/** Where somebody of the asker's tenant is signed in. */
export async function sessionsOf(options: PeopleOptions, who: Identity, id: string): Promise<SessionView[]> {
  const person = await known(options, who.tenant, id)
  return options.identity.sessions.list({ tenant: who.tenant, person }, who.sessionId)
}

/** Ends a session of somebody of the asker's tenant. Needs a fresh factor. */
export async function endSessionOf(
  options: PeopleOptions,
  who: Identity,
  { id, session }: { id: string; session: string },
): Promise<void> {
  await options.requireFresh(who)
  const person = await known(options, who.tenant, id)
  if (!z.uuid().safeParse(session).success)
    throw new CastellanError('not_found', 'There is no such session, or it has ended already.')
  const reason = { why: 'revoked', by: who.principal } as const
  await options.identity.sessions.end({ tenant: who.tenant, person }, session, reason)
}

/** Ends all sessions, tokens and devices of a person, in the caller's transaction. */
export async function endAll(
  { identity, endAccess }: PeopleOptions,
  transaction: Handle,
  who: Who,
  { principal }: Pick<Identity, 'principal'>,
  why: 'disabled' | 'recovered' | 'email_taken_back' | 'proofs_reset' = 'disabled',
): Promise<void> {
  await identity.sessions.endAll(transaction, who, { why, by: principal })
  for (const end of endAccess) await end(transaction, who)
}

type Locked = NonNullable<Awaited<ReturnType<typeof store.lockPerson>>>

/** Runs something for somebody of the tenant who is not its owner. */
async function withOther<T>(
  { database }: PeopleOptions,
  { tenant }: Who,
  id: string,
  work: (transaction: Handle, person: PersonId, row: Locked) => Promise<T>,
): Promise<T> {
  const person = store.asPerson(id)
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const row = await store.lockPerson(tenant, transaction, person)
      if (row === undefined) throw gone()
      if (row.role === 'owner') throw ownerStays()
      return work(transaction, person, row)
    })
}

async function known({ database }: PeopleOptions, tenant: Tenant, id: string): Promise<PersonId> {
  const people = await store.loadPeople(tenant, database.as(tenant))
  if (!people.some((person) => person.id === id)) throw gone()
  return id as PersonId
}

function viewOf(row: Row, who: Identity): PersonView {
  return {
    ...{ id: row.id, role: row.role, name: row.name, email: row.email },
    email_verified: row.email_verified_at !== null,
    disabled: row.disabled_at !== null,
    you: row.id === who.person,
    created_at: row.created_at.toISOString(),
    last_signed_in_at: row.last_signed_in_at?.toISOString() ?? null,
  }
}

function gone(): CastellanError {
  return new CastellanError('not_found', 'There is no such person here.')
}

function ownerStays(): CastellanError {
  return new CastellanError(
    'refused',
    'The owner can be neither removed, nor disabled, nor given another role. Nothing was changed.',
    { hint: 'handing a house over to somebody else is not offered yet' },
  )
}
