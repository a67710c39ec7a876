/** The doors of identity: /auth/* for signing in and out, /api/sessions for seeing and ending sessions. */
import { CastellanError, LinkRequest, LoginRequest, type NewLink } from '@castellan/contracts'
import { Hono, type MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv, Identity } from '../http/env.ts'
import { limiterKey } from '../limits/index.ts'
import { answerEntered, arrivalOf, authState, goodbye, knownSender, readStep } from './door.ts'
import type { IdentityService } from './identity.ts'
import type { IdentityOptions } from './types.ts'

/** The sub-app of /auth. Everything under it is rate-limited per address, except for who is signed in already. */
export function authRoutes(identity: IdentityService, options: IdentityOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.use('/*', limitKnocking(identity, options))
  app.get('/state', async (c) =>
    c.json(await authState(options, await knownSender(identity, c), readStep(c, options) !== undefined)),
  )
  app.post('/login', async (c) => {
    const { email, password } = await parseBody(c, LoginRequest)
    const given = { password, ...(await arrivalOf(identity, c)) }
    return answerEntered(
      c,
      options,
      email === undefined
        ? await identity.signInByPassword(given)
        : await identity.signInByEmail({ email, ...given }),
    )
  })
  app.post('/link', async (c) => {
    const { token } = await parseBody(c, LinkRequest)
    const session = await identity.signInByLink({ token, ...(await arrivalOf(identity, c)) })
    return answerEntered(c, options, { session })
  })
  app.post('/links', async (c) => {
    if (c.get('identity').via !== 'local-token') {
      throw new CastellanError('refused', 'Only the command line on this machine makes sign-in links.')
    }
    const { url, expiresAt } = await identity.makeLink()
    return c.json({ url, expires_at: expiresAt.toISOString() } satisfies NewLinkView)
  })
  app.post('/logout', async (c) => {
    await endOwn(identity, c.get('identity'))
    c.header('set-cookie', goodbye(c, options))
    return c.json(await authState(options, undefined))
  })
  return app
}

function limitKnocking(identity: IdentityService, options: IdentityOptions): MiddlewareHandler<AppEnv> {
  return async function limitKnocking(c, next) {
    const known = await knownSender(identity, c)
    if (known !== undefined) return next()
    const { authPerMinute: perMinute, authBurst: burst } = options.limits()
    const waitMs = await options.limiter.take('auth', limiterKey(c.get('address')), { perMinute, burst })
    if (waitMs === 0) return next()
    const details = { retryAfterMs: waitMs }
    throw new CastellanError(
      'too_many_attempts',
      'Too many sign-in requests from this address. Wait a moment.',
      { details },
    )
  }
}

/** The sub-app of /api/sessions. */
export function sessionRoutes(identity: IdentityService, options: IdentityOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/sessions', async (c) => {
    const who = c.get('identity')
    return c.json(await identity.sessions.list(who, who.sessionId))
  })
  app.delete('/sessions/:id', async (c) => {
    const id = c.req.param('id')
    if (!z.uuid().safeParse(id).success) throw new CastellanError('not_found', 'There is no such session.')
    const who = c.get('identity')
    await identity.sessions.end(who, id, { why: 'revoked', by: who.principal })
    if (id === who.sessionId) c.header('set-cookie', goodbye(c, options))
    return c.body(null, 204)
  })
  return app
}

type NewLinkView = ReturnType<typeof NewLink.parse>

async function endOwn(identity: IdentityService, who: Identity): Promise<void> {
  if (who.sessionId !== undefined)
    await identity.sessions.end(who, who.sessionId, { why: 'signed_out', by: who.principal })
}
