/** Passkeys of people: made, shown, renamed, removed. Showing one is good for one purpose, person, session and subject. */
import { randomUUID } from 'node:crypto'
import {
  CastellanError,
  type NewPasskey,
  type PasskeyAssertion,
  PasskeyOptions,
  type PasskeyView,
} from '@castellan/contracts'
import type * as z from 'zod'
import type { Handle } from '../database/index.ts'
import type { RequestOrigin, Who } from '../http/env.ts'
import { issueChallenge, type Purpose, spendChallenge } from './challenges.ts'
import * as store from './passkey-store.ts'
import { calledBy } from './person.ts'
import { deleteRecoveryCodes, forgetShown, loadShown, lockFactors, saveShown } from './store.ts'
import type { Bearer, FactorOptions } from './types.ts'
import {
  challengeIn,
  creationOptions,
  passkeyRefused,
  relyingPartyOf,
  requestOptions,
  verifyMade,
  verifyShown,
} from './webauthn.ts'

/** What a passkey is shown for. `who` is null where the passkey itself says who it is. */
export interface Showing {
  readonly purpose: Exclude<Purpose['purpose'], 'register'>
  readonly who: Who | null
  readonly session: string | null
  readonly subject: string | null
}

const mostPasskeys = 20

const purposeOf = (options: FactorOptions, { purpose, who, session, subject }: Showing): Purpose => ({
  tenant: who?.tenant ?? options.tenant,
  person: who?.person ?? null,
  ...{ purpose, session, subject },
})

const registering = ({ tenant, person, sessionId }: Bearer): Purpose => ({
  ...{ tenant, person, session: sessionId, purpose: 'register', subject: null },
})

/** What the browser is asked to show. Rejects with `not_found` when the person has no passkey for this name. */
export async function askForPasskey(
  options: FactorOptions,
  showing: Showing,
  origin: RequestOrigin,
): Promise<PasskeyOptions> {
  const party = relyingPartyOf(origin, options.url)
  const { who } = showing
  let allow: store.StoredPasskey[] | null = null
  if (who !== null) {
    const all = await store.loadPasskeys(who, options.database.as(who.tenant))
    allow = all.filter(({ rpId }) => rpId === party.id)
    if (allow.length === 0) {
      throw new CastellanError('not_found', `You have no passkey for ${party.id}.`, {
        hint: 'passkeys belong to the name in the address bar; use another proof, or the name it was made for',
      })
    }
  }
  const challenge = await issueChallenge(options.database, purposeOf(options, showing), options.now())
  return asJson(await requestOptions(party, { challenge, allow }))
}

/** Whose passkey was shown. Rejects with `passkey_refused` for whatever does not hold; a challenge is tried once. */
export async function checkPasskey(
  options: FactorOptions,
  showing: Showing,
  origin: RequestOrigin,
  shown: PasskeyAssertion,
): Promise<Who> {
  const { database } = options
  const party = relyingPartyOf(origin, options.url)
  const challenge = challengeIn(shown.response.clientDataJSON)
  const ours = await spendChallenge(database, challenge, purposeOf(options, showing), options.now())
  if (!ours) throw passkeyRefused()
  const credentialId = Buffer.from(shown.id, 'base64url')
  const tenant =
    showing.who?.tenant ?? (await store.findTenantOfPasskey(database, options.tenant, credentialId))
  if (tenant === undefined) throw passkeyRefused()
  const passkey = await store.loadPasskey(tenant, database.as(tenant), credentialId)
  if (passkey === undefined || passkey.rpId !== party.id) throw passkeyRefused()
  if (showing.who !== null && showing.who.person !== passkey.person) throw passkeyRefused()
  const who = { tenant, person: passkey.person }
  const { counter, synced } = await verifyShown(party, challenge, passkey, shown)
  const used = { counter, synced, at: new Date(options.now()) }
  if (!(await store.saveUsed(tenant, database.as(tenant), passkey.id, used))) {
    await tellOfCopy(options, who, passkey)
    throw passkeyRefused()
  }
  return who
}

/** A counter that went back or stood still: two devices hold what only one should. */
async function tellOfCopy(options: FactorOptions, { tenant, person }: Who, passkey: store.StoredPasskey) {
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const facts = { passkey: passkey.name }
      const sentence =
        'A passkey of yours was refused, because it counted backwards: there may be a copy of it. Remove it under Signing in and make a new one.'
      await options.record(transaction, tenant, { kind: 'passkey_refused', person, id: passkey.id })
      await options.raise(transaction, tenant, { kind: 'factors.passkey_copied', sentence, facts }, person)
    })
}

/** What the browser is asked to make. */
export async function askForNewPasskey(
  options: FactorOptions,
  bearer: Bearer,
  origin: RequestOrigin,
): Promise<PasskeyOptions> {
  const { database, instance: house } = options
  const handle = database.as(bearer.tenant)
  const have = await store.loadPasskeys(bearer, handle)
  if (have.length >= mostPasskeys)
    throw new CastellanError('conflict', `You have ${mostPasskeys} passkeys; remove one first.`)
  const { handle: user } = await handle
    .transaction()
    .execute((transaction) => lockFactors(bearer, transaction))
  const challenge = await issueChallenge(database, registering(bearer), options.now())
  const name = await calledBy(bearer, handle)
  const party = relyingPartyOf(origin, options.url)
  return asJson(await creationOptions(party, { house, name, handle: user, challenge, have }))
}

/** Stores a passkey that was just made. Rejects with `passkey_refused`, or `conflict` for a credential known already. */
export async function addPasskey(
  options: FactorOptions,
  bearer: Bearer,
  origin: RequestOrigin,
  { name, response }: z.infer<typeof NewPasskey>,
): Promise<PasskeyView> {
  const { database, record } = options
  const { tenant, person } = bearer
  const party = relyingPartyOf(origin, options.url)
  const challenge = challengeIn(response.response.clientDataJSON)
  if (!(await spendChallenge(database, challenge, registering(bearer), options.now()))) throw passkeyRefused()
  const made = await verifyMade(party, challenge, response)
  const passkey = {
    ...made,
    ...{ id: randomUUID(), name, rpId: party.id, createdAt: new Date(options.now()) },
    transports: (response.response.transports ?? []).filter((each) => /^[a-z-]{1,20}$/.test(each)),
  }
  await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      if (!(await store.savePasskey(bearer, transaction, passkey)))
        throw new CastellanError('conflict', 'This passkey is known already. Nothing was changed.')
      // Looked at after the row of its person was locked: a session that was ended meanwhile leaves no passkey behind.
      if ((await loadShown(bearer, transaction, bearer.sessionId)) === undefined)
        throw new CastellanError('not_signed_in', 'This session has ended. Nothing was changed.')
      // Made a moment ago under its user's eyes, it has been shown.
      const at = passkey.createdAt
      await saveShown(bearer, transaction, { session: bearer.sessionId, factor: 'passkey', at })
      await record(transaction, tenant, { kind: 'passkey_added', person, id: passkey.id, host: party.id })
    })
  return viewOf({ ...passkey, person, lastUsedAt: null })
}

/** Renames one's own passkey; rejects with `not_found`. */
export async function changePasskey(
  { database, record }: FactorOptions,
  who: Who,
  id: string,
  name: string,
): Promise<PasskeyView> {
  return database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      if (!(await store.renamePasskey(who, transaction, id, name))) throw noPasskey()
      await record(transaction, who.tenant, { kind: 'passkey_renamed', person: who.person, id })
      const passkey = (await store.loadPasskeys(who, transaction)).find((each) => each.id === id)
      if (passkey === undefined) throw noPasskey()
      return viewOf(passkey)
    })
}

/** Removes one's own passkey; rejects with `not_found`, and `conflict` for the last one while the password is closed. */
export async function removePasskey(
  { database, record }: FactorOptions,
  who: Bearer,
  id: string,
): Promise<void> {
  await database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      // Locked, so that of two who remove the last two at once, one sees what the other left.
      const { passwordClosedAt, totpSince } = await lockFactors(who, transaction)
      if (!(await store.deletePasskey(who, transaction, id))) throw noPasskey()
      const isLast = (await store.loadPasskeys(who, transaction)).length === 0
      if (isLast && passwordClosedAt !== null) {
        throw new CastellanError(
          'conflict',
          'This is your last passkey, and signing in by ADMIN_PASSWORD is closed. Nothing was removed.',
          { hint: 'open signing in by ADMIN_PASSWORD again, or add another passkey first' },
        )
      }
      if (isLast && totpSince === null) await deleteRecoveryCodes(who, transaction)
      await forgetShown(who, transaction)
      await record(transaction, who.tenant, { kind: 'passkey_removed', person: who.person, id })
    })
}

/** One's own passkeys, oldest first. */
export async function listPasskeys(who: Who, handle: Handle): Promise<PasskeyView[]> {
  return (await store.loadPasskeys(who, handle)).map(viewOf)
}

/** As it goes over the wire, without what is absent. */
function asJson(options: object): PasskeyOptions {
  return PasskeyOptions.parse(JSON.parse(JSON.stringify(options)))
}

function noPasskey(): CastellanError {
  return new CastellanError('not_found', 'You have no such passkey.')
}

function viewOf(passkey: store.StoredPasskey): PasskeyView {
  return {
    id: passkey.id,
    name: passkey.name,
    host: passkey.rpId,
    synced: passkey.synced,
    created_at: passkey.createdAt.toISOString(),
    last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
  }
}
