/**
 * The doors of sign-in by a provider: /auth/providers/* for browsers, /api/account/connections for one's own accounts,
 * /api/providers for the owner.
 */
import {
  CastellanError,
  type Departure,
  NewConnection,
  NewProvider,
  type ProviderKind,
  ProviderName,
  ProviderPatch,
  type ProviderProblem,
} from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv, Identity } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import { type Claim, claimOf } from '../http/guards.ts'
import type { Log } from '../http/log.ts'
import { clearCookie, cookieName, readToken, setCookie } from '../identity/cookie.ts'
import { attemptCookie, attemptMs } from './attempt.ts'
import { catalogue } from './catalogue.ts'
import { connectionsOf, disconnect } from './connections.ts'
import { begin, finish } from './flow.ts'
import { returnPath } from './return-to.ts'
import type { ProviderRow } from './row.ts'
import { addProvider, changeProvider, listProviders, removeProvider } from './setup.ts'
import { tryProvider } from './try.ts'
import type { ProvidersOptions } from './types.ts'

/** What the routes need besides. */
export interface ProviderDoors {
  readonly identify: (claim: Claim) => Promise<Identity | undefined>
  readonly requireFresh: RequireFresh
  readonly log: Log
}

/** The sub-app of /auth; its routes are on the open list. */
export function providerAuthRoutes(options: ProvidersOptions, doors: ProviderDoors): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/providers/:name/start', async (c) => {
    const origin = c.get('origin')
    const { pathname, search } = new URL(c.req.url)
    // The way back leads to the canonical name, where a cookie of another name would be missed.
    if (origin.loopback && origin.url !== options.url) return c.redirect(options.url + pathname + search, 307)
    const provider = nameOf(c)
    const returnTo = returnPath(c.req.query('to'))
    try {
      const begun = await begin(options, { provider, origin: origin.url, returnTo, sessionId: null })
      c.header('set-cookie', cookieOf(c, options, begun.token))
      return c.redirect(begun.url, 303)
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      doors.log.warn({ provider, err: error }, 'a sign-in by a provider could not begin')
      return sendBack(c, { problem: 'unavailable', provider, connecting: false })
    }
  })
  app.get('/providers/:name/callback', (c) => callBack(c, options, doors))
  app.post('/providers/:name/callback', async (c) => {
    // From another site the cookies stay behind; as a GET of ours they come along. Nothing is believed here.
    const query = new URLSearchParams(await readForm(c)).toString()
    return c.redirect(`/auth/providers/${nameOf(c)}/callback?${query}`, 303)
  })
  return app
}

async function callBack(
  c: Context<AppEnv>,
  options: ProvidersOptions,
  doors: ProviderDoors,
): Promise<Response> {
  const provider = nameOf(c)
  const { secure } = c.get('origin')
  const cookie = attemptCookie(cookieName(options.instance, secure))
  const asker = await doors.identify(claimOf(c))
  const userAgent = c.req.header('user-agent') ?? ''
  const visitor = { address: c.get('address'), userAgent, replaces: asker, secure }
  const query = new URL(c.req.url).searchParams
  const token = readToken(c.req.header('cookie'), cookie)
  const ending = await finish(options, { provider, query, token, asker, visitor })
  c.header('set-cookie', clearCookie(cookie, secure), { append: true })
  if ('problem' in ending) {
    doors.log.warn(
      { provider, problem: ending.problem, err: ending.reason },
      'a sign-in by a provider failed',
    )
    return sendBack(c, { ...ending, provider })
  }
  for (const header of ending.entered?.cookies ?? []) c.header('set-cookie', header, { append: true })
  return c.redirect(ending.to, 303)
}

function sendBack(
  c: Context<AppEnv>,
  { problem, provider, connecting }: { problem: ProviderProblem; provider: string; connecting: boolean },
): Response {
  const query = new URLSearchParams({
    problem,
    ...(ProviderName.safeParse(provider).success ? { provider } : {}),
  })
  return c.redirect(`${connecting ? '/account/connections' : '/signin'}?${query}`, 303)
}

function cookieOf(c: Context<AppEnv>, { instance }: ProvidersOptions, token: string): string {
  const { secure } = c.get('origin')
  return setCookie(attemptCookie(cookieName(instance, secure)), token, attemptMs, secure)
}

const formLimit = 65_536

/** What a provider posted (OAuth 2.0 Form Post Response Mode), as far as it belongs into an answer by GET. */
async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  const text = await c.req.text()
  if (text.length > formLimit) throw new CastellanError('too_large', 'The form is too large.')
  const form = new URLSearchParams(text)
  const known = ['code', 'state', 'iss', 'error']
  return Object.fromEntries(
    known.flatMap((name) =>
      form
        .getAll(name)
        .slice(0, 1)
        .map((value) => [name, value]),
    ),
  )
}

/** The sub-app of /api for one's own accounts. */
export function connectionRoutes(options: ProvidersOptions, { requireFresh }: ProviderDoors): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/account/connections', async (c) => c.json(await connectionsOf(options, c.get('identity'))))
  app.post('/account/connections', async (c) => {
    const who = c.get('identity')
    await requireFresh(who)
    const { provider } = await parseBody(c, NewConnection)
    if (who.sessionId === undefined)
      throw new CastellanError('refused', 'An account is connected in a browser that is signed in.')
    const { url: origin } = c.get('origin')
    const returnTo = '/account/connections'
    const { url, token } = await begin(options, { provider, origin, returnTo, sessionId: who.sessionId })
    c.header('set-cookie', cookieOf(c, options, token))
    return c.json({ url } satisfies Departure)
  })
  app.delete('/account/connections/:id', async (c) => {
    const who = c.get('identity')
    await requireFresh(who)
    const id = c.req.param('id')
    if (!z.uuid().safeParse(id).success)
      throw new CastellanError('not_found', 'No such account is connected to you.')
    await disconnect(options, who, id)
    return c.body(null, 204)
  })
  return app
}

/** The sub-app of /api for the owner. */
export function providerRoutes(options: ProvidersOptions, { requireFresh }: ProviderDoors): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/providers', async (c) => {
    const kinds = (options.rows ?? catalogue).map(kindView)
    return c.json({ kinds, providers: await listProviders(options) })
  })
  app.post('/providers', async (c) => {
    await requireFresh(c.get('identity'))
    return c.json(await addProvider(options, await parseBody(c, NewProvider)), 201)
  })
  app.patch('/providers/:name', async (c) => {
    await requireFresh(c.get('identity'))
    return c.json(await changeProvider(options, nameOf(c), await parseBody(c, ProviderPatch)))
  })
  app.delete('/providers/:name', async (c) => {
    await requireFresh(c.get('identity'))
    await removeProvider(options, nameOf(c))
    return c.body(null, 204)
  })
  app.post('/providers/:name/test', async (c) => c.json(await tryProvider(options, nameOf(c))))
  return app
}

function nameOf(c: Context<AppEnv>): string {
  const name = ProviderName.safeParse(c.req.param('name'))
  if (name.success) return name.data
  throw new CastellanError('not_found', 'There is no provider of that name.')
}

function kindView({ kind, title, register, source, fields, auth, saysVerified }: ProviderRow): ProviderKind {
  return {
    ...{ kind, title, register, source, says_verified: saysVerified },
    fields: (fields ?? []).map((field) => ({ ...field })),
    secret_label: auth === 'apple' ? 'Private key (AuthKey_….p8)' : 'Client secret',
  }
}
