/** A house with tokens for tests: the real guards, identity, vault and PostgreSQL, people of two tenants, a clock to move. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { PersonRole, TokenAnswer } from '@castellan/contracts'
import { raise } from '../alerts/index.ts'
import { homeOwner, homeTenant, type PersonId, type Tenant } from '../database/index.ts'
import { createApp } from '../http/index.ts'
import { authRoutes, defaultLimits, makeIdentity } from '../identity/index.ts'
import { openLimits } from '../limits/index.ts'
import { makeTokens, oauthRoutes, type TokenOptions, tokenRoutes, wellKnownRoutes } from '../tokens/index.ts'
import { openVault } from '../vault/index.ts'
import { testDatabase } from './database.ts'
import { noSecondStep } from './identity.ts'

/** Where the house lives. */
export const origin = 'http://localhost:7777'
export const password = 'correct horse battery staple'
/** An app of somebody's, as it is registered. */
export const app = {
  id: 'notes',
  name: 'Notes',
  redirect_uris: ['com.example.notes:/callback', 'http://127.0.0.1/cb'],
}

export interface TokenHouseOptions {
  readonly sharedKey?: string
  readonly settings?: Partial<ReturnType<TokenOptions['settings']>>
}

export type TokenHouse = Awaited<ReturnType<typeof openTokenHouse>>

/** Opens it on a database of its own; `close` it in `afterAll`. */
export async function openTokenHouse(options: TokenHouseOptions = {}) {
  const db = await testDatabase({ poolSize: 12 })
  const { database } = db
  const localToken = randomBytes(32).toString('base64url')
  const state = { offset: 0, fresh: true, settings: { accessMs: 900_000, appleApps: [], androidApps: [] } }
  const now = () => Date.now() + state.offset
  const vault = openVault({ database, secretKeyBase: randomBytes(48).toString('base64') })
  const tokenOptions: TokenOptions = {
    ...{ database, home: homeTenant, vault, instance: 'home', url: origin, raise, now },
    sharedKey: options.sharedKey,
    requireFresh: async () => {
      if (!state.fresh) throw new Error('not fresh')
    },
    settings: () => ({ ...state.settings, ...options.settings }),
  }
  const makeTokensAgain = () => makeTokens(tokenOptions)
  const tokens = makeTokensAgain()
  const identityOptions = {
    ...{
      database,
      tenant: homeTenant,
      instance: 'home',
      passwordFile: '.env.secrets',
      localToken,
      url: origin,
      now,
    },
    adminPassword: () => password,
    limits: () => ({ ...defaultLimits, authBurst: 1e9 }),
    limiter: openLimits({ pool: database.pool, now }),
    bearers: [tokens.identify],
    secondStep: noSecondStep,
    record: async () => {},
  }
  const identity = makeIdentity(identityOptions)
  const hono = createApp({
    identify: identity.identify,
    hosts: { port: 7777, tls: false, public: [] },
    routes: {
      api: [tokenRoutes(tokens)],
      auth: [authRoutes(identity, identityOptions), oauthRoutes(tokens)],
      wellKnown: wellKnownRoutes(tokens),
    },
    ready: () => true,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })

  const house = {
    ...{ db, tokens, identity, localToken, vault, state, makeTokensAgain, hono },
    advance(ms: number) {
      state.offset += ms
    },
    async send(target: string, init: RequestInit = {}): Promise<Response> {
      return hono.request(target.startsWith('http') ? target : origin + target, init, {
        incoming: { socket: { remoteAddress: '127.0.0.1' } },
      })
    },
    /** Sends JSON as the page does. */
    json(method: string, target: string, body: unknown, headers: Record<string, string> = {}) {
      const init = { method, headers: { origin, 'content-type': 'application/json', ...headers } }
      return house.send(target, body === undefined ? init : { ...init, body: JSON.stringify(body) })
    },
    /** Sends a form as an app's library does. */
    form(target: string, fields: Record<string, string>) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return house.send(target, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
    },
    /** Whom a bearer is taken for; undefined for nobody. */
    who: (token: string) => tokens.identify(token, { address: '203.0.113.9' }),
    /** Adds a person, and their tenant where there is none. */
    async addPerson(role: PersonRole, tenant: Tenant = homeTenant): Promise<PersonId> {
      const id = randomUUID() as PersonId
      const admin = await db.superuser()
      await admin.query(
        "insert into castellan.tenants (id, name) values ($1, 'other') on conflict do nothing",
        [tenant],
      )
      await admin.query('insert into castellan.people (id, tenant_id, role, name) values ($1, $2, $3, $4)', [
        id,
        tenant,
        role,
        `A ${role}`,
      ])
      return id
    },
    /** The Cookie header of the owner, signed in. */
    async signIn(): Promise<string> {
      const answer = await house.json('POST', '/auth/login', { password })
      return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    },
    /** An access token of a family that has just begun, for anybody. */
    async mint(body: object = {}): Promise<string> {
      const answer = await house.json('POST', '/api/tokens/mint', body, {
        authorization: `Bearer ${localToken}`,
      })
      return ((await answer.json()) as { token: string }).token
    },
    /** Registers the app. */
    register: (client: object = app) =>
      house.json('POST', '/api/clients', client, { authorization: `Bearer ${localToken}` }),
    /** A person's yes: the code, and the verifier that belongs to it. */
    async consent(cookie: string, over: Record<string, string> = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const request = { ...requestOf(verifier), ...over }
      const answer = await house.json('POST', '/api/authorize', { request, allow: true }, { cookie })
      const { redirect = '' } = (await answer.json()) as { redirect?: string }
      const query = new URLSearchParams(redirect.split('?')[1])
      return { status: answer.status, redirect, verifier, code: query.get('code') ?? '' }
    },
    /** The whole way of an app to its first tokens. */
    async signInApp(over: Record<string, string> = {}): Promise<TokenAnswer> {
      const { code, verifier } = await house.consent(await house.signIn(), over)
      const answer = await house.form('/auth/token', {
        ...{ grant_type: 'authorization_code', client_id: app.id, code, code_verifier: verifier },
        redirect_uri: over['redirect_uri'] ?? app.redirect_uris[0] ?? '',
      })
      return (await answer.json()) as TokenAnswer
    },
    refresh: (token: string, over: Record<string, string> = {}) =>
      house.form('/auth/token', {
        ...{ grant_type: 'refresh_token', client_id: app.id, refresh_token: token, ...over },
      }),
    /** What the ledger and the alerts hold of tokens. */
    async told(): Promise<string[]> {
      const admin = await db.superuser()
      const { rows } = await admin.query<{ skill: string }>(
        "select skill from castellan.ledger where skill like 'token.%' or skill like 'alert.%' order by seq",
      )
      return rows.map((row) => row.skill)
    },
    close: () => db.close(),
  }
  return house
}

/** An authorization request as a well-made app sends it. */
export const requestOf = (verifier: string) => ({
  response_type: 'code',
  client_id: app.id,
  redirect_uri: app.redirect_uris[0] ?? '',
  scope: 'read chat',
  state: 'xyz',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})

export { homeOwner, homeTenant }
