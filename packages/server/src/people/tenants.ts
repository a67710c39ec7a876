/**
 * Other tenants of the house: people with data and tokens of their own, who see nothing of the home and of whom the home
 * sees their tenant's name alone. Only the house's owner makes them.
 */
import { randomUUID } from 'node:crypto'
import { CastellanError, type MadeTenant, type ProofsReset, type TenantView } from '@castellan/contracts'
import { raise } from '../alerts/index.ts'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import * as store from './invitation-store.ts'
import { makeInvitation } from './invitations.ts'
import { handed } from './link.ts'
import { endAll } from './people.ts'
import type { Post } from './post.ts'
import { reset } from './proofs.ts'
import { makeHanded } from './recovery.ts'
import { loadPeople, lockPerson, savePerson } from './store.ts'
import type { PeopleOptions } from './types.ts'

/** The tenants besides the home. */
export async function listTenants(options: PeopleOptions): Promise<TenantView[]> {
  const { database, home } = options
  const rows = await store.loadTenants(home, database.as(home))
  return Promise.all(rows.map((row) => viewOf(options, row)))
}

/** Makes a tenant and an invitation for its owner, in one transaction. Needs a fresh factor. */
export async function makeTenant(options: PeopleOptions, who: Identity, name: string): Promise<MadeTenant> {
  await options.requireFresh(who)
  const { database, home, now, record } = options
  const id = randomUUID() as Tenant
  const at = new Date(now())
  const url = await database
    .as(home)
    .transaction()
    .execute(async (transaction) => {
      await store.addTenant(home, transaction, { id, name, at })
      await store.turnTo(id, transaction)
      const invitation = { role: 'owner', name, email: null, mailed: false, by: who.principal } as const
      const made = await makeInvitation(options, transaction, id, invitation)
      await store.turnTo(home, transaction)
      await record(transaction, home, { kind: 'tenant_made', made: id, name }, who.principal)
      return made.url
    })
  return { tenant: { id, name, state: 'invited', created_at: at.toISOString() }, link: handed(url) }
}

/** A new invitation for the owner of a tenant that has none yet; the one before is worthless. Needs a fresh factor. */
export async function inviteOwner(options: PeopleOptions, who: Identity, id: string): Promise<MadeTenant> {
  await options.requireFresh(who)
  const { database, now } = options
  const row = await known(options, id)
  const { tenant } = row
  const url = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const people = await loadPeople(tenant, transaction)
      if (people.some((person) => person.role === 'owner'))
        throw new CastellanError('conflict', 'This tenant has an owner already. Nothing was changed.')
      await store.revokeInvitations(tenant, transaction, { role: 'owner' }, new Date(now()))
      const invitation = {
        role: 'owner',
        name: row.name,
        email: null,
        mailed: false,
        by: who.principal,
      } as const
      return (await makeInvitation(options, transaction, tenant, invitation)).url
    })
  return { tenant: await viewOf(options, row), link: handed(url) }
}

/** A link for a new password of a tenant's owner, for the owner of the house to hand over. They are told of it. */
export async function handOwnerRecovery(options: PeopleOptions, who: Identity, id: string): Promise<string> {
  await options.requireFresh(who)
  const { database, home, record } = options
  const { tenant, name } = await known(options, id)
  return database
    .as(home)
    .transaction()
    .execute(async (transaction) => {
      await record(transaction, home, { kind: 'tenant_recovery_handed', of: tenant, name }, who.principal)
      await store.turnTo(tenant, transaction)
      const { id: person } = await lockOwner(tenant, transaction)
      const url = await makeHanded(options, transaction, { tenant, person }, 'system')
      const sentence =
        'The owner of the house made a link that sets a new password of yours. If you did not ask for it, talk to them.'
      await raise(transaction, tenant, { kind: 'account.link_handed', sentence, facts: {} }, person)
      return url
    })
}

/** Takes the proofs of a tenant's owner away, who lost them. They are told of it. */
export async function resetOwnersProofs(
  options: PeopleOptions,
  post: Post,
  who: Identity,
  id: string,
): Promise<ProofsReset> {
  await options.requireFresh(who)
  const { database, home, record } = options
  const { tenant, name } = await known(options, id)
  const had = await reset(
    options,
    post,
    { tenant, by: 'system', teller: 'The owner of the house' },
    (within) => lockOwner(tenant, within),
  )
  await database
    .as(home)
    .transaction()
    .execute((within) =>
      record(within, home, { kind: 'tenant_proofs_reset', of: tenant, name }, who.principal),
    )
  return had
}

/** Closes a tenant, at once and for everybody of it, or opens it again for its owner. Deletes nothing. */
export async function closeTenant(
  options: PeopleOptions,
  who: Identity,
  id: string,
  closed: boolean,
): Promise<TenantView> {
  await options.requireFresh(who)
  const { database, home, record } = options
  const row = await known(options, id)
  const { tenant, name } = row
  await database
    .as(home)
    .transaction()
    .execute(async (transaction) => {
      const kind = closed ? 'tenant_closed' : 'tenant_opened'
      await record(transaction, home, { kind, of: tenant, name }, who.principal)
      await store.turnTo(tenant, transaction)
      await (closed ? shut(options, transaction, tenant) : admit(options, transaction, tenant))
    })
  return viewOf(options, row)
}

async function shut(options: PeopleOptions, transaction: Handle, tenant: Tenant): Promise<void> {
  const { now, record } = options
  const at = new Date(now())
  await store.revokeInvitations(tenant, transaction, 'all', at)
  for (const { id, name, disabled_at } of await loadPeople(tenant, transaction)) {
    const person = id as PersonId
    await lockPerson(tenant, transaction, person)
    await endAll(options, transaction, { tenant, person }, { principal: 'owner' })
    if (disabled_at !== null) continue
    await savePerson(tenant, transaction, person, { disabled_at: at })
    await record(transaction, tenant, { kind: 'person_disabled', person, name }, 'system')
  }
}

async function admit({ record }: PeopleOptions, transaction: Handle, tenant: Tenant): Promise<void> {
  const { id: person, name } = await lockOwner(tenant, transaction)
  await savePerson(tenant, transaction, person, { disabled_at: null })
  await record(transaction, tenant, { kind: 'person_enabled', person, name }, 'system')
}

/** A tenant besides the home. */
async function known({ database, home }: PeopleOptions, id: string) {
  const rows = await store.loadTenants(home, database.as(home))
  const row = rows.find((each) => each.id === id)
  if (row === undefined) throw new CastellanError('not_found', 'There is no such tenant.')
  return { ...row, tenant: row.id as Tenant }
}

/** The owner of a tenant, locked until the transaction ends. */
async function lockOwner(tenant: Tenant, transaction: Handle) {
  const owner = (await loadPeople(tenant, transaction)).find(({ role }) => role === 'owner')
  const row = owner && (await lockPerson(tenant, transaction, owner.id as PersonId))
  if (row === undefined)
    throw new CastellanError('conflict', 'This tenant has no owner yet. Nothing was changed.', {
      hint: 'invite one again',
    })
  return row
}

async function viewOf(
  { database, now }: PeopleOptions,
  row: { id: string; name: string; created_at: Date },
): Promise<TenantView> {
  const tenant = row.id as Tenant
  const handle = database.as(tenant)
  const people = await loadPeople(tenant, handle)
  const invitations = await store.loadInvitations(tenant, handle, new Date(now()))
  const owner = people.find((person) => person.role === 'owner')
  const state = owner
    ? owner.disabled_at === null
      ? 'joined'
      : 'closed'
    : invitations.some((invitation) => invitation.role === 'owner')
      ? 'invited'
      : 'waiting'
  return { id: row.id, name: row.name, state, created_at: row.created_at.toISOString() }
}
