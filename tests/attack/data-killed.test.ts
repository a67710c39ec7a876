/** Tables changed by a process that is killed, or by two at once: what was there stays, held as before, and can be changed again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../packages/server/src/data/files.ts'
import type { Order } from '../../packages/server/src/data/order.ts'
import { runOrder } from '../../packages/server/src/data/run.ts'
import { asCaller } from '../../packages/server/src/testing/data.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'

let db: TestDatabase
let admin: pg.Client
beforeAll(async () => {
  db = await testDatabase()
  admin = await db.superuser()
})
afterAll(() => db?.close())

const [here, elsewhere] = ['00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-0000000000c2']
const first = `create table notes (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, title text);
create table more (id uuid primary key default gen_random_uuid(), tenant_id uuid not null);
insert into notes (tenant_id, title) values ('${here}', 'ours'), ('${elsewhere}', 'theirs');`
const second = `alter table notes add column body text; update notes set body = title; create table later (tenant_id uuid not null);
alter table more add column body text;`
const given = (...texts: string[]) =>
  texts.map((sql, index) => ({ name: `000${index + 1}_notes.sql`, sql, sha256: sha256(sql) }))
const order = (files: Order['files'], title = '[id, title]'): Order => ({
  ...{ url: db.dataUrl, files, dryRun: false, migrate: true },
  permissions: `tables:\n  notes:\n    select: { member: { columns: ${title} } }\n`,
})
const titles = async () => {
  const client = new pg.Client({ connectionString: db.apiUrl })
  await client.connect()
  const claims = { role: 'member', tenant: here, user: null } as const
  const { rows } = await asCaller(client, claims, (each) => each.query('select title from app.notes'))
  await client.end()
  return rows
}

/** Starts the process as the server does, and waits until it stands before a locked table. */
async function startedAndBlocked(work: Order): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../../packages/server/src/data/apply-child.ts', import.meta.url))
  const child = spawn(process.execPath, [program], { env: {}, stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin?.end(JSON.stringify(work))
  while (!(await waitsForLock())) expect(child.exitCode).toBeNull()
  return child
}

async function waitsForLock(): Promise<boolean> {
  const asked = "select from pg_stat_activity where wait_event_type = 'Lock' and usename = 'castellan_data'"
  return (await admin.query(`${asked} and datname = current_database()`)).rowCount !== 0
}

test('killed in the middle, it leaves tables, rows, rights and files as they were, and the next one succeeds', async () => {
  expect(await runOrder(order(given(first)))).toMatchObject({ ok: true })
  const blocker = await db.superuser()
  await blocker.query('begin; lock table app.more in access share mode')
  const child = await startedAndBlocked(order(given(first, second), "'*'"))
  // Nobody else changes the tables meanwhile.
  await expect(runOrder(order(given(first)))).rejects.toMatchObject({ code: 'conflict' })
  child.kill('SIGKILL')
  await once(child, 'close')
  await blocker.query('rollback')
  expect(await titles()).toEqual([{ title: 'ours' }])
  const { rows } = await admin.query(`select
    (select array_agg(name) from app_rules.app_migrations) as files,
    (select bool_and(relforcerowsecurity) from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r') as held,
    to_regclass('app.later') as later,
    has_column_privilege('app_member', 'app.notes', 'tenant_id', 'select') as wider`)
  expect(rows).toEqual([{ files: ['0001_notes.sql'], held: true, later: null, wider: false }])
  const done = await untilFree(() => runOrder(order(given(first, second))))
  expect(done).toMatchObject({ ok: true, migrations: ['0002_notes.sql'] })
  expect(await titles()).toEqual([{ title: 'ours' }])
})

test('a file that was edited after it was applied, or is gone, is refused, and nothing is changed', async () => {
  const edited = given(first, `${second} create table sneaked (tenant_id uuid not null);`)
  const refused = await untilFree(() => runOrder(order(edited, "'*'")))
  expect(refused).toMatchObject({ ok: false, problems: [{ message: expect.stringMatching(/edited/) }] })
  expect(await runOrder(order(given(first), "'*'"))).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringMatching(/gone/) }],
  })
  const { rows } = await admin.query(`select to_regclass('app.sneaked') as sneaked,
    has_column_privilege('app_member', 'app.notes', 'tenant_id', 'select') as wider`)
  expect(rows).toEqual([{ sneaked: null, wider: false }])
})

test('permissions that cannot be read leave the last good ones in force', async () => {
  const broken = { ...order(given(first, second)), permissions: 'tables:\n  notes: [\n' }
  expect(await untilFree(() => runOrder(broken))).toMatchObject({ ok: false })
  expect(await titles()).toEqual([{ title: 'ours' }])
})

/** PostgreSQL gives the lock of a killed process back when it notices. */
async function untilFree<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'conflict') throw error
    }
  }
}
