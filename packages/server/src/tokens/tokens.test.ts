/** Tokens through their doors: an app signs in, refreshes, is revoked; keys rotate; what others read is what they need. */
import {
  Clients,
  ConsentResult,
  Grants,
  NewPersonalToken,
  PersonalTokens,
  TokenAnswer,
} from '@castellan/contracts'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type * as z from 'zod'
import {
  app,
  homeOwner,
  homeTenant,
  openTokenHouse,
  origin,
  requestOf,
  type TokenHouse,
} from '../testing/token-house.ts'

const day = 86_400_000
let house: TokenHouse

beforeAll(async () => {
  house = await openTokenHouse()
  await house.register()
})
afterAll(() => house.close())
beforeEach(() => {
  house.state.fresh = true
})

const parsed = async <T>(schema: z.ZodType<T>, answer: Response | Promise<Response>): Promise<T> =>
  schema.parse(await (await answer).json())
const jwks = async () => (await (await house.send('/.well-known/jwks.json')).json()) as JSONWebKeySet

describe('an access token', () => {
  test('says in Hasura’s names who it stands for, and verifies by the published keys alone', async () => {
    const { access_token: token, expires_in } = await house.signInApp()
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', kid: expect.any(String), typ: 'at+jwt' })
    const { payload } = await jwtVerify(token, createLocalJWKSet(await jwks()), {
      issuer: origin,
      audience: 'castellan:home',
      typ: 'at+jwt',
    })
    expect(payload).toMatchObject({
      sub: homeOwner,
      scope: 'read chat',
      'https://hasura.io/jwt/claims': {
        'x-hasura-default-role': 'owner',
        'x-hasura-allowed-roles': ['owner', 'member', 'viewer'],
        'x-hasura-user-id': homeOwner,
        'x-hasura-tenant-id': homeTenant,
      },
    })
    expect(expires_in).toBe(900)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
  })

  test('stands for its person, and no longer once they are disabled', async () => {
    const person = await house.addPerson('member')
    const token = await house.mint({ person, scopes: ['data'] })
    expect(await house.who(token)).toEqual({
      tenant: homeTenant,
      person,
      role: 'member',
      principal: `member:${person}`,
      via: 'access-token',
      scopes: ['data'],
    })
    await house.tokens.endAccess(house.db.database.as(homeTenant), { tenant: homeTenant, person })
    expect(await house.who(token)).toBeUndefined()
  })

  test('lives five seconds beyond its time at most', async () => {
    const token = await house.mint({ minutes: 1 })
    house.advance(63_000)
    expect(await house.who(token)).toBeUndefined()
    house.advance(-63_000)
  })
})

describe('an app', () => {
  test('is given a code by a person’s yes and trades it for tokens', async () => {
    const { redirect } = await house.consent(await house.signIn())
    expect(redirect).toMatch(/^com\.example\.notes:\/callback\?code=cac_[\w-]{43}&state=xyz&iss=/)
    const given = await house.signInApp()
    expect(given).toMatchObject({ token_type: 'Bearer', scope: 'read chat' })
    expect(given.refresh_token).toMatch(/^csr_/)
    expect(await house.who(given.access_token)).toMatchObject({ role: 'owner', scopes: ['read', 'chat'] })
  })

  test('may listen on any port of this machine', async () => {
    const given = await house.signInApp({ redirect_uri: 'http://127.0.0.1:49152/cb' })
    expect(given.access_token).toBeDefined()
  })

  test('refreshes with a new token each time, for less when it asks for less', async () => {
    const { refresh_token } = await house.signInApp()
    const next = await parsed(TokenAnswer, house.refresh(refresh_token))
    expect(next).toMatchObject({ scope: 'read chat' })
    const less = await parsed(TokenAnswer, house.refresh(next.refresh_token, { scope: 'read' }))
    expect(less).toMatchObject({ scope: 'read' })
    expect(decodeJwt(less.access_token)['scope']).toBe('read')
    const again = await parsed(TokenAnswer, house.refresh(less.refresh_token))
    expect(again).toMatchObject({ scope: 'read chat' })
  })

  test('is signed out after thirty idle days, and after half a year in any case', async () => {
    const late = await openTokenHouse()
    await late.register()
    const idle = await late.signInApp()
    late.advance(30 * day + 1000)
    expect((await late.refresh(idle.refresh_token)).status).toBe(400)
    let { refresh_token: token } = await late.signInApp()
    let refreshed = 0
    for (; refreshed < 12; refreshed += 1) {
      late.advance(20 * day)
      const answer = await late.refresh(token)
      if (answer.status !== 200) break
      token = (await parsed(TokenAnswer, answer)).refresh_token
    }
    expect(refreshed).toBe(8)
    await late.close()
  })

  test('is listed with its person, and ends at once when they say so', async () => {
    const { access_token, refresh_token } = await house.signInApp()
    const cookie = await house.signIn()
    const { grants } = await parsed(Grants, house.send('/api/grants', { headers: { cookie } }))
    expect(grants[0]).toMatchObject({ name: 'Notes', client: 'notes', scopes: ['read', 'chat'] })
    expect(await house.who(access_token)).toBeDefined()
    const gone = await house.json('DELETE', `/api/grants/${grants[0]?.id}`, undefined, { cookie })
    expect(gone.status).toBe(204)
    expect(await house.who(access_token)).toBeUndefined()
    expect((await house.refresh(refresh_token)).status).toBe(400)
  })

  test('gives its tokens back, and an unknown one is no failure', async () => {
    const { access_token, refresh_token } = await house.signInApp()
    const back = await house.form('/auth/revoke', { token: refresh_token, client_id: app.id })
    expect(back.status).toBe(200)
    expect(await house.who(access_token)).toBeUndefined()
    const unknown = await house.form('/auth/revoke', { token: 'csr_unknown', client_id: app.id })
    expect(unknown.status).toBe(200)
  })

  test('that is removed is signed out everywhere, in every tenant', async () => {
    const other = await openTokenHouse()
    await other.register()
    const { access_token } = await other.signInApp()
    expect(await other.who(access_token)).toBeDefined()
    const gone = await other.json('DELETE', '/api/clients/notes', undefined, {
      authorization: `Bearer ${other.localToken}`,
    })
    expect(gone.status).toBe(204)
    expect(await other.who(access_token)).toBeUndefined()
    await other.close()
  })

  test('is shown to the person with what it asks for', async () => {
    const cookie = await house.signIn()
    const query = new URLSearchParams(requestOf('v'.repeat(43)))
    const entry = await house.send(`/auth/authorize?${query}`, { redirect: 'manual' })
    expect(entry.status).toBe(302)
    const [page, asked = ''] = (entry.headers.get('location') ?? '').split('?request=')
    expect([page, Buffer.from(asked, 'base64url').toString()]).toEqual(['/authorize', query.toString()])
    const view = await house.send(`/api/authorize?${query}`, { headers: { cookie } })
    expect(await view.json()).toEqual({
      client: { id: 'notes', name: 'Notes' },
      scopes: ['read', 'chat'],
      redirect_uri: 'com.example.notes:/callback',
    })
    const no = await house.json(
      'POST',
      '/api/authorize',
      { request: requestOf('v'.repeat(43)), allow: false },
      { cookie },
    )
    const { redirect } = await parsed(ConsentResult, no)
    expect(redirect).toMatch(/^com\.example\.notes:\/callback\?error=access_denied&/)
  })
})

describe('a personal token', () => {
  test('is shown once, listed with its last use, and ends at once', async () => {
    const cookie = await house.signIn()
    const made = await house.json('POST', '/api/tokens', { name: 'backup', scopes: ['data'] }, { cookie })
    expect(made.status).toBe(201)
    const { token, view } = await parsed(NewPersonalToken, made)
    expect(token).toMatch(/^csp_[\w-]{43}$/)
    expect(await house.who(token)).toMatchObject({ via: 'personal-token', scopes: ['data'], role: 'owner' })
    const text = await (await house.send('/api/tokens', { headers: { cookie } })).text()
    expect(text).not.toContain(token)
    expect(JSON.parse(text).tokens[0]).toMatchObject({ name: 'backup', last_address: '203.0.113.9' })
    const gone = await house.json('DELETE', `/api/tokens/${view.id}`, undefined, { cookie })
    expect(gone.status).toBe(204)
    expect(await house.who(token)).toBeUndefined()
  })

  test('expires when it was made to', async () => {
    const cookie = await house.signIn()
    const made = await house.json(
      'POST',
      '/api/tokens',
      { name: 'short', scopes: ['read'], days: 1 },
      { cookie },
    )
    const { token } = await parsed(NewPersonalToken, made)
    house.advance(day + 1000)
    expect(await house.who(token)).toBeUndefined()
    house.advance(-day - 1000)
  })

  test('needs a person who has just shown who they are', async () => {
    const cookie = await house.signIn()
    house.state.fresh = false
    const made = await house.json('POST', '/api/tokens', { name: 'x', scopes: ['read'] }, { cookie })
    expect(made.ok).toBe(false)
    const { tokens } = await parsed(PersonalTokens, house.send('/api/tokens', { headers: { cookie } }))
    expect(tokens.map((each) => each.name)).not.toContain('x')
  })

  test('is not the fifty-first', async () => {
    const many = await openTokenHouse()
    const cookie = await many.signIn()
    const make = () => many.json('POST', '/api/tokens', { name: 'n', scopes: ['read'] }, { cookie })
    const made = await Promise.all(Array.from({ length: 60 }, make))
    expect(made.filter((answer) => answer.status === 201)).toHaveLength(50)
    expect(made.filter((answer) => answer.status === 409)).toHaveLength(10)
    await many.close()
  })
})

test('registering and removing an app and turning the keys need an owner who has just shown who they are', async () => {
  const cookie = await house.signIn()
  const client = { id: 'late', name: 'Late', redirect_uris: ['com.example.late:/callback'] }
  house.state.fresh = false
  const keys = async () => (await house.tokens.keyring.list()).map(({ kid }) => kid)
  const before = await keys()
  for (const [method, path, body] of [
    ['POST', '/api/clients', client],
    ['DELETE', `/api/clients/${app.id}`, undefined],
    ['POST', '/api/tokens/keys', { at_once: true }],
  ] as const)
    expect((await house.json(method, path, body, { cookie })).ok, path).toBe(false)
  const { clients } = await parsed(Clients, house.send('/api/clients', { headers: { cookie } }))
  expect(clients.map(({ id }) => id)).toEqual([app.id])
  expect(await keys()).toEqual(before)
})
