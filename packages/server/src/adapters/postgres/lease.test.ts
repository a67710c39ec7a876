import { connect, createServer, type Server, type Socket } from 'node:net'
import type { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../testing/database.ts'
import { type Lease, takeLease } from './lease.ts'

let db: TestDatabase
const leases: Lease[] = []
beforeAll(async () => {
  db = await testDatabase()
})
afterEach(() => Promise.all(leases.splice(0).map((lease) => lease.release())))
afterAll(() => db.close())

async function take(url = db.url) {
  const taken: CastellanError[] = []
  const lease = await takeLease(url, (error) => taken.push(error))
  leases.push(lease)
  return taken
}

const holders = async () => {
  const { rows } = await (await db.superuser()).query<{ pid: number }>(
    `select l.pid from pg_locks l join pg_database d on d.oid = l.database
     where d.datname = current_database() and l.locktype = 'advisory' and l.granted`,
  )
  return rows.map(({ pid }) => pid)
}

test('is had by one process at a time', async () => {
  await take()
  await expect(take()).rejects.toMatchObject({ code: 'already_running' })
  await leases.pop()?.release()
  expect(await take()).toEqual([])
})

test('is taken again when PostgreSQL ended the session', async () => {
  const taken = await take()
  const [before] = await holders()
  await (await db.superuser()).query('select pg_terminate_backend($1)', [before])
  await vi.waitFor(async () => {
    const now = await holders()
    expect(now).toHaveLength(1)
    expect(now[0]).not.toBe(before)
  })
  expect(taken).toEqual([])
})

test('is taken again from our own lost session, which PostgreSQL still believes in', async () => {
  const wire = await startWire()
  const taken = await take(wire.url)
  const [before] = await holders()
  wire.cut()
  await vi.waitFor(async () => expect(await holders()).not.toContain(before), { timeout: 15_000 })
  await vi.waitFor(async () => expect(await holders()).toHaveLength(1), { timeout: 15_000 })
  expect(taken).toEqual([])
  await leases.pop()?.release()
  await wire.close()
})

test('is said to be lost when another process was faster', async () => {
  const taken = await take()
  const rival = new pg.Client({ connectionString: db.url })
  await rival.connect()
  const waiting = rival.query('select pg_advisory_lock($1)', [0x00ca_57e1])
  const [before] = await holders()
  await (await db.superuser()).query('select pg_terminate_backend($1)', [before])
  await waiting
  await vi.waitFor(() => expect(taken).toMatchObject([{ code: 'already_running' }]))
  await rival.end()
})

/** A connection through us: when it is cut, our side hears of it and PostgreSQL's does not. */
async function startWire() {
  const host = new URL(db.url).searchParams.get('host')
  const outside: Socket[] = []
  const inside: Socket[] = []
  const server: Server = createServer((socket) => {
    const upstream = connect(`${host}/.s.PGSQL.5432`)
    for (const each of [socket, upstream]) each.on('error', () => {})
    socket.pipe(upstream, { end: false })
    upstream.pipe(socket)
    outside.push(socket)
    inside.push(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(db.url)
  url.searchParams.delete('host')
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    url: url.href,
    cut() {
      for (const socket of outside.splice(0)) socket.resetAndDestroy()
    },
    async close() {
      for (const each of [...outside, ...inside]) each.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
