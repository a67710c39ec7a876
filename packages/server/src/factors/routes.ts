/** The doors of factors: /auth/* for showing one, /api/account/* for one's own. */
import {
  AdminPasswordDoor,
  CastellanError,
  NewPasskey,
  PasskeyPatch,
  PasskeySignIn,
  SecondStep,
  StepUp,
  TotpConfirm,
} from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import {
  answerEntered,
  arrivalOf,
  type IdentityOptions,
  type IdentityService,
  readStep,
  sessionCookie,
} from '../identity/index.ts'
import { setAdminPasswordDoor } from './admin-password.ts'
import { beginTotp, confirmTotp, removeTotp, renewRecoveryCodes } from './codes.ts'
import { requireFresh } from './fresh.ts'
import { addPasskey, askForNewPasskey, changePasskey, removePasskey } from './passkeys.ts'
import { askForStepUp, bearerOf, stepUp, viewFactors } from './proofs.ts'
import { askForSecond, askForSignIn, findHalf, finishSecond, signInByPasskey } from './signin.ts'
import type { Arrived, Bearer, FactorOptions } from './types.ts'

/** How often one person may show a factor again; what may be wrong is counted elsewhere and allows less. */
const showing = { perMinute: 30, burst: 10 }

/** The sub-app of /auth, behind the limit on knocking of identity's. */
export function factorAuthRoutes(
  factors: FactorOptions,
  identity: IdentityService,
  options: IdentityOptions,
): Hono<AppEnv> {
  const { sessions } = identity
  const at = async (c: Context<AppEnv>) => ({ ...arrived(c), ...(await arrivalOf(identity, c)) })
  const half = (c: Context<AppEnv>) => findHalf(factors, readStep(c, options))
  return new Hono<AppEnv>()
    .post('/passkey/options', async (c) => {
      requireSomebody(identity)
      return c.json(await askForSignIn(factors, c.get('origin')))
    })
    .post('/passkey', async (c) => {
      requireSomebody(identity)
      const { passkey } = await parseBody(c, PasskeySignIn)
      const session = await signInByPasskey(factors, sessions, passkey, await at(c))
      return answerEntered(c, options, { session })
    })
    .post('/second/options', async (c) => c.json(await askForSecond(factors, await half(c), c.get('origin'))))
    .post('/second', async (c) => {
      const given = await parseBody(c, SecondStep)
      const session = await finishSecond(factors, sessions, await half(c), given, await at(c))
      return answerEntered(c, options, { session })
    })
    .post('/step-up/options', async (c) => {
      const bearer = bearerOf(c.get('identity'))
      await limitShowing(factors, bearer)
      return c.json(await askForStepUp(factors, bearer, c.get('origin')))
    })
    .post('/step-up', async (c) => {
      const proof = await parseBody(c, StepUp)
      const bearer = bearerOf(c.get('identity'))
      await limitShowing(factors, bearer)
      const session = await stepUp(factors, sessions, bearer, proof, arrived(c))
      c.header('set-cookie', sessionCookie(c, options, session))
      return c.json(await viewFactors(factors, c.get('identity')))
    })
}

/** The sub-app of /api/account: what changes a proof is for the page alone, by a session that has just shown one. */
export function factorAccountRoutes(factors: FactorOptions): Hono<AppEnv> {
  const fresh = async (c: Context<AppEnv>, atLeast?: 'passkey'): Promise<Bearer> => {
    const bearer = bearerOf(c.get('identity'))
    await requireFresh(factors, c.get('identity'), atLeast)
    return bearer
  }
  return new Hono<AppEnv>()
    .get('/account/factors', async (c) => c.json(await viewFactors(factors, c.get('identity'))))
    .post('/account/passkeys/options', async (c) =>
      c.json(await askForNewPasskey(factors, await fresh(c), c.get('origin'))),
    )
    .post('/account/passkeys', async (c) => {
      const given = await parseBody(c, NewPasskey)
      return c.json(await addPasskey(factors, await fresh(c), c.get('origin'), given), 201)
    })
    .patch('/account/passkeys/:id', async (c) => {
      const { name } = await parseBody(c, PasskeyPatch)
      return c.json(await changePasskey(factors, bearerOf(c.get('identity')), idOf(c), name))
    })
    .delete('/account/passkeys/:id', async (c) => {
      await removePasskey(factors, await fresh(c), idOf(c))
      return c.body(null, 204)
    })
    .post('/account/totp', async (c) => c.json(await beginTotp(factors, await fresh(c))))
    .post('/account/totp/confirm', async (c) => {
      const { code } = await parseBody(c, TotpConfirm)
      return c.json({ codes: await confirmTotp(factors, await fresh(c), code) })
    })
    .delete('/account/totp', async (c) => {
      await removeTotp(factors, await fresh(c))
      return c.body(null, 204)
    })
    .post('/account/recovery-codes', async (c) =>
      c.json({ codes: await renewRecoveryCodes(factors, await fresh(c)) }),
    )
    .put('/account/admin-password', async (c) => {
      const { open } = await parseBody(c, AdminPasswordDoor)
      await setAdminPasswordDoor(factors, await fresh(c, 'passkey'), open)
      return c.json(await viewFactors(factors, c.get('identity')))
    })
}

const arrived = (c: Context<AppEnv>): Arrived => ({ address: c.get('address'), origin: c.get('origin') })

async function limitShowing({ limits }: FactorOptions, { tenant, person }: Bearer): Promise<void> {
  const waitMs = await limits.take('step-up', `${tenant} ${person}`, showing)
  if (waitMs === 0) return
  const details = { retryAfterMs: waitMs }
  throw new CastellanError('too_many_attempts', 'Too many proofs in a row. Wait a moment.', { details })
}

function idOf(c: Context<AppEnv>): string {
  const id = z.uuid().safeParse(c.req.param('id'))
  if (!id.success) throw new CastellanError('not_found', 'You have no such passkey.')
  return id.data
}

/** While ADMIN_PASSWORD is unset no session counts, so none is begun. */
function requireSomebody(identity: IdentityService): void {
  if (identity.isPasswordSet()) return
  throw new CastellanError('no_admin_password', 'ADMIN_PASSWORD is not set, so nobody can sign in.')
}
