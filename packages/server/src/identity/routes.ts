/** The doors of identity: /auth/* for signing in and out, /api/sessions for seeing and ending sessions. */
import { type AuthState, CastellanError, LinkRequest, LoginRequest, type NewLink } from '@castellan/contracts'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv, Identity } from '../http/env.ts'
import { claimOf } from '../http/guards.ts'
import { limiterKey } from '../limits/index.ts'
import { clearCookie, cookieName, setCookie } from './cookie.ts'
import type { IdentityService } from './identity.ts'
import type { Arrival, NewSession } from './sessions.ts'
import type { IdentityOptions } from './types.ts'

/** The sub-app of /auth. Everything under it is rate-limited per address, except for who is signed in already. */
export function authRoutes(identity: IdentityService, options: IdentityOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  const state = (signedIn: boolean): AuthState => ({
    signed_in: signedIn,
    password_set: identity.isPasswordSet(),
    instance: options.instance,
    password_file: options.passwordFile,
  })
  function welcome(c: Context<AppEnv>, session: NewSession): Response {
    const { secure } = c.get('origin')
    c.header(
      'set-cookie',
      setCookie(cookieName(options.instance, secure), session.token, session.ageMs, secure),
    )
    return c.json(state(true))
  }

  app.use('/*', limitKnocking(identity, options))
  app.get('/state', async (c) => c.json(state((await knownSender(identity, c)) !== undefined)))
  app.post('/login', async (c) => {
    const { password } = await parseBody(c, LoginRequest)
    return welcome(c, await identity.signInByPassword({ password, ...(await arrival(identity, c)) }))
  })
  app.post('/link', async (c) => {
    const { token } = await parseBody(c, LinkRequest)
    return welcome(c, await identity.signInByLink({ token, ...(await arrival(identity, c)) }))
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
    return c.json(state(false))
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

/** The guard leaves `identity` unset on the open list, so these doors look for themselves. */
async function knownSender(identity: IdentityService, c: Context<AppEnv>): Promise<Identity | undefined> {
  return (c.get('identity') as Identity | undefined) ?? identity.identify(claimOf(c))
}

async function arrival(identity: IdentityService, c: Context<AppEnv>): Promise<Arrival> {
  return {
    address: c.get('address'),
    userAgent: c.req.header('user-agent') ?? '',
    replaces: await knownSender(identity, c),
  }
}

async function endOwn(identity: IdentityService, who: Identity): Promise<void> {
  if (who.sessionId !== undefined)
    await identity.sessions.end(who, who.sessionId, { why: 'signed_out', by: who.principal })
}

function goodbye(c: Context<AppEnv>, options: IdentityOptions): string {
  const { secure } = c.get('origin')
  return clearCookie(cookieName(options.instance, secure), secure)
}
