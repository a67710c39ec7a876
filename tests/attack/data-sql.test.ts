/** SQL that tries to get out: from a caller's transaction, from a migration, and from what a migration leaves behind. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DataClaims } from '../../packages/server/src/database/claims.ts'
import { applyData, asCaller } from '../../packages/server/src/testing/data.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'

let db: TestDatabase
let api: pg.Client
let data: pg.Client
beforeEach(async () => {
  db = await testDatabase()
  ;[api, data] = [
    new pg.Client({ connectionString: db.apiUrl }),
    new pg.Client({ connectionString: db.dataUrl }),
  ]
  await Promise.all([api.connect(), data.connect()])
})
afterEach(async () => {
  await Promise.all([api.end(), data.end()])
  await db.close()
})

const [here, elsewhere, ann, ben] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
const member: DataClaims = { role: 'member', tenant: here, user: ann }
const notes = `create table notes (id uuid primary key default gen_random_uuid(), tenant_id uuid not null,
  owner_id uuid not null, title text not null, secret text);
insert into notes (tenant_id, owner_id, title, secret) values ('${here}', '${ann}', 'mine', 'h1'),
  ('${here}', '${ben}', 'of ben', 'h2'), ('${elsewhere}', '${ann}', 'elsewhere', 'h3');`
const own = '{ owner_id: { _eq: X-Hasura-User-Id } }'
const permissions = `tables:
  notes:
    select: { member: { columns: [id, title, owner_id], filter: ${own} }, owner: { columns: '*' } }
    insert: { member: { columns: [title], set: { owner_id: X-Hasura-User-Id } } }
    update: { member: { columns: [title], filter: ${own} } }
`
const apply = (more = '', extra = '') =>
  applyData(db, {
    migrations: { '0001_notes.sql': notes, ...(more === '' ? {} : { '0002_more.sql': more }) },
    permissions: permissions + extra,
  })
const ask = async (sql: string, claims: DataClaims = member) =>
  (await asCaller(api, claims, (client) => client.query(sql))).rows
const titles = async (claims: DataClaims = member) =>
  (await ask('select title from app.notes order by 1', claims)).map((row) => row['title'])

describe('a caller', () => {
  test('without a role is nobody', async () => {
    await apply()
    await expect(api.query('select title from app.notes')).rejects.toThrow('permission denied')
    await expect(api.query('select * from castellan.sessions')).rejects.toThrow('permission denied')
    await expect(api.query('set role castellan_app')).rejects.toThrow('permission denied')
    await expect(api.query('set role castellan_data')).rejects.toThrow('permission denied')
  })

  test.each([
    ['the house’s tables', 'select * from castellan.people'],
    ['the workflows’ tables', 'select * from dbos.workflow_status'],
    ['what was compiled', 'select * from app_rules.state'],
    ['the migrations applied', 'select * from app_rules.app_migrations'],
    ['a hidden column', 'select secret from app.notes'],
    ['a hidden column in a condition', `select id from app.notes where secret like 'h%'`],
    ['a hidden column through the row', 'select notes from app.notes'],
    ['a hidden column through the row as JSON', 'select to_jsonb(n) from app.notes n'],
    ['where a row lies', 'select ctid, xmin from app.notes'],
    ['another’s table definition', 'alter table app.notes no force row level security'],
    ['a policy', 'drop policy castellan_tenant on app.notes'],
    ['a table of its own', 'create table app.mine (x int)'],
    ['a temporary table', 'create temp table mine (x int)'],
    ['a function', `create function app.f() returns int language sql as 'select 1'`],
    ['emptying a table', 'truncate app.notes'],
    ['files of the server', `select pg_read_file('PG_VERSION')`],
    ['a program of the server', `copy (select 1) to program 'id'`],
    ['the sampled values of a column', 'select stavalues1 from pg_statistic'],
  ])('does not get at %s', async (_, sql) => {
    await apply()
    await expect(ask(sql)).rejects.toThrow(/permission denied|must be owner|does not exist/)
    expect(await titles()).toEqual(['mine'])
  })

  test('who leaves out a claim, or gives an empty one, sees nothing', async () => {
    await apply()
    const asRole = async (set: string) => {
      await api.query(`begin; set local role app_owner; ${set}`)
      const { rows } = await api.query('select title from app.notes')
      await api.query('rollback')
      return rows
    }
    expect(await asRole('')).toEqual([])
    expect(await asRole(`select set_config('jwt.claims.tenant_id', '', true)`)).toEqual([])
    expect(await asRole(`select set_config('jwt.claims.user_id', '${ann}', true)`)).toEqual([])
  })

  test('leaves no claim behind for the next one', async () => {
    await apply()
    expect(await titles({ ...member, role: 'owner' })).toEqual(['mine', 'of ben'])
    await expect(api.query('select title from app.notes')).rejects.toThrow('permission denied')
    const claims = `select current_setting('jwt.claims.tenant_id', true) as tenant, current_user::text as who`
    expect((await api.query(claims)).rows).toEqual([{ tenant: '', who: 'castellan_api' }])
  })

  test('sees no value of a hidden row in an error, however the condition is made to fail', async () => {
    await apply(
      "create function leak(text) returns boolean language plpgsql cost 0.0001 as $$ begin raise exception '%', $1; end $$;",
      'functions: { leak: [member] }\n',
    )
    for (const sql of [
      'select id from app.notes where app.leak(title)',
      `select id from app.notes where 1 / (length(title) - 6) > 0`,
      'select id from app.notes where title::int > 0',
    ]) {
      const failed = await ask(sql).then(
        () => '',
        (error: pg.DatabaseError) => `${error.message} ${error.detail} ${error.where}`,
      )
      expect(failed).not.toMatch(/of ben|elsewhere/)
    }
  })

  test('cannot hand a row to another tenant or person', async () => {
    await apply()
    await expect(ask(`update app.notes set tenant_id = '${elsewhere}'`)).rejects.toThrow('permission denied')
    await expect(ask(`update app.notes set owner_id = '${ben}'`)).rejects.toThrow('permission denied')
    await expect(ask(`insert into app.notes (title, owner_id) values ('x', '${ben}')`)).rejects.toThrow(
      'permission denied',
    )
  })

  test('is not fooled with operators and functions in front of PostgreSQL’s own', async () => {
    // What a migration may not make, an administrator might.
    await apply()
    const superuser = await db.superuser()
    await superuser.query(`create function app.yes(uuid, uuid) returns boolean language sql as 'select true';
      create operator app.= (leftarg = uuid, rightarg = uuid, function = app.yes);
      create function app.current_setting(text, boolean) returns text language sql as $$ select '${elsewhere}' $$;
      grant execute on all functions in schema app to app_member`)
    await api.query('set search_path = app, pg_catalog')
    await api.query('begin')
    await api.query(`select set_config('role', 'app_member', true), set_config('jwt.claims.tenant_id', '${here}', true),
      set_config('jwt.claims.user_id', '${ann}', true), set_config('search_path', 'app, pg_catalog', true)`)
    expect((await api.query('select title from notes')).rows).toEqual([{ title: 'mine' }])
    await api.query('rollback')
  })
})

describe('a migration', () => {
  /** Code in a string, which no reading of words sees: the rights have to do. */
  const hidden = (sql: string) => `do $body$ begin execute ${quote(sql)}; end $body$;`
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`

  test.each([
    [
      'reads the house’s tables',
      'create table stolen as select * from castellan.people',
      'permission denied',
    ],
    ['becomes the serving role', 'set role castellan_app', 'permission denied'],
    ['becomes a caller’s role', 'set role app_owner', 'permission denied'],
    ['makes itself mighty', 'alter role castellan_data superuser', 'permission denied'],
    ['makes a role', 'create role spy login', 'permission denied'],
    ['makes a schema', 'create schema spy', 'permission denied'],
    ['makes something in public', 'create table public.spy (x int)', 'permission denied'],
    ['gives itself the callers', 'grant castellan_api to castellan_data', 'permission denied'],
    ['reads files', `create table f as select pg_read_file('PG_VERSION')`, 'permission denied'],
    ['runs a program', `copy notes to program 'id'`, 'permission denied'],
    ['ends the transaction', 'commit', 'EXECUTE of transaction commands'],
    [
      'changes what auth says',
      `create or replace function auth.tenant_id() returns uuid language sql as 'select null::uuid'`,
      'permission denied',
    ],
  ])('that %s is refused by its rights', async (_, sql, words) => {
    const done = await apply(hidden(sql))
    expect(done.ok).toBe(false)
    expect(done.problems[0]?.message).toMatch(new RegExp(words))
    expect(done.problems[0]?.file).toBe('db/migrations/0002_more.sql')
  })

  test.each([
    [
      'a function with its owner’s rights',
      `create function app.f() returns setof app.notes language sql security definer as 'select * from app.notes'`,
      'runs with its owner',
    ],
    ['a view with its owner’s rights', 'create view app.v as select * from app.notes', 'security_invoker'],
    ['a materialized view', 'create materialized view app.v as select * from app.notes', 'materialized view'],
    [
      'an operator',
      'create operator app.= (leftarg = uuid, rightarg = uuid, function = uuid_eq)',
      'operator',
    ],
    [
      'a partition',
      'create table app.p (tenant_id uuid not null) partition by list (tenant_id)',
      'partitioned',
    ],
    ['an heir', 'create table app.heir () inherits (app.notes)', 'inherits'],
    ['a rule', 'create rule r as on insert to app.notes do also nothing', 'has a rule'],
    [
      'a cast',
      `create type app.mood as enum ('x'); create function app.f(app.mood) returns text language sql immutable as 'select null::text'; create cast (app.mood as text) with function app.f(app.mood) as implicit`,
      'cast from',
    ],
  ])('that leaves behind %s is undone', async (_, sql, words) => {
    const done = await apply(hidden(sql))
    expect(done.problems.map(({ message }) => message).join('\n')).toContain(words)
    expect(done.ok).toBe(false)
  })

  test.each([
    ['grants', 'grant all on app.notes to public; grant all on app.notes to app_viewer'],
    ['a policy of its own', 'create policy all_of_it on app.notes to app_member using (true)'],
    ['no wall between tenants', 'drop policy castellan_tenant on app.notes'],
    ['no row level security', 'alter table app.notes disable row level security'],
    ['no force', 'alter table app.notes no force row level security'],
    ['another default', `alter table app.notes alter tenant_id set default '${elsewhere}'`],
    [
      'default privileges',
      'alter default privileges in schema app grant all on tables to public; create table app.later (tenant_id uuid not null)',
    ],
    [
      'a lower isolation by settings',
      `select set_config('row_security', 'off', false), set_config('search_path', 'app', false)`,
    ],
  ])('that leaves behind %s changes nothing', async (_, sql) => {
    expect((await apply()).ok).toBe(true)
    const done = await apply(hidden(sql))
    expect(done.problems).toEqual([])
    expect(await titles()).toEqual(['mine'])
    await expect(titles({ ...member, role: 'viewer' })).rejects.toThrow('permission denied')
    expect((await data.query('select * from app.notes')).rows).toEqual([])
    await ask(`insert into app.notes (title) values ('new')`)
    expect(await titles()).toEqual(['mine', 'new'])
    if (sql.includes('app.later'))
      await expect(ask('select * from app.later')).rejects.toThrow('permission denied')
  })

  test('has a connection that can do nothing outside of its two schemas', async () => {
    for (const schema of ['castellan', 'castellan_migrations', 'dbos', 'public']) {
      const { rows } = await data.query(
        `select has_schema_privilege($1, 'usage') as usage, has_schema_privilege($1, 'create') as create`,
        [schema],
      )
      expect(rows, schema).toEqual([{ usage: false, create: false }])
    }
    const { rows } = await data.query(
      `select has_database_privilege(current_database(), 'create') as create, has_database_privilege(current_database(), 'temp') as temp,
         (select count(*)::int from pg_auth_members where member = 'castellan_data'::regrole) as memberships`,
    )
    expect(rows).toEqual([{ create: false, temp: false, memberships: 0 }])
  })
})

describe('what is left open on purpose is no way through', () => {
  test('a view shows its caller what the table shows them', async () => {
    const done = await apply(
      'create view titles with (security_invoker = true) as select id, title from notes;',
      '  titles:\n    select: { member: { columns: [title] } }\n',
    )
    expect(done.problems).toEqual([])
    expect(await ask('select title from app.titles')).toEqual([{ title: 'mine' }])
  })

  test('a function reads with its caller’s eyes, and only those named may call it', async () => {
    const done = await apply(
      'create function how_many() returns bigint language sql stable as $$ select count(title) from app.notes $$;',
      'functions: { how_many: [member] }\n',
    )
    expect(done.problems).toEqual([])
    expect(await ask('select app.how_many() as n')).toEqual([{ n: '1' }])
    await expect(ask('select app.how_many()', { ...member, role: 'owner' })).rejects.toThrow(
      'permission denied',
    )
  })
})
