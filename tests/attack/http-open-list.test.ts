/** Attack: reach a route without signing in, by finding one that forgot its guard or by spelling a path another way. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentRoutes } from '../../packages/server/src/agent/index.ts'
import { settingsRoutes } from '../../packages/server/src/configuration/index.ts'
import { healthRoutes } from '../../packages/server/src/doctor/index.ts'
import { factorAccountRoutes } from '../../packages/server/src/factors/index.ts'
import { createApp, makeMetrics, openRoutes } from '../../packages/server/src/http/index.ts'
import { ledgerRoutes } from '../../packages/server/src/ledger/index.ts'
import { memoryRoutes } from '../../packages/server/src/memory/index.ts'
import { modelRoutes } from '../../packages/server/src/models/index.ts'
import { accountRoutes, peopleRoutes } from '../../packages/server/src/people/index.ts'
import { questionRoutes } from '../../packages/server/src/questions/index.ts'
import { secretRoutes } from '../../packages/server/src/vault/index.ts'
import { type House, openHouse, origin, unguarded } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

test('refuses every route of the router that is not on the open list', async () => {
  const { asked, answered } = await unguarded(house.app.routes, house.send)
  expect(asked).toBeGreaterThan(10)
  expect(answered).toEqual([])
})

test('puts the guards before everything, and nothing else in their place', () => {
  const { routes } = house.app
  const first = routes.slice(0, 5)
  expect(first.map(({ method, path, handler }) => `${method} ${path} ${handler.name}`)).toEqual([
    'ALL /* dressAnswer',
    'ALL /* guardHost',
    'ALL /* guardOrigin',
    'ALL /* guardBody',
    'ALL /* guardSession',
  ])
  const others = routes.slice(5).filter(({ method }) => method === 'ALL')
  expect(others.map(({ path, handler }) => `${path} ${handler.name}`)).toEqual(['/auth/* limitKnocking'])
})

test('refuses every route of the capabilities, mounted as main.ts mounts them', async () => {
  // Routes refuse before they touch what they are made from, so they need nothing real.
  const nothing = {} as never
  const api = [
    agentRoutes(nothing),
    questionRoutes(nothing, nothing),
    factorAccountRoutes(nothing),
    ledgerRoutes(nothing),
    modelRoutes(nothing),
    memoryRoutes(nothing),
    secretRoutes(nothing),
    settingsRoutes(nothing, nothing, nothing),
    healthRoutes(nothing),
    peopleRoutes(nothing, nothing),
    accountRoutes(nothing, nothing),
  ]
  const app = createApp({
    identify: async () => undefined,
    hosts: { port: 7777, tls: false, public: [] },
    routes: { api, auth: [], metrics: makeMetrics('token', []).routes },
    ready: () => true,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const { asked, answered } = await unguarded(app.routes, async (path, init) =>
    app.request(origin + path, init),
  )
  expect(asked).toBeGreaterThan(25)
  expect(answered).toEqual([])
})

test('keeps the open list as short as it is', () => {
  expect(openRoutes.map((r) => `${r.method} ${r.path}`)).toEqual([
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /v1/models',
    'POST /v1/chat/completions',
    'POST /v1/embeddings',
    'GET /auth/state',
    'POST /auth/login',
    'POST /auth/passkey/options',
    'POST /auth/passkey',
    'POST /auth/second/options',
    'POST /auth/second',
    'POST /auth/link',
    'POST /auth/invitations/look',
    'POST /auth/invitations/accept',
    'POST /auth/recover',
    'POST /auth/recover/finish',
    'POST /auth/email/confirm',
    'POST /auth/email/cancel',
    'POST /auth/pair/hello',
    'POST /auth/pair/redeem',
    'POST /auth/pair/status',
    'POST /auth/device/nonce',
    'POST /auth/device/token',
    'GET /auth/providers/:name/start',
    'GET /auth/providers/:name/callback',
    'POST /auth/providers/:name/callback',
    'POST /graphql',
    'GET /auth/authorize',
    'POST /auth/token',
    'POST /auth/revoke',
    'GET /.well-known/jwks.json',
    'GET /.well-known/oauth-authorization-server',
    'GET /.well-known/apple-app-site-association',
    'GET /.well-known/assetlinks.json',
    'GET /*',
  ])
})

describe('a guarded route spelled another way', () => {
  const spellings = [
    '/api/things',
    '/api/things/',
    '/api/../api/things',
    '/x/../api/things',
    '/api/./things',
    '/api/%2e/things',
    '/x/%2e%2e/api/things',
    '/healthz/../api/things',
    '/healthz/%2e%2e/api/things',
    '/%61pi/things',
    '/api/th%69ngs',
    '/api//things',
    '//api/things',
    '/api/things/.',
    '/api/things/..',
    '/api%2fthings',
    '/api;/things',
    '/api/things;x=1',
    '/API/things',
    '/api/things%00',
    '/api/things%2f..%2f..%2fhealthz',
    '/api\\things',
    '/healthz/things',
    '/auth/state/../links',
    '/auth/state/',
    '/api/things?x=/healthz',
    '/api/things#/healthz',
  ]
  for (const path of spellings) {
    test(`tells nothing for ${path}`, async () => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']) {
        const answer = await house.send(path, { method, headers: { origin } })
        expect(await answer.text()).not.toContain('the owner')
        expect([401, 404]).toContain(answer.status)
      }
    })
  }

  test('does nothing', () => {
    expect(house.rooms.done).toBe(0)
  })
})

test('does not let a header or parameter change the method', async () => {
  const cookie = await house.signIn()
  for (const headers of [
    { 'x-http-method-override': 'DELETE' },
    { 'x-method-override': 'DELETE' },
    { 'x-http-method': 'DELETE' },
  ]) {
    await house.send('/api/things?_method=DELETE', {
      headers: { cookie, ...headers } as Record<string, string>,
    })
  }
  expect(house.rooms.done).toBe(0)
})

test('answers HEAD and OPTIONS of a guarded route like GET: not at all', async () => {
  for (const method of ['HEAD', 'OPTIONS']) {
    const answer = await house.send('/api/things', { method })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('allow')).toBeNull()
  }
})

test('refuses /internal before it reads the body, session or not', async () => {
  const cookie = await house.signIn()
  for (const headers of [{}, { cookie }, { authorization: 'Bearer wrong' }] as Record<string, string>[]) {
    const body = new ReadableStream(
      {
        pull() {
          throw new Error('the body was read')
        },
      },
      { highWaterMark: 0 },
    )
    const init = { method: 'POST', body, duplex: 'half' as const, headers: { origin, ...headers } }
    const answer = await house.send('/internal/plugins', init)
    expect(answer.status).toBe(401)
  }
})

test('tells the same of a path that exists and one that does not', async () => {
  const [real, unreal] = await Promise.all([house.send('/api/things'), house.send('/api/nothing')])
  expect([real.status, unreal.status]).toEqual([401, 401])
  expect(await real.text()).toBe(await unreal.text())
})
