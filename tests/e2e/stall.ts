/**
 * Stops the server at an exact step of its work without a hook in it: a lock that the test holds in PostgreSQL, at which
 * the server's next statement of a kind must wait. When the server has been killed, its statement dies before the lock goes.
 */
import type pg from 'pg'
import { expect } from 'vitest'
import { homeTenant } from '../../packages/server/src/database/index.ts'
import { type Instance, until } from './instance.ts'

/** Statements that can be held up, by what they write. */
const locks = {
  /** The next row of the ledger, and with it the transaction that it closes. */
  ledger: `select pg_advisory_xact_lock(hashtextextended('castellan.ledger:${homeTenant}', 0))`,
  /** What DBOS remembers of a step that has ended. */
  checkpoint: 'lock table dbos.operation_outputs in share mode',
  /** What DBOS knows of a turn as a whole: that it begins, that it is over. */
  turn: 'lock table dbos.workflow_status in share mode',
  /** Telling a waiting turn of its answer. */
  wake: 'lock table dbos.notifications in share mode',
} as const

export interface Stall {
  /** Resolves when the server stands before the lock. */
  reached(): Promise<void>
  /** Lets what waits go on, and stops whoever comes after it. */
  passOne(): Promise<void>
  /** Ends what waits, as if it had never been sent, and takes the lock away. */
  drop(): Promise<void>
}

/** Holds up statements of one kind, or what takes a message into one conversation, or the next one out of it. */
export async function stall(
  house: Instance,
  what: keyof typeof locks | { conversation: string },
): Promise<Stall> {
  const lock = typeof what === 'string' ? locks[what] : rowLock(what.conversation)
  const watcher = await house.database()
  let holder = await holding(house, lock)
  const blocked = () => blockedBy(watcher, holder)
  const reached = () => until(async () => expect(await blocked()).not.toEqual([]))
  return {
    async reached() {
      await reached()
    },
    async passOne() {
      await reached()
      const next = await begin(house)
      // The queue before a lock is served in order: first the server, then this one.
      const held = next.query(lock)
      await until(async () => expect(await waits(watcher, next)).toBe(true))
      await holder.end()
      await held
      holder = next
    },
    async drop() {
      for (const pid of await blocked()) await watcher.query('select pg_terminate_backend($1)', [pid])
      await until(async () => expect(await blocked()).toEqual([]))
      await Promise.all([holder.end(), watcher.end()])
    },
  }
}

/** Not so strong that it would hold up lines that are added to the conversation. */
function rowLock(conversation: string): string {
  return `select from castellan.conversations where id = '${conversation}' for no key update`
}

async function begin(house: Instance): Promise<pg.Client> {
  const client = await house.database()
  await client.query('begin')
  return client
}

async function holding(house: Instance, lock: string): Promise<pg.Client> {
  const client = await begin(house)
  await client.query(lock)
  return client
}

/** Who waits for what another connection holds. Asked outside its transaction, which would see its first answer for ever. */
async function blockedBy(watcher: pg.Client, holder: pg.Client): Promise<number[]> {
  const { rows } = await watcher.query<{ pid: number }>(
    'select pid from pg_stat_activity where $1::int = any(pg_blocking_pids(pid))',
    [processOf(holder)],
  )
  return rows.map(({ pid }) => pid)
}

/** Whether a connection stands in a queue: it may be behind a waiting statement, and not behind what is held. */
async function waits(watcher: pg.Client, client: pg.Client): Promise<boolean> {
  const { rows } = await watcher.query<{ waits: boolean }>(
    'select cardinality(pg_blocking_pids($1)) > 0 as waits',
    [processOf(client)],
  )
  return rows[0]?.waits === true
}

/** The server process of a connection; pg knows it and its types do not. */
function processOf(client: pg.Client): number {
  return (client as pg.Client & { readonly processID: number }).processID
}
