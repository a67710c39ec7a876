/**
 * The parts of a sign-in that are factors: a passkey, which is enough by itself, and the second step after a first proof.
 * What waits for its second step is a row whose token only that browser holds; it begins one session.
 */
import { CastellanError, type SecondStep as Given, type PasskeyOptions } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Database, Handle, PersonId, Tenant } from '../database/index.ts'
import type { RequestOrigin, Who } from '../http/env.ts'
import type { Arrival, NewSession, SecondStep, Sessions, SignInWay } from '../identity/index.ts'
import { hashOfToken, newToken } from '../identity/index.ts'
import { takeCode } from './codes.ts'
import { askForPasskey, checkPasskey } from './passkeys.ts'
import * as store from './store.ts'
import type { Arrived, FactorOptions } from './types.ts'

const halfMs = 300_000

/** The port that identity asks between a first proof and a session. */
export function makeSecondStep(options: FactorOptions): SecondStep {
  return {
    async ask(transaction, { tenant, person, by }) {
      const { totp } = await store.loadHeld({ tenant, person }, transaction)
      if (!totp) return null
      const token = newToken(256)
      const now = options.now()
      await transaction
        .deleteFrom('castellan.half_signins')
        .where('tenant_id', '=', tenant)
        .where('expires_at', '<', new Date(now))
        .execute()
      await transaction
        .insertInto('castellan.half_signins')
        .values({
          ...{ token_hash: hashOfToken(token), tenant_id: tenant, person_id: person, began_by: by },
          expires_at: new Date(now + halfMs),
        })
        .execute()
      return { token, ageMs: halfMs }
    },
    forget: forgetHalves,
    async isPasswordClosed(handle, who) {
      return ((await store.loadFactors(who, handle))?.passwordClosedAt ?? null) !== null
    },
  }
}

/** A sign-in that waits. */
export interface Half extends Who {
  readonly by: SignInWay
  readonly hash: Buffer
}

/** The sign-in that waits under a token; rejects with `not_signed_in` when there is none any more. */
export async function findHalf(options: FactorOptions, token: string | undefined): Promise<Half> {
  const found = token === undefined ? undefined : await loadHalf(options, hashOfToken(token))
  if (found === undefined)
    throw new CastellanError('not_signed_in', 'This sign-in ran out of time. Begin it again.')
  return found
}

async function loadHalf(
  { database, tenant: home, now }: FactorOptions,
  hash: Buffer,
): Promise<Half | undefined> {
  const tenant = await tenantOfHalf(database, home, hash)
  if (tenant === undefined) return undefined
  const row = await database
    .as(tenant)
    .selectFrom('castellan.half_signins')
    .select(['person_id', 'began_by'])
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', hash)
    .where('expires_at', '>', new Date(now()))
    .executeTakeFirst()
  return row && { tenant, person: row.person_id as PersonId, by: row.began_by as SignInWay, hash }
}

async function tenantOfHalf(database: Database, home: Tenant, hash: Buffer): Promise<Tenant | undefined> {
  const { rows } = await sql<{ tenant: Tenant | null }>`
    select castellan.tenant_of_half_signin(${hash}) as tenant`.execute(database.as(home))
  return rows[0]?.tenant ?? undefined
}

const ofHalf = (half: Half) =>
  ({ purpose: 'second', who: half, session: null, subject: half.hash.toString('hex') }) as const

/** What the browser is asked to show as a second step. */
export const askForSecond = (
  options: FactorOptions,
  half: Half,
  origin: RequestOrigin,
): Promise<PasskeyOptions> => askForPasskey(options, ofHalf(half), origin)

/** The second step: begins the session. Rejects with `wrong_code`, `too_many_attempts` or `passkey_refused`. */
export async function finishSecond(
  options: FactorOptions,
  sessions: Sessions,
  half: Half,
  given: Given,
  at: Arrived & Arrival,
): Promise<NewSession> {
  const isPasskey = 'passkey' in given
  if (isPasskey) await checkPasskey(options, ofHalf(half), at.origin, given.passkey)
  else await takeCode(options, half, given)
  return options.database
    .as(half.tenant)
    .transaction()
    .execute(async (transaction) => {
      if (!(await endHalf(transaction, half)))
        throw new CastellanError('not_signed_in', 'This sign-in was finished already. Begin it again.')
      return begin(options, sessions, { transaction, half, factor: isPasskey ? 'passkey' : 'totp', at })
    })
}

async function endHalf(transaction: Handle, { tenant, hash }: Half): Promise<boolean> {
  const ended = await transaction
    .deleteFrom('castellan.half_signins')
    .where('tenant_id', '=', tenant)
    .where('token_hash', '=', hash)
    .returning('token_hash')
    .executeTakeFirst()
  return ended !== undefined
}

const signingIn = { purpose: 'sign-in', who: null, session: null, subject: null } as const

/** What the browser is asked to show to sign in: any passkey that it has for this name. */
export const askForSignIn = (options: FactorOptions, origin: RequestOrigin): Promise<PasskeyOptions> =>
  askForPasskey(options, signingIn, origin)

/** Signs in by a passkey, which has verified its user and so counts as both steps. Rejects with `passkey_refused`. */
export async function signInByPasskey(
  options: FactorOptions,
  sessions: Sessions,
  passkey: Parameters<typeof checkPasskey>[3],
  at: Arrived & Arrival,
): Promise<NewSession> {
  const who = await checkPasskey(options, signingIn, at.origin, passkey)
  return options.database
    .as(who.tenant)
    .transaction()
    .execute((transaction) =>
      begin(options, sessions, { transaction, half: { ...who, by: 'passkey' }, factor: 'passkey', at }),
    )
}

interface Beginning {
  readonly transaction: Handle
  readonly half: Who & { readonly by: SignInWay }
  readonly factor: 'totp' | 'passkey'
  readonly at: Arrival
}

async function begin(
  options: FactorOptions,
  sessions: Sessions,
  { transaction, half, factor, at }: Beginning,
) {
  const session = await sessions.begin(transaction, half.by, half, at)
  await store.saveShown(half, transaction, { session: session.id, factor, at: new Date(options.now()) })
  return session
}

/** The body of `SecondStep.forget`. */
export async function forgetHalves(transaction: Handle, { tenant, person }: Who): Promise<void> {
  await transaction
    .deleteFrom('castellan.half_signins')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .execute()
}
