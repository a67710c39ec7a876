import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppEnv } from '../http/env.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import type { Configuration, Sourced } from './configuration.ts'
import { openRuntimeOptions, settingsRoutes } from './index.ts'
import type { BootValues } from './options.ts'
import type { RecordChange } from './runtime.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

function configuration(seeds: Record<string, Sourced> = {}): Configuration {
  const boot = { PORT: 7420, ADMIN_PASSWORD: 'open-sesame', METRICS_TOKEN: null } as unknown as BootValues
  const file = {
    name: 'home',
    personas: {},
    graphql: { persisted: 'optional' as const },
    egress: { allow: [] },
  }
  return {
    directory: '/nowhere',
    file,
    boot,
    origins: {},
    seeds: new Map(Object.entries(seeds)),
    warnings: [],
  }
}

test('seeds at first boot, and later only shows that the files say otherwise', async () => {
  const first = await openRuntimeOptions(
    db.database,
    db.tenant,
    configuration({ SESSION_HOURS: { value: 4, origin: '.env:1' } }),
  )
  expect(first.get('SESSION_HOURS')).toBe(4)
  expect(first.get('APPROVAL_HOURS')).toBe(24)
  const changed = configuration({
    SESSION_HOURS: { value: 2, origin: '.env:1' },
    APPROVAL_HOURS: { value: 1, origin: '.env:2' },
  })
  const later = await openRuntimeOptions(db.database, db.tenant, changed)
  expect(later.get('SESSION_HOURS')).toBe(4)
  expect(later.get('APPROVAL_HOURS')).toBe(24)
  const shown = Object.fromEntries(later.list().map((view) => [view.name, view]))
  expect(shown['SESSION_HOURS']).toMatchObject({ value: 4, origin: 'database', differs: true })
  expect(shown['APPROVAL_HOURS']).toMatchObject({ value: 24, origin: 'default', differs: true })
  expect(shown['AUTH_RATE_LIMIT']).toMatchObject({ value: 30, differs: false })
})

/** The doors of the options, for whoever `isFresh` says. */
async function openDoors(isFresh: () => boolean) {
  const recorded: string[] = []
  const runtime = await openRuntimeOptions(db.database, db.tenant, configuration())
  const app = new Hono<AppEnv>()
  const record: RecordChange = async (_tx, { name, action }) => void recorded.push(`${action} ${name}`)
  const requireFresh = async () => {
    if (!isFresh()) throw new HTTPException(403)
  }
  app.route('/', settingsRoutes(runtime, record, requireFresh))
  const put = (name: string, value: unknown) =>
    app.request(`/settings/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    })
  const reset = (name: string) => app.request(`/settings/${name}`, { method: 'DELETE' })
  return { runtime, recorded, put, reset }
}

test('is changed over HTTP, at once, for every later start, and recorded', async () => {
  const { runtime, recorded, put, reset } = await openDoors(() => true)
  expect(await (await put('SIGNIN_MAX_FAILURES', 3)).json()).toMatchObject({ value: 3, origin: 'database' })
  expect(runtime.get('SIGNIN_MAX_FAILURES')).toBe(3)
  const again = await openRuntimeOptions(db.database, db.tenant, configuration())
  expect(again.get('SIGNIN_MAX_FAILURES')).toBe(3)
  await reset('SIGNIN_MAX_FAILURES')
  expect(runtime.get('SIGNIN_MAX_FAILURES')).toBe(5)
  expect(recorded).toEqual(['set SIGNIN_MAX_FAILURES', 'reset SIGNIN_MAX_FAILURES'])
})

test('what bounds guessing is changed by a fresh session alone', async () => {
  const { recorded, put, reset } = await openDoors(() => false)
  for (const name of ['SIGNIN_MAX_FAILURES', 'SIGNIN_BLOCK_MINUTES', 'AUTH_RATE_LIMIT', 'SESSION_HOURS'])
    expect([(await put(name, 1)).status, (await reset(name)).status]).toEqual([403, 403])
  expect((await put('APPROVAL_HOURS', 2)).status).toBe(200)
  expect((await reset('APPROVAL_HOURS')).status).toBe(200)
  expect(recorded).toEqual(['set APPROVAL_HOURS', 'reset APPROVAL_HOURS'])
})

test('refuses what does not fit, what is unknown and what is read at start', async () => {
  const runtime = await openRuntimeOptions(db.database, db.tenant, configuration())
  const set = (name: string, value: unknown) => runtime.set(name, value, async () => {})
  await expect(set('SESSION_HOURS', 9)).rejects.toMatchObject({ code: 'bad_request' })
  await expect(set('SESSION_HOURS', { a: 1 })).rejects.toMatchObject({ code: 'bad_request' })
  await expect(set('PORT', 8080)).rejects.toMatchObject({ code: 'bad_request' })
  await expect(set('__proto__', 1)).rejects.toMatchObject({ code: 'not_found' })
})

test('changes nothing when the change cannot be recorded', async () => {
  const runtime = await openRuntimeOptions(db.database, db.tenant, configuration())
  const fails = async () => {
    throw new Error('the ledger is gone')
  }
  await expect(runtime.set('APPROVAL_HOURS', 2, fails)).rejects.toThrow('the ledger is gone')
  expect(runtime.get('APPROVAL_HOURS')).toBe(24)
  const again = await openRuntimeOptions(db.database, db.tenant, configuration())
  expect(again.get('APPROVAL_HOURS')).toBe(24)
})

test('never shows a secret', async () => {
  const runtime = await openRuntimeOptions(db.database, db.tenant, configuration())
  const shown = Object.fromEntries(runtime.list().map((view) => [view.name, view.value]))
  expect(shown['ADMIN_PASSWORD']).toBe('***REDACTED***')
  expect(shown['METRICS_TOKEN']).toBeNull()
  expect(JSON.stringify(runtime.list())).not.toContain('open-sesame')
})
