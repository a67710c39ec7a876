import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from './database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

test('gives a migrated database to the serving role', async () => {
  const tenants = await db.database.as(db.tenant).selectFrom('castellan.conversations').selectAll().execute()
  expect(tenants).toEqual([])
})

test('lets the serving role make no table and see no row without a tenant', async () => {
  await expect(db.database.pool.query('create table castellan.mine (x int)')).rejects.toThrow(
    /permission denied/,
  )
  await expect(db.database.pool.query('create schema mine')).rejects.toThrow(/permission denied/)
  const fresh = await db.superuser()
  await fresh.query('set role castellan_app')
  expect((await fresh.query('select * from castellan.tenants')).rows).toEqual([])
})

test('gives DBOS its schema', async () => {
  const { rows } = await db.database.pool.query('select count(*)::int as n from dbos.workflow_status')
  expect(rows).toEqual([{ n: 0 }])
})
