import { CastellanError, ErrorBody, errorCodes } from '@castellan/contracts'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { homeTenant, openDatabase } from '../database/index.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { peerReader } from './address.ts'
import { type AppParts, createApp } from './app.ts'
import { parseBody, parseQuery } from './body.ts'
import type { AppEnv } from './env.ts'
import { originsOf } from './hosts.ts'

const origin = 'http://localhost:7777'
const quiet = { info() {}, warn() {}, error() {} }

function serve(routes: Hono<AppEnv>, over: Partial<AppParts> = {}) {
  const app = createApp({
    identify: async () => ({ ...ownerIdentity, sessionId: 's' }),
    hosts: { port: 7777, tls: false, public: [] },
    routes: { api: [routes], auth: [] },
    ready: () => true,
    log: quiet,
    ...over,
  })
  return (path: string, init?: RequestInit) => Promise.resolve(app.request(origin + path, init))
}

const throwing = (error: unknown) =>
  serve(
    new Hono<AppEnv>().get('/x', () => {
      throw error
    }),
  )

test('answers every code of the registry with its status and the one form of body', async () => {
  for (const [code, { http }] of Object.entries(errorCodes)) {
    const details = { retryAfterMs: 1_500 }
    const error = new CastellanError(code as CastellanError['code'], 'What happened.', {
      hint: 'what to do',
      details,
    })
    const answer = await throwing(error)('/api/x')
    expect(answer.status).toBe(http)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.headers.get('www-authenticate')).toBe(http === 401 ? 'Bearer' : null)
    const body = ErrorBody.parse(await answer.json())
    expect(body.error).toEqual({ code, message: 'What happened.', hint: 'what to do', details })
  }
})

test('says that the database is gone when it is, not that it is our fault', async () => {
  const nowhere = openDatabase('postgres://castellan_app:x@127.0.0.1:9/none')
  const routes = new Hono<AppEnv>().get('/x', async (c) => {
    await nowhere.as(homeTenant).selectFrom('castellan.sessions').selectAll().execute()
    return c.body(null)
  })
  const answer = await serve(routes)('/api/x')
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ error: { code: 'database_unavailable' } })
  const identify = () => nowhere.pool.query('select 1').then(() => undefined)
  expect((await serve(routes, { identify })('/api/x')).status).toBe(503)
  await nowhere.close()
})

test('answers readiness as it is', async () => {
  for (const ready of [true, false]) {
    const answer = await serve(new Hono<AppEnv>(), { ready: () => ready })('/readyz')
    expect([answer.status, await answer.json()]).toEqual([ready ? 200 : 503, { ready }])
  }
})

test('answers JSON to programs and the page to browsers, whatever the path', async () => {
  const pages = (path: string) => (path.endsWith('.js') ? undefined : new Response('page'))
  const send = serve(new Hono<AppEnv>(), { pages })
  for (const path of ['/', '/chat/5', '/signin', '/apiary'])
    expect(await (await send(path)).text()).toBe('page')
  for (const path of ['/api', '/api/x', '/auth/x', '/v1/models', '/graphql', '/webhooks/x', '/old.js']) {
    expect(await (await send(path)).json()).toMatchObject({ error: { code: 'not_found' } })
  }
})

test('parses queries through a schema and refuses a parameter given twice', async () => {
  const Query = z.object({
    limit: z.coerce.number().int().max(100).default(20),
    skill: z.string().optional(),
  })
  const send = serve(new Hono<AppEnv>().get('/x', (c) => c.json(parseQuery(c, Query))))
  expect(await (await send('/api/x?limit=5&skill=a%20b')).json()).toEqual({ limit: 5, skill: 'a b' })
  expect(await (await send('/api/x')).json()).toEqual({ limit: 20 })
  for (const query of ['limit=5&limit=6', 'limit=1000', 'limit=x', '__proto__=1&__proto__=2']) {
    expect((await send(`/api/x?${query}`)).status).toBe(400)
  }
})

test('names the paths that are wrong in a body, and not what was in them', async () => {
  const Body = z.strictObject({ name: z.string().max(3), list: z.array(z.number()) })
  const send = serve(new Hono<AppEnv>().post('/x', async (c) => c.json(await parseBody(c, Body))))
  const body = JSON.stringify({ name: 'hunter2', list: [1, 'secret'], extra: 1 })
  const answer = await send('/api/x', {
    method: 'POST',
    body,
    headers: { origin, 'content-type': 'application/json' },
  })
  const text = await answer.text()
  for (const path of ['name:', 'list.1:', 'extra']) expect(text).toContain(path)
  expect(text).not.toMatch(/hunter2|secret/)
})

test('reads the sender through the proxies it was told about only', () => {
  const read = peerReader(['10.0.0.0/8', '2001:db8::/32', '127.0.0.1'])
  expect(read('203.0.113.5', '1.2.3.4')).toEqual({ address: '203.0.113.5', fromLoopback: false })
  expect(read('10.0.0.1', '9.9.9.9, 1.2.3.4, 10.0.0.2')).toEqual({ address: '1.2.3.4', fromLoopback: false })
  expect(read('2001:db8::1', '::ffff:1.2.3.4')).toEqual({ address: '1.2.3.4', fromLoopback: false })
  expect(read('127.0.0.1', '1.2.3.4')).toEqual({ address: '1.2.3.4', fromLoopback: true })
  expect(read('10.0.0.1', undefined)).toEqual({ address: '10.0.0.1', fromLoopback: false })
  expect(read('fe80::1%eth0', undefined)).toEqual({ address: 'fe80::1', fromLoopback: false })
  expect(read(undefined, '1.2.3.4')).toEqual({ address: 'unknown', fromLoopback: false })
  for (const range of ['10.0.0.0/33', 'localhost', '10.0.0.0/8/8', '', '10.0.0.0/x']) {
    expect(() => peerReader([range])).toThrow(TypeError)
  }
})

test('knows its origins, with the default port left out', () => {
  const origins = originsOf({ port: 443, tls: true, public: ['castle.example', 'https://b.example:8443/'] })
  expect(origins.canonical).toBe('https://localhost')
  expect(origins.byHost('localhost')).toEqual({ url: 'https://localhost', secure: true, loopback: true })
  expect(origins.byHost('B.example:8443')?.url).toBe('https://b.example:8443')
  expect(origins.isOurs('https://castle.example')).toBe(true)
  expect(origins.isOurs('http://castle.example')).toBe(false)
  expect(origins.isOurs('https://127.0.0.1')).toBe(false)
  for (const bad of ['ftp://x', 'https://x/path', 'https://u@x', 'https://x?q', '']) {
    expect(() => originsOf({ port: 443, tls: true, public: [bad] })).toThrow(TypeError)
  }
})
