import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { loadMigrations, type Migration, migrate } from './migrate.ts'

const shipped = fileURLToPath(new URL('./migrations/', import.meta.url))
let name: string
let directory: string

beforeEach(async () => {
  name = `migrate_${randomBytes(6).toString('hex')}`
  await admin(`create database ${name} owner castellan_migrate`)
  directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  await cp(shipped, directory, { recursive: true })
})
afterEach(async () => {
  await admin(`drop database ${name} with (force)`)
  await rm(directory, { recursive: true })
})

async function admin(sql: string, database = 'postgres') {
  const client = new pg.Client({ connectionString: at(inject('castellanCluster').superuserUrl, database) })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function at(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

function urls() {
  const { appUrl, migrateUrl } = inject('castellanCluster')
  return { appUrl: at(appUrl, name), migrateUrl: at(migrateUrl, name), directory }
}

const names = (files: readonly Migration[]) => files.map((file) => file.name)

test('applies every file once, in order, and DBOS schema after them', async () => {
  const applied = await migrate(urls())
  expect(applied.slice(0, -1)).toEqual(names(await loadMigrations()))
  expect(applied.at(-1)).toMatch(/^dbos \d/)
  expect(await migrate(urls())).toEqual([])
})

test('applies only what is new', async () => {
  await migrate(urls())
  await writeFile(join(directory, '9000_more.sql'), 'create table castellan.more (x int)')
  expect(await migrate(urls())).toEqual(['9000_more.sql'])
})

test('lets two starts at once migrate one after the other', async () => {
  const [a, b] = await Promise.all([migrate(urls()), migrate(urls())])
  expect([a.length, b.length].sort()).toEqual([0, names(await loadMigrations()).length + 1])
})

test('refuses a file that was edited after it was applied', async () => {
  await writeFile(join(directory, '9000_more.sql'), 'create table castellan.more (x int)')
  await migrate(urls())
  await writeFile(join(directory, '9000_more.sql'), 'create table castellan.more (x bigint)')
  await expect(migrate(urls())).rejects.toMatchObject({
    code: 'bad_configuration',
    message: 'migration 9000_more.sql was edited after it was applied',
  })
})

test('refuses a database of a newer version', async () => {
  await writeFile(join(directory, '9000_more.sql'), 'create table castellan.more (x int)')
  await migrate(urls())
  await rm(join(directory, '9000_more.sql'))
  await expect(migrate(urls())).rejects.toThrow('the database is newer than this castellan')
})

test('undoes a file that fails half way', async () => {
  await writeFile(join(directory, '9000_more.sql'), 'create table castellan.more (x int); select 1 / 0')
  await expect(migrate(urls())).rejects.toThrow('9000_more.sql failed and was undone: division by zero')
  expect(await admin(`select to_regclass('castellan.more') as t`, name)).toEqual([{ t: null }])
})

test('says in words which login failed, without the password', async () => {
  const wrong = urls().migrateUrl.replace('migrate-test', 'very-wrong-1')
  const failure = await migrate({ ...urls(), migrateUrl: wrong }).catch((error: Error) => error)
  expect(String(failure)).toContain('postgresql does not let castellan_migrate in')
  expect(JSON.stringify(failure)).not.toContain('very-wrong-1')
})

test('leaves everything owned by castellan_migrate, and nothing to the public', async () => {
  await migrate(urls())
  const owners = await admin(
    `select distinct tableowner as owner from pg_tables where schemaname in ('castellan', 'dbos', 'castellan_migrations')`,
    name,
  )
  expect(owners).toEqual([{ owner: 'castellan_migrate' }])
  const open = await admin(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace,
       aclexplode(c.relacl) a where n.nspname in ('castellan', 'dbos', 'castellan_migrations') and a.grantee = 0`,
    name,
  )
  expect(open).toEqual([])
})

test('puts every table with a tenant under forced row level security', async () => {
  await migrate(urls())
  const open = await admin(
    `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where n.nspname = 'castellan' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,
    name,
  )
  expect(open).toEqual([])
})
