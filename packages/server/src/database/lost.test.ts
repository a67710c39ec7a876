import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { testDatabase } from '../testing/database.ts'
import { isDatabaseGone } from './gone.ts'
import { homeTenant, openDatabase } from './index.ts'

const db = await testDatabase()
afterAll(() => db.close())

test('a connection that is lost between two statements fails the next one, and nothing else', async () => {
  const superuser = await db.superuser()
  const lost = db.database
    .as(db.tenant)
    .transaction()
    .execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
      await superuser.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid])
      await sql`select 1`.execute(transaction)
    })
  const error = await lost.catch((failure: unknown) => failure)
  expect(isDatabaseGone(error)).toBe(true)
  const { rows } = await sql<{ one: number }>`select 1 as one`.execute(db.database.as(db.tenant))
  expect(rows).toEqual([{ one: 1 }])
})

test('a socket file that is missing for a moment is a reset, which DBOS waits for', async () => {
  const host = encodeURIComponent(`${tmpdir()}/${randomUUID()}`)
  const database = openDatabase(`postgres://castellan_app:x@localhost:5432/castellan?host=${host}`)
  const error = await sql`select 1`.execute(database.as(homeTenant)).catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'connect' })
  expect(isDatabaseGone(error)).toBe(true)
  await database.close()
})
