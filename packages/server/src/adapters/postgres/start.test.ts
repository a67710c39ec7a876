import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createInstance, openInstance } from '../../instance/index.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres, startPostgres } from './index.ts'

let root: string
let cluster: EmbeddedPostgres
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'foreign-'))
  await chmod(root, 0o711)
  cluster = await startEmbeddedPostgres({
    directory: join(root, 'foreign/postgres'),
    passwords: { castellan_migrate: 'x', castellan_app: 'x', castellan_api: 'x', castellan_data: 'x' },
    unsafeNoSync: true,
    unsafeSuperuserPassword: 'superuser-test',
  })
  // What a PostgreSQL looks like that never heard of Castellan.
  await admin('drop database castellan')
  await admin(
    `drop role castellan_app, castellan_api, castellan_data, castellan_migrate,
       app_owner, app_member, app_viewer, app_anonymous`,
  )
  await admin(`create role owner login createrole password 'owner-test'`)
  await admin(`create role visitor login password 'visitor-test'`)
  await admin('create database mine owner owner')
})
afterAll(async () => {
  await cluster.stop()
  await rm(root, { recursive: true })
})

async function admin(sql: string) {
  await query(cluster.urlFor('postgres', 'postgres'), sql)
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function instance(role: string, database = 'mine') {
  const directory = join(root, 'home')
  await createInstance(directory)
  const url = new URL(cluster.urlFor('postgres', database))
  url.username = role
  url.password = `${role}-test`
  const { paths, configuration } = await openInstance(directory, { environment: { DATABASE_URL: url.href } })
  return startPostgres(paths.postgres, configuration.boot)
}

test('says what an account that may not make roles needs', async () => {
  await expect(instance('visitor')).rejects.toMatchObject({
    code: 'bad_configuration',
    message: 'the account of DATABASE_URL may not make roles',
  })
})

test('says that the named database does not exist', async () => {
  await expect(instance('owner', 'nowhere')).rejects.toThrow(
    'the database that DATABASE_URL names does not exist',
  )
})

test('prepares a foreign PostgreSQL once and serves it with the small role', async () => {
  const first = await instance('owner')
  expect(first.embedded).toBe(false)
  const rows = await query(
    first.appUrl,
    'select current_user::text as who, count(*)::int as n from castellan.conversations',
  )
  expect(rows).toEqual([{ who: 'castellan_app', n: 0 }])
  await query(first.dataUrl, 'create table app.mine (x int)')
  const members = `select count(*)::int as n from pg_auth_members where roleid = 'castellan_data'::regrole
    and (to_jsonb(pg_auth_members) ->> 'set_option') is distinct from 'false'`
  expect(await query(first.appUrl, members)).toEqual([{ n: 0 }])
  await first.stop()
  const second = await instance('visitor')
  expect(await query(second.appUrl, 'select 1 as x')).toEqual([{ x: 1 }])
})
