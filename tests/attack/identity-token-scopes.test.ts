/**
 * Attack: a token reaches further than it was made for. Every route of the authority table, and some that have no row, is
 * asked with a personal token and an access token of each scope, before the real guards.
 */
import { scopes } from '@castellan/contracts'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorities } from '../../packages/server/src/http/authority.ts'
import { type AppEnv, createApp } from '../../packages/server/src/http/index.ts'
import {
  homeTenant,
  openTokenHouse,
  origin,
  type TokenHouse,
} from '../../packages/server/src/testing/token-house.ts'

/** All but the doors that programs of other kinds speak with. */
const listed = authorities.filter(({ path }) => /^\/(api|auth)\//.test(path))
let house: TokenHouse
let app: Hono<AppEnv>
/** What no row names: the owner's alone, in person. */
const unlisted = [
  ['GET', '/api/settings'],
  ['PUT', '/api/settings/:name'],
  ['POST', '/api/clients'],
  ['POST', '/api/tokens/mint'],
  ['POST', '/api/tokens/keys'],
  ['PUT', '/api/secrets/:name'],
] as const

beforeAll(async () => {
  house = await openTokenHouse()
  const rooms = new Hono<AppEnv>()
  const rows = [...listed.map(({ method, path }) => [method, path] as const), ...unlisted]
  for (const [method, path] of rows) rooms.on(method, path, (c) => c.json({ ok: true }))
  app = createApp({
    identify: house.identity.identify,
    hosts: { port: 7777, tls: false, public: [] },
    routes: { api: [below(rooms, '/api')], auth: [below(rooms, '/auth')] },
    ready: () => true,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
})
afterAll(() => house.close())

/** The rooms under one mount, as a sub-app of their own. */
function below(rooms: Hono<AppEnv>, mount: string): Hono<AppEnv> {
  const part = new Hono<AppEnv>()
  for (const { method, path, handler } of rooms.routes) {
    if (path.startsWith(`${mount}/`)) part.on(method, path.slice(mount.length), handler)
  }
  return part
}

async function ask(method: string, path: string, token: string): Promise<number> {
  const headers = { origin, authorization: `Bearer ${token}` }
  const answer = await app.request(
    `${origin}${path.replace(/:\w+/g, 'x')}`,
    { method, headers },
    {
      incoming: { socket: { remoteAddress: '127.0.0.1' } },
    },
  )
  await answer.body?.cancel()
  return answer.status
}

test.each(scopes)('a token for %s opens what the table gives it, and nothing else', async (scope) => {
  const cookie = await house.signIn()
  const made = await house.json('POST', '/api/tokens', { name: scope, scopes: [scope] }, { cookie })
  const { token: personal } = (await made.json()) as { token: string }
  const access = await house.mint({ scopes: [scope] })
  for (const token of [personal, access]) {
    for (const row of listed) {
      const expected = row.scope === scope && row.roles.includes('owner') ? 200 : 403
      expect(await ask(row.method, row.path, token), `${row.method} ${row.path}`).toBe(expected)
    }
    for (const [method, path] of unlisted) expect(await ask(method, path, token), path).toBe(403)
  }
})

test('a token for everything makes no token, changes no account and is no owner in person', async () => {
  const token = await house.mint({ scopes: [...scopes] })
  const closed = listed.filter((row) => row.scope === null)
  expect(closed.length).toBeGreaterThan(20)
  for (const { method, path } of [...closed, ...unlisted.map(([method, path]) => ({ method, path }))]) {
    expect(await ask(method, path, token), `${method} ${path}`).toBe(403)
  }
})

test('a viewer’s token opens what viewers may, and one of another tenant nothing of the house', async () => {
  const viewer = await house.mint({ role: 'viewer', scopes: [...scopes] })
  const tenant = '00000000-0000-4000-8000-0000000000c2' as typeof homeTenant
  await house.addPerson('owner', tenant)
  const other = await house.mint({ tenant, scopes: [...scopes] })
  for (const row of listed) {
    const opens = row.scope !== null
    const forViewers = opens && row.roles.includes('viewer') ? 200 : 403
    const forOthers = opens && row.tenants === 'every' && row.roles.includes('owner') ? 200 : 403
    expect(await ask(row.method, row.path, viewer), row.path).toBe(forViewers)
    expect(await ask(row.method, row.path, other), row.path).toBe(forOthers)
  }
})

test('a personal token of somebody who was disabled, or that was revoked or never made, is nobody’s', async () => {
  const cookie = await house.signIn()
  const made = await house.json('POST', '/api/tokens', { name: 'n', scopes: ['read'] }, { cookie })
  const { token, view } = (await made.json()) as { token: string; view: { id: string } }
  const [row] = listed.filter(({ scope }) => scope === 'read')
  if (row === undefined) throw new Error('nothing can be read')
  expect(await ask(row.method, row.path, token)).toBe(200)
  for (const bent of [
    token.slice(0, -1),
    `${token}x`,
    token.toUpperCase(),
    token.replace('csp_', 'csr_'),
    `csp_${'a'.repeat(43)}`,
  ]) {
    expect(await ask(row.method, row.path, bent)).toBe(401)
  }
  const admin = await house.db.superuser()
  await admin.query(
    "update castellan.people set disabled_at = now() where role = 'owner' and tenant_id = $1",
    [homeTenant],
  )
  expect(await ask(row.method, row.path, token)).toBe(401)
  await admin.query('update castellan.people set disabled_at = null')
  expect(await ask(row.method, row.path, token)).toBe(200)
  await house.json('DELETE', `/api/tokens/${view.id}`, undefined, { cookie })
  expect(await ask(row.method, row.path, token)).toBe(401)
})

test('nobody revokes another person’s token or app', async () => {
  const cookie = await house.signIn()
  const stranger = await house.addPerson('member')
  const token = await house.mint({ person: stranger })
  const admin = await house.db.superuser()
  const { rows } = await admin.query<{ id: string }>(
    'select id from castellan.token_families where person_id = $1',
    [stranger],
  )
  const theirs = await house.json('DELETE', `/api/grants/${rows[0]?.id}`, undefined, { cookie })
  expect(theirs.status).toBe(404)
  expect(await house.who(token)).toBeDefined()
})
