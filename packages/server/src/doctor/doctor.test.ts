import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Health } from '@castellan/contracts'
import { Hono } from 'hono'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AppEnv } from '../http/env.ts'
import { createInstance, openInstance } from '../instance/index.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { examineDatabase } from './database.ts'
import { examineStopped, healthRoutes, measureFootprint, type Patient } from './index.ts'
import { examineClock } from './machine.ts'

const run = promisify(execFile)
let db: TestDatabase
let directory: string
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'doctor-')), 'home')
  await createInstance(directory)
  await writeFile(join(directory, '.env.local'), 'PORT=0\n', { mode: 0o600 })
})
afterEach(() => rm(join(directory, '..'), { recursive: true }))

const edit = async (name: string, change: (text: string) => string) =>
  writeFile(join(directory, name), change(await readFile(join(directory, name), 'utf8')))
const found = async () =>
  (await examineStopped(directory)).filter(({ severity }) => severity === 'warning' || severity === 'problem')
const ids = async () => (await found()).map(({ id }) => id)

async function patient(): Promise<Patient> {
  return {
    instance: await openInstance(directory, { environment: {} }),
    pool: db.database.pool,
    version: '0.1.0',
    startedAt: new Date(),
    ready: async () => true,
    pids: () => [],
    models: async () => 0,
    policy: async () => ({ differs: false, findings: [] }),
    vault: async () => ({ ok: true }),
    uiBuilt: () => true,
  }
}

async function health(change: Partial<Patient> = {}): Promise<Health> {
  const app = new Hono<AppEnv>().route('/api', healthRoutes({ ...(await patient()), ...change }))
  return Health.parse(await (await app.request('/api/health')).json())
}

test('finds nothing in a fresh instance, running or stopped', async () => {
  expect(await found()).toEqual([])
  const { findings, memory_bytes, pids } = await health()
  expect(findings.filter(({ severity }) => severity !== 'ok' && severity !== 'info')).toEqual([])
  expect(pids).toContain(process.pid)
  expect(memory_bytes).toBeGreaterThan(10_000_000)
})

test('every finding has a cause and a fix', async () => {
  await edit('.env.secrets', (text) => text.replace(/^ADMIN_PASSWORD=.*$/m, ''))
  await edit('.env', (text) => `${text}\nPROT=1\n`)
  await chmod(directory, 0o777)
  for (const { cause, fix } of await found()) expect([cause, fix]).not.toContain(null)
  expect(await ids()).toEqual(['files.directory', 'secrets.admin', 'configuration.unknown'])
})

test('finds secrets that git would carry away', async () => {
  const git = (...args: string[]) => run('git', ['-C', directory, ...args])
  await git('init', '-q')
  expect(await ids()).toEqual([])
  await rm(join(directory, '.gitignore'))
  expect(await ids()).toEqual(['files.git'])
  await git('add', '.env.secrets')
  expect(await found()).toMatchObject([{ id: 'files.git', severity: 'problem' }])
})

test('finds weak and shared secrets without naming them', async () => {
  await edit('.env.secrets', (text) =>
    text
      .replace(/^SECRET_KEY_BASE=.*$/m, `SECRET_KEY_BASE=${'a'.repeat(64)}`)
      .replace(/^ADMIN_PASSWORD=.*$/m, 'ADMIN_PASSWORD=password1')
      .replace(/^(CASTELLAN_A.._PASSWORD)=.*$/gm, '$1=one-password-for-all'),
  )
  expect(await ids()).toEqual(['secrets.admin', 'secrets.key', 'secrets.roles'])
  expect(JSON.stringify(await found())).not.toMatch(/password1|one-password|aaaa/)
})

test('finds a configuration that would not start', async () => {
  await edit('castellan.yaml', (text) => `${text}\nportt: 1\n`)
  expect(await found()).toMatchObject([
    { id: 'configuration', cause: expect.stringContaining('did you mean port?') },
  ])
})

test('finds a port that another program holds', async () => {
  const other = createServer()
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
  )
  await writeFile(join(directory, '.env.local'), `PORT=${port}\n`)
  expect(await found()).toMatchObject([{ id: 'machine.port', cause: 'another program holds it' }])
  await new Promise((resolve) => other.close(resolve))
})

test('finds a clock that cannot be right, and two that disagree', () => {
  expect(examineClock(0).severity).toBe('problem')
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(examineClock(now, now + 60_000).severity).toBe('warning')
  expect(examineClock(now, now + 100).severity).toBe('ok')
})

test('finds a database role that can do more than it should', async () => {
  const superuser = await db.superuser()
  await superuser.query('alter role castellan_api createrole')
  try {
    const { findings } = await examineDatabase(db.database.pool)
    expect(findings[1]).toMatchObject({ id: 'database.roles', severity: 'problem' })
    // This test's own connection.
    expect(findings[2]).toMatchObject({ id: 'database.connections', severity: 'warning' })
  } finally {
    await superuser.query('alter role castellan_api nocreaterole')
    await superuser.end()
  }
  const asSuperuser = new pg.Pool({
    connectionString: db.url.replace('castellan_app:app-test', 'postgres:superuser-test'),
  })
  const { findings } = await examineDatabase(asSuperuser)
  expect(findings[1]).toMatchObject({ id: 'database.roles', severity: 'problem' })
  expect(findings[2]).toMatchObject({ id: 'database.connections', severity: 'warning' })
  await asSuperuser.end()
})

test('finds a table of the owner’s that row level security does not hold', async () => {
  const owner = new pg.Client({ connectionString: db.dataUrl })
  await owner.connect()
  await owner.query(
    'create table app.open_to_all (x int); alter table app.open_to_all enable row level security',
  )
  const { findings } = await examineDatabase(db.database.pool)
  expect(findings.at(-1)).toMatchObject({ id: 'data.walls', severity: 'problem', cause: 'open_to_all' })
  await owner.query('drop table app.open_to_all')
  await owner.end()
})

test('says that PostgreSQL is gone, and goes on with the rest', async () => {
  const pool = new pg.Pool({ connectionString: 'postgres://x@localhost:5432/x?host=/nowhere' })
  const { findings } = await health({ pool, vault: () => Promise.reject(new Error('asked in vain')) })
  expect(findings.filter(({ severity }) => severity === 'problem')).toMatchObject([
    { id: 'database.reachable' },
  ])
})

test('finds secrets that cannot be read and pages that are not built', async () => {
  const vault = async () => ({ ok: false as const, problem: 'another key', hint: 'put it back' })
  const { findings } = await health({ vault, uiBuilt: () => false })
  const bad = findings.filter(({ severity }) => severity === 'warning' || severity === 'problem')
  expect(bad.map(({ id }) => id)).toEqual(['vault.readable', 'ui.built'])
})

test('counts a process once however it is named', async () => {
  const { pids } = await measureFootprint([process.pid, process.pid])
  expect(pids.filter((pid) => pid === process.pid)).toHaveLength(1)
})

test('finds rules that are not in force, and says why', async () => {
  const finding = async (differs: boolean, findings: { message: string }[]) => {
    const answer = await health({ policy: async () => ({ differs, findings }) })
    return answer.findings.find(({ id }) => id === 'policy.in-force')
  }
  expect(await finding(false, [])).toMatchObject({ severity: 'ok' })
  expect(await finding(true, [])).toMatchObject({ severity: 'warning' })
  expect(await finding(true, [{ message: 'it lets more through' }])).toMatchObject({
    severity: 'problem',
    cause: 'it lets more through',
  })
})
