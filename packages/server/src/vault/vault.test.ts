import { randomBytes, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { SecretView } from '@castellan/contracts'
import { Hono } from 'hono'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { AppEnv } from '../http/env.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { createLeakScan, openVault, secretRoutes, type Vault } from './index.ts'

const base = randomBytes(48).toString('base64')
const otherBase = randomBytes(48).toString('base64')
const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
let db: TestDatabase
let superuser: pg.Client
let vault: Vault

beforeAll(async () => {
  db = await testDatabase()
  superuser = await db.superuser()
})
afterAll(() => db.close())
beforeEach(async () => {
  await superuser.query('delete from castellan.secrets; delete from castellan.leak_traces')
  vault = openVault({
    database: db.database,
    secretKeyBase: base,
    guarded: { ADMIN_PASSWORD: 'Zq7!vTr2mKx9' },
  })
})

const spend = (from: Vault, name: string) => from.spend(db.tenant, name, async (lent) => lent)
const names = async (from = vault) => (await from.list(db.tenant)).map((each) => each.name)

describe('a secret', () => {
  test('is lent, replaced and removed', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    expect(await spend(vault, 'API_KEY')).toBe(value)
    await vault.set(db.tenant, 'API_KEY', 'api-key', 'another-value')
    expect(await spend(vault, 'API_KEY')).toBe('another-value')
    expect(await vault.has(db.tenant, 'API_KEY')).toBe(true)
    expect(await vault.unset(db.tenant, 'API_KEY')).toBe(true)
    expect(await vault.unset(db.tenant, 'API_KEY')).toBe(false)
    expect(await vault.has(db.tenant, 'API_KEY')).toBe(false)
    await expect(spend(vault, 'API_KEY')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('shows when it was used, and nothing of its value', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    expect(await vault.list(db.tenant)).toMatchObject([
      { name: 'API_KEY', kind: 'api-key', last_used_at: null, readable: true },
    ])
    await spend(vault, 'API_KEY')
    const [listed] = await vault.list(db.tenant)
    expect(z.iso.datetime().safeParse(listed?.last_used_at).success).toBe(true)
    expect(JSON.stringify(listed)).not.toContain(value)
    expect(inspect(vault, { depth: 9, showHidden: true })).not.toContain(value)
  })

  test.each(['A', 'a.b-c_d', 'model/claude-3', 'x'.repeat(100), '9lives'])(
    'may be named %s',
    async (name) => {
      await vault.set(db.tenant, name, 'other', value)
      expect(await names()).toEqual([name])
    },
  )

  test.each(['', '~key-check', 'a b', 'a/b/c', '/a', 'model/', 'x'.repeat(101), '../a', 'a\0b', 'é', '_A'])(
    'may not be named %j',
    async (name) => {
      await expect(vault.set(db.tenant, name, 'other', value)).rejects.toMatchObject({ code: 'bad_request' })
      expect(await names()).toEqual([])
      expect(await vault.has(db.tenant, name)).toBe(false)
      await expect(spend(vault, name)).rejects.toMatchObject({ code: 'not_found' })
    },
  )

  test.each(['', '1234567', 'x'.repeat(65_537), 'half a pair \ud800'])('may not be %#', async (bad) => {
    const refusal = vault.set(db.tenant, 'NAME', 'other', bad)
    await expect(refusal).rejects.toMatchObject({ code: 'bad_request' })
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('1234567') })
  })

  test('belongs to one tenant', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    const stranger = randomUUID() as typeof db.tenant
    expect(await vault.list(stranger)).toEqual([])
    await expect(vault.spend(stranger, 'API_KEY', async (lent) => lent)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect((await vault.leakIndex(stranger)).secrets.map((each) => each.name)).not.toContain('API_KEY')
  })

  test('is set and removed on the record, without its value', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    await vault.unset(db.tenant, 'API_KEY')
    const { rows } = await superuser.query(
      'select skill, body::text from castellan.ledger l join castellan.ledger_bodies b using (tenant_id, seq) order by seq desc limit 2',
    )
    expect(rows).toEqual([
      { skill: 'secrets.unset', body: '{"args":{"name":"API_KEY"}}' },
      { skill: 'secrets.set', body: '{"args":{"name":"API_KEY","kind":"api-key"}}' },
    ])
  })

  test('does not come back in an error', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    const failing = vault.spend(db.tenant, 'API_KEY', async (lent) => {
      throw new Error(`401 for ${lent}`, {
        cause: new Error(`header: ${Buffer.from(lent).toString('base64')}`),
      })
    })
    const error = await failing.catch((each: unknown) => each)
    expect(error).toMatchObject({ message: expect.stringMatching(/^401 for \*\*\*REDACTED\*\*\*$/) })
    expect(inspect(error, { depth: 5 })).not.toMatch(/4fZ9qTnW|NGZaOXFUblc|1mWjlxVG5X|0Zlo5cVRuV/)
  })
})

describe('a SECRET_KEY_BASE', () => {
  test.each(['', 'short', 'x'.repeat(31)])('of under 32 bytes is refused', (secretKeyBase) => {
    expect(() => openVault({ database: db.database, secretKeyBase })).toThrow(
      expect.objectContaining({ code: 'bad_configuration' }),
    )
  })

  test('that fits passes, from the first start on', async () => {
    expect(await vault.check(db.tenant)).toEqual({ ok: true })
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    expect(await openVault({ database: db.database, secretKeyBase: base }).check(db.tenant)).toEqual({
      ok: true,
    })
    expect(await names()).toEqual(['API_KEY'])
  })

  test('that changed is noticed, and nothing is overwritten', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    const changed = openVault({ database: db.database, secretKeyBase: otherBase })
    const before = (await superuser.query('select * from castellan.secrets order by name')).rows
    expect(await changed.check(db.tenant)).toMatchObject({
      ok: false,
      keyChanged: true,
      unreadable: ['API_KEY'],
      problem: expect.stringContaining('API_KEY'),
      hint: expect.stringContaining('put the old SECRET_KEY_BASE back'),
    })
    await expect(spend(changed, 'API_KEY')).rejects.toMatchObject({ code: 'secret_unreadable' })
    await expect(changed.set(db.tenant, 'API_KEY', 'api-key', 'new-value')).rejects.toMatchObject({
      code: 'conflict',
    })
    expect((await changed.list(db.tenant)).map((each) => each.readable)).toEqual([false])
    expect((await changed.leakIndex(db.tenant)).secrets.map((each) => each.name)).toEqual(['SECRET_KEY_BASE'])
    expect((await superuser.query('select * from castellan.secrets order by name')).rows).toEqual(before)
    expect(await vault.check(db.tenant)).toEqual({ ok: true })
    expect(await spend(vault, 'API_KEY')).toBe(value)
  })

  test('that changed before anything was stored is noticed', async () => {
    await vault.check(db.tenant)
    const changed = openVault({ database: db.database, secretKeyBase: otherBase })
    expect(await changed.check(db.tenant)).toMatchObject({ ok: false, keyChanged: true, unreadable: [] })
  })

  test('that was lost is got over by entering each secret again', async () => {
    for (const name of ['A_KEY', 'B_KEY']) await vault.set(db.tenant, name, 'api-key', value)
    const changed = openVault({ database: db.database, secretKeyBase: otherBase })
    await changed.set(db.tenant, 'NEW_KEY', 'api-key', value)
    await changed.unset(db.tenant, 'A_KEY')
    expect(await changed.check(db.tenant)).toMatchObject({ ok: false, unreadable: ['B_KEY'] })
    await changed.unset(db.tenant, 'B_KEY')
    expect(await changed.check(db.tenant)).toEqual({ ok: true })
    expect(await spend(changed, 'NEW_KEY')).toBe(value)
  })

  test('that fits, beside a row that was altered, is not blamed', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    await superuser.query("update castellan.secrets set value = value || 'AAAA' where name = 'API_KEY'")
    expect(await vault.check(db.tenant)).toMatchObject({
      ok: false,
      keyChanged: false,
      unreadable: ['API_KEY'],
    })
  })
})

describe('what leaves', () => {
  test('is scanned for every value as it is now, whoever stored it', async () => {
    const elsewhere = openVault({ database: db.database, secretKeyBase: base })
    const scan = createLeakScan(vault)
    expect(await scan(db.tenant, randomUUID(), value)).toEqual([])
    await elsewhere.set(db.tenant, 'API_KEY', 'api-key', value)
    expect(await scan(db.tenant, randomUUID(), Buffer.from(`x${value}`).toString('base64'))).toEqual([
      'API_KEY',
    ])
    expect(await scan(db.tenant, randomUUID(), encodeURIComponent('Zq7!vTr2mKx9'))).toEqual([
      'ADMIN_PASSWORD',
    ])
    expect(await scan(db.tenant, randomUUID(), base)).toEqual(['SECRET_KEY_BASE'])
    await elsewhere.set(db.tenant, 'API_KEY', 'api-key', 'a-newer-VALUE-77')
    expect(await scan(db.tenant, randomUUID(), value)).toEqual([])
    await elsewhere.unset(db.tenant, 'API_KEY')
    expect(await scan(db.tenant, randomUUID(), 'a-newer-VALUE-77')).toEqual([])
  })

  test('in parts is put together over the calls of a run, a restart in between', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    const run = randomUUID()
    expect(await vault.leaks(db.tenant, run, `a=${value.slice(0, 17)}`)).toEqual([])
    const restarted = openVault({ database: db.database, secretKeyBase: base })
    expect(await restarted.leaks(db.tenant, randomUUID(), `b=${value.slice(17)}`)).toEqual([])
    expect(await restarted.leaks(db.tenant, run, `b=${value.slice(17)}`)).toEqual(['API_KEY'])
    // What was stopped did not leave.
    expect(await restarted.leaks(db.tenant, run, 'harmless')).toEqual([])
  })

  test('at the same moment in several calls is put together as well', async () => {
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    const parts = value.match(/.{6,8}/g) ?? []
    // Connections are open and fingerprints made, so that the calls do run side by side; often enough to meet.
    await Promise.all(parts.map(() => vault.leakIndex(db.tenant)))
    for (let round = 0; round < 20; round += 1) {
      const run = randomUUID()
      const found = await Promise.all(parts.map((part) => vault.leaks(db.tenant, run, part)))
      expect(found.flat()).toEqual(['API_KEY'])
    }
  })

  test('may hold the word that somebody chose as a password', async () => {
    const weak = openVault({
      database: db.database,
      secretKeyBase: base,
      guarded: { ADMIN_PASSWORD: 'castellan' },
    })
    expect(await weak.leaks(db.tenant, randomUUID(), 'You are Castellan.')).toEqual([])
  })

  test('is known to the log without asking', async () => {
    expect(vault.knownIndexes().flatMap((each) => each.secrets.map(({ name }) => name))).toEqual([
      'SECRET_KEY_BASE',
      'ADMIN_PASSWORD',
    ])
    await vault.set(db.tenant, 'API_KEY', 'api-key', value)
    await vault.leakIndex(db.tenant)
    expect(vault.knownIndexes()[0]?.secrets.map(({ name }) => name)).toContain('API_KEY')
  })
})

describe('over HTTP', () => {
  const request = (path: string, init?: { method: string; body?: unknown }) => {
    const app = new Hono<AppEnv>()
      .use(async (c, next) => {
        c.set('identity', ownerIdentity)
        await next()
      })
      .route('/api', secretRoutes(vault))
    app.onError((error, c) =>
      c.json({ code: 'code' in error ? error.code : 'fault', message: error.message }, 400),
    )
    return app.request(path, {
      method: init?.method ?? 'GET',
      ...(init?.body === undefined
        ? {}
        : { body: JSON.stringify(init.body), headers: { 'content-type': 'application/json' } }),
    })
  }

  test.each([
    ['/api/secrets/MAIL_PASSWORD', 'MAIL_PASSWORD', 'password'],
    ['/api/secrets/model%2Fclaude', 'model/claude', 'api-key'],
    ['/api/secrets/model/claude', 'model/claude', 'api-key'],
  ])('PUT, GET, DELETE %s', async (path, name, kind) => {
    const put = await request(path, { method: 'PUT', body: { value } })
    expect([put.status, await put.text()]).toEqual([204, ''])
    const answer = await (await request('/api/secrets')).text()
    expect(answer).not.toContain(value.slice(0, 12))
    const { secrets } = z.strictObject({ secrets: z.array(SecretView) }).parse(JSON.parse(answer))
    expect(secrets).toMatchObject([{ name, kind, readable: true }])
    expect((await request(path)).status).toBe(404)
    expect((await request(path, { method: 'DELETE' })).status).toBe(204)
    expect(await (await request(path, { method: 'DELETE' })).json()).toMatchObject({ code: 'not_found' })
  })

  test('a refusal does not repeat the value', async () => {
    for (const body of [{ value: '1234567' }, { value: 8_765_432 }, { secret: value, value }]) {
      const answer = await request('/api/secrets/NAME', { method: 'PUT', body })
      const text = await answer.text()
      expect(JSON.parse(text)).toMatchObject({ code: 'bad_request' })
      expect(text).not.toMatch(/1234567|8765432|4fZ9/)
    }
    expect(await names()).toEqual([])
  })
})
