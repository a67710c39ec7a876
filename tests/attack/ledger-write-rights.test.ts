/** The serving role, with whatever SQL it can be brought to run, tries to write history. */
import { hashOf } from '@castellan/kernel'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { append } from '../../packages/server/src/ledger/index.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'

const stranger = '00000000-0000-4000-8000-000000000002'
let db: TestDatabase
let app: pg.Client

beforeAll(async () => {
  db = await testDatabase()
  const superuser = await db.superuser()
  await superuser.query("insert into castellan.tenants (id, name) values ($1, 'other')", [stranger])
  await append(db.database.as(db.tenant), db.tenant, {
    kind: 'admin',
    run: null,
    step: null,
    principal: ['owner'],
    skill: 'test',
    decision: null,
    rules: [],
    argsHash: hashOf({}),
    outcome: null,
    body: { args: {} },
  })
  app = new pg.Client({ connectionString: db.url })
  await app.connect()
  await app.query("select set_config('castellan.tenant', $1, false)", [db.tenant])
})

afterAll(async () => {
  await app.end()
  await db.close()
})

const row = "'2026-01-01T00:00:00.000Z', 'admin', null, null, '{owner}', 'x', null, '{}', 'a', null, 'p', 'h'"

test.each([
  `insert into castellan.ledger select castellan.tenant(), 2, ${row}`,
  "update castellan.ledger set skill = 'y'",
  'delete from castellan.ledger',
  'truncate castellan.ledger',
  'select * from castellan.ledger for update',
  'alter table castellan.ledger disable row level security',
  'alter table castellan.ledger add column more text',
  'drop table castellan.ledger',
  'drop index castellan.one_intent',
  'create trigger t before insert on castellan.ledger execute function castellan.tenant()',
  'create rule r as on insert to castellan.ledger do instead nothing',
  "insert into castellan.ledger_bodies select castellan.tenant(), 9, '{}'",
  "update castellan.ledger_bodies set body = '{}'",
  'truncate castellan.ledger_bodies',
  "update castellan.ledger_checkpoints set hash = 'x'",
  'delete from castellan.ledger_checkpoints',
  'truncate castellan.ledger_checkpoints',
  'create or replace function castellan.ledger_append() returns int language sql as $$ select 1 $$',
  'create or replace function castellan.tenant() returns uuid language sql as $$ select null::uuid $$',
  'drop function castellan.ledger_append',
  'alter function castellan.ledger_append reset search_path',
  'set role castellan_migrate',
  'create function castellan.sha256(bytea) returns bytea language sql as $$ select $1 $$',
])('refuses %s', async (sql) => {
  await expect(app.query(sql)).rejects.toMatchObject({
    // insufficient_privilege, or "must be owner" under the same code
    code: '42501',
  })
})

const call = (tenant: string) =>
  app.query(
    `select castellan.ledger_append($1, 'admin', null, null, '{owner}', 'x', null, '{}', repeat('a', 64), null, null)`,
    [tenant],
  )

test('appends to no other tenant, reads no other tenant', async () => {
  await expect(call(stranger)).rejects.toMatchObject({
    code: '42501',
    message: 'the ledger of another tenant',
  })
  await app.query("select set_config('castellan.tenant', $1, false)", [stranger])
  expect((await app.query('select * from castellan.ledger')).rows).toEqual([])
  expect((await app.query('select * from castellan.ledger_bodies')).rows).toEqual([])
  expect((await app.query('delete from castellan.ledger_bodies')).rowCount).toBe(0)
  await app.query("select set_config('castellan.tenant', '', false)")
  await expect(call(db.tenant)).rejects.toMatchObject({ code: '42501' })
  await app.query("select set_config('castellan.tenant', $1, false)", [db.tenant])
})

test('is not fooled by tables and functions in front of the real ones', async () => {
  const superuser = await db.superuser()
  await superuser.query(`create schema evil; grant usage on schema evil to public;
    create function evil.sha256(bytea) returns bytea language sql as $$ select '\\x00'::bytea $$;
    create table evil.ledger (seq bigint, hash text)`)
  await app.query('set search_path to evil, castellan, pg_catalog')
  const before = (await app.query('select max(seq) as seq from castellan.ledger')).rows[0].seq
  await call(db.tenant)
  const { rows } = await app.query('select seq, hash from castellan.ledger order by seq desc limit 1')
  await app.query('reset search_path')
  expect(Number(rows[0].seq)).toBe(Number(before) + 1)
  expect(rows[0].hash).toMatch(/^[0-9a-f]{64}$/)
})

test.each([
  ['a hash of arguments that is none', `'admin', null, null, '{owner}', 'x', null, '{}', 'zz', null, null`],
  [
    'an intent outside a run',
    `'intent', null, null, '{owner}', 'x', null, '{}', repeat('a', 64), null, null`,
  ],
  ['an unknown kind', `'gossip', null, null, '{owner}', 'x', null, '{}', repeat('a', 64), null, null`],
  ['an unknown decision', `'admin', null, null, '{owner}', 'x', 'maybe', '{}', repeat('a', 64), null, null`],
  [
    'a principal that is null',
    `'admin', null, null, '{owner,null}', 'x', null, '{}', repeat('a', 64), null, null`,
  ],
  ['no skill', `'admin', null, null, '{owner}', null, null, '{}', repeat('a', 64), null, null`],
])('appends nothing with %s', async (_, values) => {
  const count = 'select count(*) from castellan.ledger'
  const before = (await app.query(count)).rows
  await expect(app.query(`select castellan.ledger_append(castellan.tenant(), ${values})`)).rejects.toThrow()
  expect((await app.query(count)).rows).toEqual(before)
})

test('the role that serves GraphQL sees nothing of it', async () => {
  const { rows } = await app.query(
    `select has_table_privilege('castellan_api', 'castellan.ledger', 'select') as read,
       has_function_privilege('castellan_api', 'castellan.ledger_append(uuid,text,text,text,text[],text,text,text[],text,text,json)', 'execute') as append`,
  )
  expect(rows[0]).toEqual({ read: false, append: false })
})
