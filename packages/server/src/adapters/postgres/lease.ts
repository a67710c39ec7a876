/**
 * One serving process per database: a session lock in PostgreSQL, which dies with the connection that holds it. The lock
 * on the instance directory guards one machine; this one also guards a database that two machines can reach.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'

/** Any number that nothing else locks; "castellan" has nine letters. */
const lockKey = 0x00ca_57e1

export interface Lease {
  release(): Promise<void>
}

/**
 * Takes the lease. Rejects with `already_running` when another process holds it. When the connection is lost it is taken
 * again; `onTaken` hears that another process was faster, and this one must stop.
 */
export async function takeLease(url: string, onTaken: (error: CastellanError) => void): Promise<Lease> {
  const released = new AbortController()
  let client = await lock(url)
  if (client === null) throw heldElsewhere()
  const watch = (held: pg.Client) =>
    held.on('error', () => {
      if (!released.signal.aborted) void retake()
    })
  async function retake(): Promise<void> {
    while (!released.signal.aborted) {
      await wait(500, undefined, { signal: released.signal }).catch(() => {})
      const next = await lock(url).catch(() => undefined)
      if (next === null) return onTaken(heldElsewhere())
      if (next !== undefined) {
        client = next
        watch(next)
        return
      }
    }
  }
  watch(client)
  return {
    async release() {
      released.abort()
      await client?.end().catch(() => {})
    },
  }
}

/** A connection that holds the lock; null when another one does. Rejects when PostgreSQL cannot be reached. */
async function lock(url: string): Promise<pg.Client | null> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'castellan lease',
    keepAlive: true,
  })
  await client.connect()
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [lockKey])
  if (rows[0]?.held === true) return client
  await client.end()
  return null
}

function heldElsewhere(): CastellanError {
  return new CastellanError('already_running', 'another Castellan serves this database', {
    hint: 'stop the other one first; one database has one server',
  })
}
