/** Tables of the owner's on an instance that runs: by the command line, over HTTP, and who is connected meanwhile. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataOverview, Health } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  house = await startInstance()
})
afterAll(() => house?.close())

const said = async (...args: string[]) => {
  const { stdout, code } = await house.cli([...args, '--json'])
  return { ...JSON.parse(stdout), code }
}
const write = (file: string, text: string) => writeFile(join(house.directory, file), text)
const permissions = `tables:
  recipes:
    select: { owner: { columns: '*' }, member: { columns: [id, name], filter: { owner_id: { _eq: X-Hasura-User-Id } } } }
    insert: { owner: { columns: [name], set: { owner_id: X-Hasura-User-Id } } }
`

test('a table is made, permitted, shown and exported', async () => {
  const { created } = await said('db', 'new', 'recipes')
  expect(created).toEqual(['db/migrations/0001_recipes.sql', 'db/permissions.yaml'])
  const broken = 'create table recipes (id uuid);\ngrant all on recipes to public;\n'
  await write('db/migrations/0001_recipes.sql', broken)
  const refused = await said('db', 'apply')
  expect(refused).toMatchObject({ code: 4, ok: false, problems: [{ line: 2 }] })

  const table = `create table recipes (id uuid primary key default gen_random_uuid(), tenant_id uuid not null,
    owner_id uuid not null, name text not null);\n`
  await write('db/migrations/0001_recipes.sql', table)
  await write('db/permissions.yaml', permissions)
  expect(await said('db', 'status')).toMatchObject({ code: 4, agrees: false })
  const dry = await said('db', 'apply', '--dry-run')
  expect(dry).toMatchObject({ code: 0, ok: true, dry_run: true, migrations: ['0001_recipes.sql'] })
  expect((await house.client.get('/api/data', DataOverview)).tables).toEqual([])
  expect(await said('db', 'apply')).toMatchObject({ code: 0, ok: true, changes: dry.changes })
  expect(await said('db', 'status')).toMatchObject({ code: 0, agrees: true, drift: [] })

  const { sources } = await said('db', 'hasura')
  const member = sources[0].tables[0].select_permissions.find(
    (each: { role: string }) => each.role === 'member',
  )
  expect(member.permission).toEqual({
    columns: ['id', 'name'],
    filter: {
      _and: [{ tenant_id: { _eq: 'X-Hasura-Tenant-Id' } }, { owner_id: { _eq: 'X-Hasura-User-Id' } }],
    },
    allow_aggregations: false,
  })
  const { rows } = await said('ledger', 'tail')
  expect(rows.map((row: { skill: string }) => row.skill)).toContain('data.applied')
})

test('other permissions are put in force and become the file, unless it was changed meanwhile or is wrong', async () => {
  const { permissions: was } = await house.client.get('/api/data', DataOverview)
  const put = (text: string, base: string) =>
    house.client.send('PUT', '/api/data/permissions', { text, base }, z.looseObject({ ok: z.boolean() }))
  const wider = was.text.replace('[id, name]', '[id, name, owner_id]')
  expect(await put(was.text.replace('owner:', 'onwer:'), was.hash)).toMatchObject({ ok: false })
  expect(await put(wider, was.hash)).toMatchObject({
    ok: true,
    changes: ['+ grant select (owner_id) on recipes to app_member'],
  })
  expect(await readFile(join(house.directory, 'db/permissions.yaml'), 'utf8')).toBe(wider)
  await expect(put(was.text, was.hash)).rejects.toMatchObject({ code: 'conflict' })
})

test('nobody who is connected stands above row level security, whatever runs', async () => {
  const database = await house.database()
  const connected = async () => {
    const { rows } = await database.query<{ who: string; mighty: boolean }>(
      `select distinct u.rolname::text as who, u.rolsuper or u.rolbypassrls as mighty
       from pg_stat_activity a join pg_roles u on u.oid = a.usesysid`,
    )
    return rows
  }
  const seen = new Map<string, boolean>()
  const look = async () => {
    for (const { who, mighty } of await connected()) seen.set(who, mighty)
  }
  const asked = await house.client.send('POST', '/graphql', { query: '{ __typename }' }, z.looseObject({}))
  expect(asked).toMatchObject({ data: { __typename: 'Query' } })
  const applying = house.cli(['db', 'apply', '--json'])
  await vi.waitFor(
    async () => {
      await look()
      expect([...seen.keys()]).toContain('castellan_data')
    },
    { timeout: 30_000, interval: 5 },
  )
  expect((await applying).code).toBe(0)
  await look()
  expect([...seen].filter(([, mighty]) => mighty)).toEqual([])
  expect([...seen.keys()].toSorted()).toEqual(['castellan_api', 'castellan_app', 'castellan_data'])
  const { findings } = await house.client.get('/api/health', Health)
  for (const id of ['database.roles', 'database.connections', 'data.walls']) {
    expect(findings.find((each) => each.id === id)).toMatchObject({ severity: 'ok' })
  }
})
