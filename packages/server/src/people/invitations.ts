/**
 * Invitations: 128 bits in a link's fragment, good for 72 hours and once, kept as a hash. Whoever holds one becomes what it
 * says and nothing more: the role is the invitation's, never the request's.
 */
import { randomUUID } from 'node:crypto'
import {
  type AcceptInvitation,
  CastellanError,
  type InvitationView,
  type Invited,
  type MadeInvitation,
  type NewInvitation,
  type PersonRole,
} from '@castellan/contracts'
import type * as z from 'zod'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import { type Identity, principalOf } from '../http/env.ts'
import {
  type Arrival,
  emailKey,
  hashOfToken,
  hashPassword,
  type NewSession,
  newToken,
} from '../identity/index.ts'
import { requireGoodPassword } from './choose.ts'
import { spent, withGuess } from './guesses.ts'
import * as store from './invitation-store.ts'
import { invitationLetter } from './letters.ts'
import { handed } from './link.ts'
import type { Post } from './post.ts'
import { addPerson, isEmailTaken } from './store.ts'
import type { PeopleOptions } from './types.ts'

const validMs = 72 * 3_600_000
const keepMs = 7 * 86_400_000

type Row = Awaited<ReturnType<typeof store.loadInvitations>>[number]

/** Invites somebody into the asker's tenant. Needs a fresh factor. A mailed link is shown to nobody. */
export async function invite(
  options: PeopleOptions,
  post: Post,
  who: Identity,
  { role, name, email, mail }: NewInvitation,
): Promise<MadeInvitation> {
  await options.requireFresh(who)
  if (email !== undefined) requireEmail(email)
  if (mail && (email === undefined || options.sendMail === undefined)) throw noMail(email)
  const { made, url } = await options.database
    .as(who.tenant)
    .transaction()
    .execute((transaction) =>
      makeInvitation(options, transaction, who.tenant, {
        ...{ role, name, email: email ?? null, mailed: mail, by: who.principal },
      }),
    )
  if (mail && email !== undefined) post.send(invitationLetter(options.instance, email, url))
  return { invitation: made, link: mail ? null : handed(url) }
}

/** Makes and records an invitation in a transaction that may write into the tenant. */
export async function makeInvitation(
  { url, now, record }: PeopleOptions,
  transaction: Handle,
  tenant: Tenant,
  given: {
    readonly role: PersonRole
    readonly name: string
    readonly email: string | null
    readonly mailed: boolean
    readonly by: Identity['principal']
  },
): Promise<{ made: InvitationView; url: string }> {
  const { by, ...rest } = given
  const token = newToken(128)
  const at = new Date(now())
  const row = { ...rest, id: randomUUID(), at, expiresAt: new Date(at.getTime() + validMs) }
  await store.pruneInvitations(tenant, transaction, new Date(at.getTime() - keepMs))
  await store.saveInvitation(tenant, transaction, { ...row, tokenHash: hashOfToken(token) })
  const { id: invitation, role, name, mailed } = row
  await record(transaction, tenant, { kind: 'invited', invitation, role, name, mailed }, by)
  const made = viewOf({ ...row, created_at: at, expires_at: row.expiresAt })
  return { made, url: `${url}/join#${token}` }
}

/** Invitations of the asker's tenant that are open. */
export async function listInvitations(
  { database, now }: PeopleOptions,
  { tenant }: Identity,
): Promise<InvitationView[]> {
  return (await store.loadInvitations(tenant, database.as(tenant), new Date(now()))).map(viewOf)
}

/** Takes an invitation back. */
export async function revokeInvitation(
  { database, now, record }: PeopleOptions,
  { tenant, principal }: Identity,
  id: string,
): Promise<void> {
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const ended = await store.revokeInvitations(tenant, transaction, { id }, new Date(now()))
      if (ended.length === 0)
        throw new CastellanError('not_found', 'There is no such invitation, or it is over already.')
      await record(transaction, tenant, { kind: 'invitation_revoked', invitation: id }, principal)
    })
}

/** What an invitation says to whoever holds its link. */
export async function lookAtInvitation(
  options: PeopleOptions,
  { token, address }: { token: string; address: string },
): Promise<Invited> {
  const { tenant, invitation, house } = await withGuess(options, address, () => open(options, token))
  const { role, name, email } = invitation
  return {
    instance: options.instance,
    tenant: tenant === options.home ? options.instance : house,
    role,
    name,
    email,
  }
}

/** Makes the person, signs them in, and uses the invitation up: of two who come at once, one does. */
export async function acceptInvitation(
  options: PeopleOptions,
  given: z.output<typeof AcceptInvitation>,
  arrival: Arrival,
): Promise<NewSession> {
  const { token, name, email, password } = given
  const { tenant, invitation, house } = await withGuess(options, arrival.address, () => open(options, token))
  const key = requireEmail(email)
  requireGoodPassword(password, [name, email, invitation.name, house, options.instance])
  const hash = await hashPassword(password)
  const id = randomUUID() as PersonId
  return options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const at = new Date(options.now())
      const taken = await store.spendInvitation(tenant, transaction, hashOfToken(token), at)
      if (taken === undefined) throw spent('invitation')
      if (await isEmailTaken(transaction, key)) throw emailTaken()
      const isProved = taken.mailed && taken.email !== null && emailKey(taken.email) === key
      const { role } = taken
      const person = { id, role, name, email, emailKey: key, password: hash, at }
      if (!(await addPerson(tenant, transaction, { ...person, verifiedAt: isProved ? at : null })))
        throw emailTaken()
      const event = { kind: 'joined', invitation: taken.id, person: id, role, name } as const
      await options.record(transaction, tenant, event, principalOf(id, role))
      return options.identity.sessions.begin(transaction, 'invitation', { tenant, person: id }, arrival)
    })
}

async function open({ database, home, now }: PeopleOptions, token: string) {
  const tokenHash = hashOfToken(token)
  const tenant = await store.findInvitationTenant(database.as(home), tokenHash)
  if (tenant === undefined) throw spent('invitation')
  const handle = database.as(tenant)
  const invitation = await store.loadInvitation(tenant, handle, tokenHash, new Date(now()))
  if (invitation === undefined) throw spent('invitation')
  return { tenant, invitation, house: await store.loadTenantName(tenant, handle) }
}

/** The key of an address; refuses with `bad_request` what is none. */
export function requireEmail(email: string): string {
  const key = emailKey(email)
  if (key !== undefined) return key
  throw new CastellanError(
    'bad_request',
    'This is no e-mail address that mail can be sent to. Nothing was changed.',
    {
      details: { field: 'email' },
    },
  )
}

/** The refusal of an address that somebody has. Only who holds an invitation or proved the mailbox hears it. */
export function emailTaken(): CastellanError {
  return new CastellanError('conflict', 'This e-mail address cannot be used here. Choose another one.', {
    hint: 'if it is yours already, sign in with it instead',
    details: { field: 'email' },
  })
}

function viewOf(row: Row): InvitationView {
  const { id, role, name, email, mailed } = row
  return {
    ...{ id, role, name, email, mailed },
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  }
}

function noMail(email: string | undefined): CastellanError {
  const missing = email === undefined ? 'there is no address to send it to' : 'this house cannot send mail'
  return new CastellanError('bad_request', `The invitation was not made: ${missing}.`, {
    hint:
      email === undefined
        ? 'name an address, or hand the link over yourself'
        : 'set SMTP_URL, or hand the link over yourself',
  })
}
