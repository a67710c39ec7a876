import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DataClaims } from '../database/claims.ts'
import { applyData, asCaller, type DataFiles } from '../testing/data.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'

let db: TestDatabase
let api: pg.Client
beforeEach(async () => {
  db = await testDatabase()
  api = new pg.Client({ connectionString: db.apiUrl })
  await api.connect()
})
afterEach(async () => {
  await api.end()
  await db.close()
})

const [here, elsewhere, ann, ben] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
const member: DataClaims = { role: 'member', tenant: here, user: ann }

const projects = `create table projects (
  id uuid primary key default gen_random_uuid(), tenant_id uuid not null, owner_id uuid not null, name text not null
);
create table tasks (
  id uuid primary key default gen_random_uuid(), tenant_id uuid not null,
  project_id uuid references projects on delete cascade, title text not null
);
insert into projects (tenant_id, owner_id, name) values
  ('${here}', '${ann}', 'roof'), ('${here}', '${ben}', 'cellar'), ('${elsewhere}', '${ann}', 'secret');`

const permissions = `tables:
  projects:
    select:
      owner: { columns: '*' }
      member: { columns: [id, name], filter: { owner_id: { _eq: X-Hasura-User-Id } } }
    insert:
      member: { columns: [name], set: { owner_id: X-Hasura-User-Id } }
    delete:
      member: { filter: { owner_id: { _eq: X-Hasura-User-Id } } }
  tasks:
    reveals: [tasks_project_id_fkey]
    select:
      member: { columns: '*', filter: { project: { name: { _neq: hidden } } } }
    insert:
      member: { columns: [project_id, title] }
`
const apply = (files: Partial<DataFiles> = {}) =>
  applyData(db, { migrations: { '0001_projects.sql': projects }, permissions, ...files })
const ask = async (sql: string, claims: DataClaims = member) =>
  (await asCaller(api, claims, (client) => client.query(sql))).rows

async function problems(files: Partial<DataFiles>) {
  const { ok, problems: found } = await apply(files)
  expect(ok).toBe(false)
  return found.map((each) => `${each.file}:${each.line} ${each.message}`)
}

describe('what is applied', () => {
  test('permits what the file names and nothing else', async () => {
    const done = await apply()
    expect(done.problems).toEqual([])
    expect(done).toMatchObject({ ok: true, migrations: ['0001_projects.sql'] })
    expect(await ask('select name from app.projects')).toEqual([{ name: 'roof' }])
    const owner = await ask('select name from app.projects order by 1', { ...member, role: 'owner' })
    expect(owner).toEqual([{ name: 'cellar' }, { name: 'roof' }])
    await expect(ask('select owner_id from app.projects')).rejects.toThrow('permission denied')
    await expect(ask('select name from app.projects', { ...member, role: 'viewer' })).rejects.toThrow(
      'permission denied',
    )
    await expect(ask(`update app.projects set name = 'x'`)).rejects.toThrow('permission denied')
  })

  test('fills in the tenant and the presets, and lets nobody write them', async () => {
    await apply()
    await ask(`insert into app.projects (name) values ('shed')`)
    expect(await ask('select name from app.projects order by 1')).toEqual([
      { name: 'roof' },
      { name: 'shed' },
    ])
    await expect(
      ask(`insert into app.projects (name, tenant_id) values ('x', '${elsewhere}')`),
    ).rejects.toThrow('permission denied')
  })

  test('lets a row refer only to what its writer sees, and says no more of the rest', async () => {
    await apply()
    const owner = await ask('select id, name from app.projects', { ...member, role: 'owner' })
    const id = (name: string) => owner.find((row) => row['name'] === name)?.['id']
    const add = (project: string) =>
      ask(`insert into app.tasks (project_id, title) values ('${project}', 't')`)
    await add(id('roof'))
    const text = 'new row violates row-level security policy for table "tasks"'
    await expect(add(id('cellar'))).rejects.toThrow(text)
    await expect(add(randomUUID())).rejects.toThrow(text)
  })

  test('comes out the same again, and says what changed', async () => {
    const first = await apply()
    const again = await apply()
    expect(again).toMatchObject({ migrations: [], changes: [], version: first.version })
    const narrower = await apply({ permissions: permissions.replace('[id, name]', '[id, name, owner_id]') })
    expect(narrower.changes).toEqual(['+ grant select (owner_id) on projects to app_member'])
    expect((await apply()).changes).toEqual(['- grant select (owner_id) on projects to app_member'])
    await expect(ask('select owner_id from app.projects')).rejects.toThrow('permission denied')
  })

  test('changes nothing in a dry run', async () => {
    const dry = await apply({ dryRun: true })
    expect(dry.ok).toBe(true)
    expect(dry.changes).toContain('+ row level security on projects: on')
    await expect(ask('select 1 from app.projects')).rejects.toThrow(/does not exist|denied/)
  })

  test('lets a later file fill in the rows of all tenants, and then holds the owner of the tables again', async () => {
    await apply()
    const migrations = {
      '0001_projects.sql': projects,
      '0002_backfill.sql': `update projects set name = name || '!';`,
    }
    expect((await apply({ migrations })).problems).toEqual([])
    expect(await ask('select name from app.projects')).toEqual([{ name: 'roof!' }])
    const data = new pg.Client({ connectionString: db.dataUrl })
    await data.connect()
    expect((await data.query('select * from app.projects')).rows).toEqual([])
    await data.end()
  })
})

describe('files', () => {
  test('a failed one is undone, with its line', async () => {
    const broken = `${projects}\n\n-- and then\nupdate projects\n  set nam = 'x';`
    expect(await problems({ migrations: { '0001_projects.sql': broken } })).toEqual([
      'db/migrations/0001_projects.sql:13 column "nam" of relation "projects" does not exist',
    ])
    expect((await apply()).ok).toBe(true)
  })

  test('an edited, missing or late one is refused', async () => {
    await apply({ migrations: { '0002_projects.sql': projects } })
    const found = await problems({
      migrations: { '0001_late.sql': 'select 1', '0002_projects.sql': `${projects} ` },
    })
    expect(found.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'was edited after it was applied; restore it as it was and put the change into a new file',
      'comes before 0002_projects.sql, which was applied; give it a higher number',
    ])
    expect((await problems({ migrations: {} }))[0]).toContain('was applied and is gone')
  })

  test.each([
    ['grant select on projects to app_member', 'rights are given'],
    ['create policy p on projects using (true)', 'policies are made by Castellan'],
    ['alter table projects disable row level security', 'row level security is always on'],
    [`create function f() returns int language sql security definer as 'select 1'`, 'security definer'],
    ['set role castellan_app', 'does not change roles'],
    [`select set_config('role', 'castellan_app', true)`, 'does not change roles'],
    ['alter role castellan_data superuser', 'nothing else'],
    ['create schema other', 'nothing else'],
    ['select * from castellan.sessions', 'stays in schema app'],
    ['commit', 'one transaction already'],
    ['create materialized view m as select 1', 'holds the rows of everyone'],
    ['create table p (x int) partition by list (x)', 'second way'],
    ['create operator = (leftarg = uuid, rightarg = uuid, function = uuid_eq)', 'nothing else'],
    ['vacuum', 'is not something a migration does'],
    ["copy projects to program 'sh'", 'is not something a migration does'],
  ])('%s is refused with its line', async (sql, words) => {
    const found = await problems({ migrations: { '0001_projects.sql': `${projects}\n${sql};` } })
    expect(found[0]).toMatch(/^db\/migrations\/0001_projects.sql:10 /)
    expect(found[0]).toContain(words)
  })
})

describe('permissions', () => {
  test.each([
    ['tables:\n  project: {}', '2 there is no table project; did you mean projects?'],
    ['tables:\n  projects:\n    selct: {}', '3 tables.projects.selct is not known; did you mean select?'],
    [
      'tables:\n  projects:\n    select:\n      member: { columns: [nmae] }',
      '4 projects has no column nmae; did you mean name?',
    ],
    [
      'tables:\n  projects:\n    select:\n      member:\n        columns: [name]\n        filter: { owner_ids: { _eq: X-Hasura-User-Id } }',
      '6 projects has no column or relationship owner_ids; did you mean owner_id?',
    ],
    [
      "tables:\n  projects:\n    select:\n      member:\n        columns: '*'\n        filter:\n          name:\n            _eqs: x",
      '8 _eqs is no comparison; did you mean _eq?',
    ],
    [
      'tables:\n  projects:\n    insert:\n      member: { columns: [tenant_id] }',
      '4 tenant_id is filled in from who asks and written by nobody',
    ],
    ['tables:\n  projects:\n    select:\n      members: {}', '4 tables.projects.select.members '],
  ])('are refused with the line: %s', async (text, words) => {
    expect((await problems({ permissions: text }))[0]).toContain(`db/permissions.yaml:${words}`)
  })

  test('a table without a tenant is refused unless it is shared, and then it is read only', async () => {
    const migrations = { '0001_countries.sql': 'create table countries (code text primary key)' }
    expect((await problems({ migrations, permissions: '' }))[0]).toContain('needs a column tenant_id')
    const shared = `tables:\n  countries:\n    shared: true\n    select:\n      anonymous: { columns: '*' }\n`
    const writing = `${shared}    insert:\n      owner: { columns: '*' }\n`
    expect((await problems({ migrations, permissions: writing }))[0]).toContain('can only be selected from')
    expect((await apply({ migrations, permissions: shared })).ok).toBe(true)
  })

  test('keys and counters that would tell of others are refused', async () => {
    const table = (columns: string) => ({
      '0001_t.sql': `create table t (tenant_id uuid not null, owner_id uuid, ${columns})`,
    })
    const grants = (filter: string) =>
      `tables:\n  t:\n    select:\n      member: { columns: '*', filter: ${filter} }\n    insert:\n      member: { columns: [email], set: { owner_id: X-Hasura-User-Id } }\n`
    const own = '{ owner_id: { _eq: X-Hasura-User-Id } }'
    const all = await problems({ migrations: table('email text unique'), permissions: grants('{}') })
    expect(all[0]).toContain('spans all tenants')
    const some = table('email text, unique (tenant_id, email)')
    expect((await problems({ migrations: some, permissions: grants(own) }))[0]).toContain('tells member that')
    expect((await apply({ migrations: some, permissions: grants('{}'), dryRun: true })).ok).toBe(true)
    const covered = table('email text, unique (tenant_id, owner_id, email)')
    expect((await apply({ migrations: covered, permissions: grants(own), dryRun: true })).problems).toEqual(
      [],
    )
    const named = grants(own).replace('t:', 't:\n    reveals: [t_tenant_id_email_key]')
    expect((await apply({ migrations: some, permissions: named, dryRun: true })).problems).toEqual([])
    const counting = table('n bigint generated always as identity, email text')
    expect((await problems({ migrations: counting, permissions: grants('{}') }))[0]).toContain(
      'counts the rows',
    )
  })

  test('deleting what others’ rows hang on is refused unless the table says so', async () => {
    const silent = permissions.replace('    reveals: [tasks_project_id_fkey]\n', '')
    expect(await problems({ permissions: silent })).toEqual([
      'db/permissions.yaml:9 deleting a row of projects deletes rows of tasks that member may not see or touch; permit that without a filter, or name tasks_project_id_fkey under reveals of tasks',
    ])
  })

  test('a condition that leads back to its own table is refused', async () => {
    const round = `tables:
  projects:
    select:
      member: { columns: '*', filter: { tasks: { title: { _eq: x } } } }
  tasks:
    select:
      member: { columns: '*', filter: { project: { name: { _eq: x } } } }
`
    expect((await problems({ permissions: round }))[0]).toContain('leads back to projects')
  })
})
