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
  const { signal } = released
  const first = await hold(url, null)
  if (first === null) throw heldElsewhere()
  let held = first
  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await held.lost
      const next = await again(url, held.backend, signal)
      if (signal.aborted) return next?.release()
      if (next === null) return onTaken(heldElsewhere())
      held = next
    }
  }
  const keeping = keep()
  return {
    async release() {
      released.abort()
      await held.release()
      await keeping
    },
  }
}

/** Tries until PostgreSQL answers. Null: another process has the lock. */
async function again(url: string, backend: Backend, signal: AbortSignal): Promise<Held | null> {
  for (;;) {
    if (signal.aborted) return null
    const next = await hold(url, backend).catch(() => undefined)
    if (next !== undefined) return next
    await wait(500, undefined, { signal }).catch(() => {})
  }
}

/** Who holds a session lock, told apart from a later session with the same process number by its start. */
interface Backend {
  readonly pid: number
  readonly start: string
}

interface Held {
  readonly backend: Backend
  /** Resolves when the connection is gone, by whomever. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** The lock, or null when another process has it. `mine` is our own lost session, which PostgreSQL may not have noticed. */
async function hold(url: string, mine: Backend | null): Promise<Held | null> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'castellan lease',
    keepAlive: true,
  })
  const lost = new Promise<void>((resolve) => {
    // A broken connection says so more than once.
    client.on('error', () => resolve())
    client.on('end', () => resolve())
  })
  await client.connect()
  try {
    if (mine !== null) await endSession(client, mine)
    const { rows } = await client.query<{ held: boolean; pid: number; start: string }>(
      `select pg_try_advisory_lock($1) as held, pid, backend_start::text as start
       from pg_stat_activity where pid = pg_backend_pid()`,
      [lockKey],
    )
    const [row] = rows
    if (row?.held === true) return { backend: row, lost, release: () => client.end().catch(() => {}) }
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  await client.end()
  return null
}

/** Behind a network that broke, the old session lives on until the system gives it up, and holds the lock. */
async function endSession(client: pg.Client, { pid, start }: Backend): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where pid = $1 and backend_start::text = $2 and pid <> pg_backend_pid()`,
    [pid, start],
  )
}

function heldElsewhere(): CastellanError {
  return new CastellanError('already_running', 'another Castellan serves this database', {
    hint: 'stop the other one first; one database has one server',
  })
}
