import { randomUUID } from 'node:crypto'
import type { AlertList, AlertView, Event } from '@castellan/contracts'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Tenant } from '../database/index.ts'
import type { AppEnv, Identity } from '../http/index.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { alertRoutes, raise, watchAlerts } from './index.ts'

let db: TestDatabase
const member = { ...ownerIdentity, person: randomUUID(), role: 'member' } as Identity
const stranger = { ...ownerIdentity, tenant: randomUUID(), person: randomUUID() } as Identity

beforeAll(async () => {
  db = await testDatabase()
  const admin = await db.superuser()
  await admin.query("insert into castellan.tenants (id, name) values ($1, 'next door')", [stranger.tenant])
  for (const [{ tenant, person, role }, name] of [
    [member, 'Mia'],
    [stranger, 'Sam'],
  ] as const) {
    await admin.query('insert into castellan.people (id, tenant_id, role, name) values ($1, $2, $3, $4)', [
      person,
      tenant,
      role,
      name,
    ])
  }
})
afterAll(() => db.close())
beforeEach(async () => {
  await (await db.superuser()).query('delete from castellan.alerts')
})

const tell = (sentence: string, person: string | null = null, tenant: Tenant = db.tenant) =>
  db.database
    .as(tenant)
    .transaction()
    .execute((transaction) =>
      raise(transaction, tenant, { kind: 'test.happened', sentence, facts: { address: '::1' } }, person),
    )

const ask = async (who: Identity, path = '/alerts', init: RequestInit = {}) => {
  const app = new Hono<AppEnv>().use(async (c, next) => {
    c.set('identity', who)
    await next()
  })
  app.onError((error, c) => c.json({ code: (error as { code?: string }).code }, 400))
  app.route('/', alertRoutes(db.database))
  return app.request(path, init)
}
const listOf = async (who: Identity, path?: string) => (await (await ask(who, path)).json()) as AlertList
const sentences = async (who: Identity) => (await listOf(who)).alerts.map(({ sentence }) => sentence)

test('shows an alert to whom it concerns, and one for nobody in particular to the owner', async () => {
  await tell('The house was tried.')
  await tell('Your token was stolen.', member.person)
  await tell('Other people’s trouble.', null, stranger.tenant)
  expect(await sentences(ownerIdentity)).toEqual(['The house was tried.'])
  expect(await sentences(member)).toEqual(['Your token was stolen.'])
  expect(await sentences(stranger)).toEqual(['Other people’s trouble.'])
})

test('goes away once it was seen, and only by whom it concerns', async () => {
  await tell('Your token was stolen.', member.person)
  const [alert] = (await listOf(member)).alerts
  const path = `/alerts/${alert?.id}/seen`
  for (const who of [ownerIdentity, stranger])
    expect(await (await ask(who, path, { method: 'POST' })).json()).toEqual({ code: 'not_found' })
  const seen = (await (await ask(member, path, { method: 'POST' })).json()) as AlertView
  expect(seen.seen_at).not.toBeNull()
  expect(await (await ask(member, path, { method: 'POST' })).json()).toEqual(seen)
  expect(await listOf(member)).toEqual({ alerts: [], total: 0 })
  expect(await listOf(member, '/alerts?seen=true')).toEqual({ alerts: [seen], total: 1 })
})

test('counts what happens again before anyone looks, and begins anew after that', async () => {
  for (let n = 0; n < 3; n++) await tell('The house was tried.')
  const [alert] = (await listOf(ownerIdentity)).alerts
  expect(alert).toMatchObject({ times: 3, facts: { address: '::1' } })
  await ask(ownerIdentity, `/alerts/${alert?.id}/seen`, { method: 'POST' })
  await tell('The house was tried.')
  expect((await listOf(ownerIdentity)).alerts).toMatchObject([{ times: 1 }])
})

test('lists the newest hundred and says how many there are', async () => {
  for (let n = 0; n < 103; n++) await tell(`Attempt ${n}.`)
  const { alerts, total } = await listOf(ownerIdentity)
  expect([alerts.length, alerts[0]?.sentence, total]).toEqual([100, 'Attempt 102.', 103])
})

test('is recorded with what it belongs to, and undone with it', async () => {
  const before = await db.database.as(db.tenant).selectFrom('castellan.ledger').select('seq').execute()
  const broken = db.database
    .as(db.tenant)
    .transaction()
    .execute(async (transaction) => {
      await raise(transaction, db.tenant, { kind: 'test.happened', sentence: 'No.', facts: {} }, null)
      throw new Error('the rest failed')
    })
  await expect(broken).rejects.toThrow('the rest failed')
  await tell('Yes.')
  expect(await sentences(ownerIdentity)).toEqual(['Yes.'])
  const rows = await db.database.as(db.tenant).selectFrom('castellan.ledger').selectAll().execute()
  expect(rows.length).toBe(before.length + 1)
  expect(rows.at(-1)).toMatchObject({ kind: 'admin', skill: 'alert.test.happened', principal: ['system'] })
})

test('takes any text of strangers, cut to what a page can show', async () => {
  const facts = { name: `\0\ud800${'x'.repeat(600)}` }
  await db.database
    .as(db.tenant)
    .transaction()
    .execute((transaction) =>
      raise(transaction, db.tenant, { kind: 'test.named', sentence: 'A name.', facts }, null),
    )
  const [alert] = (await listOf(ownerIdentity)).alerts
  expect(alert?.facts['name']).toBe(`\ufffd${'x'.repeat(499)}`)
})

test('tells open pages when alerts come or were seen, and never of one that did not happen', async () => {
  const heard: Event[] = []
  const look = watchAlerts(db.database, (_tenant, event) => heard.push(event))
  await look(db.tenant)
  await look(db.tenant)
  expect(heard).toEqual([])
  await tell('The house was tried.')
  await look(db.tenant)
  expect(heard).toEqual([{ type: 'alerts' }])
  const [alert] = (await listOf(ownerIdentity)).alerts
  await ask(ownerIdentity, `/alerts/${alert?.id}/seen`, { method: 'POST' })
  await look(db.tenant)
  expect(heard).toHaveLength(2)
})

test('takes no kind that is not a stable name', async () => {
  const wrong = raise(db.database.as(db.tenant), db.tenant, { kind: 'Oh no', sentence: 'x', facts: {} }, null)
  await expect(wrong).rejects.toThrow(TypeError)
})
