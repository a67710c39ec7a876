/**
 * The worker's way to PostgreSQL: as `castellan_api`, which may do nothing but become one of the data roles for the length
 * of a transaction.
 */
import type { WithPgClient } from '@dataplan/pg'
import pg from 'pg'
import { prepareSettings, sendBundle, settingsQuery } from './bundle.ts'

/** What is set for the length of one transaction: `role`, `jwt.claims.*`. A new object for every request. */
export type Settings = Readonly<Record<string, string>>

/** Beyond so many prepared statements a connection is replaced: texts of callers never end. */
const maxStatements = 200

/** Opens the pool. `timeoutMs` bounds each statement and each wait of an open transaction. */
export function openPool(url: string, timeoutMs: number, size: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    pipeline: true,
    application_name: 'castellan graphql',
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: timeoutMs,
    options: [
      `-c statement_timeout=${timeoutMs}`,
      `-c idle_in_transaction_session_timeout=${timeoutMs}`,
      `-c lock_timeout=${timeoutMs}`,
      '-c jit=off',
      '-c search_path=app',
    ].join(' '),
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    prepareSettings(client)
  })
  return pool
}

type ClientOf<T> = T extends (settings: never, callback: (client: infer C) => never) => unknown ? C : never
type Client = ClientOf<WithPgClient>
type Asked = Parameters<Client['query']>[0]

/** Statements by their connection, to know when there are too many. */
const prepared = new WeakMap<pg.PoolClient, Set<string>>()

/** Gives grafast a client whose every statement is a transaction under the request's settings. */
export function withSettings(pool: pg.Pool, settings: Settings, readOnly: boolean) {
  const json = JSON.stringify(readOnly ? { ...settings, transaction_read_only: 'on' } : settings)
  const role = settings['role'] ?? ''
  const client: Client = {
    query: <T>(asked: Asked) =>
      borrowed(pool, async (raw) =>
        answerOf<T>(asked, await sendBundle(raw, json, shaped(raw, asked, role))),
      ),
    withTransaction: (work) =>
      borrowed(pool, async (raw) => {
        await raw.query('begin')
        try {
          await raw.query(settingsQuery(json))
          const done = await work(within(raw, role))
          await raw.query('commit')
          return done
        } catch (error) {
          await raw.query('rollback')
          throw error
        }
      }),
  }
  return async function withPgClient<T>(
    _settings: unknown,
    work: (client: Client) => T | Promise<T>,
  ): Promise<T> {
    return work(client)
  }
}

function within(raw: pg.PoolClient, role: string): Client {
  return {
    query: async <T>(asked: Asked) => answerOf<T>(asked, await raw.query(shaped(raw, asked, role))),
    withTransaction: (work) => work(within(raw, role)),
  }
}

async function borrowed<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = true
  try {
    const done = await work(client)
    broken = (prepared.get(client)?.size ?? 0) > maxStatements
    return done
  } catch (error) {
    broken = !(error instanceof pg.DatabaseError && error.severity === 'ERROR')
    throw error
  } finally {
    client.release(broken)
  }
}

/** A prepared plan under row level security is made again whenever the role changes; so each role has its own. */
function shaped(client: pg.PoolClient, { text, values, name }: Asked, role: string): pg.QueryArrayConfig {
  const shape = { text, values: [...(values ?? [])], rowMode: 'array' as const }
  if (name === undefined) return shape
  const own = `${role}:${name}`.slice(0, 63)
  const known = prepared.get(client) ?? new Set<string>()
  prepared.set(client, known.add(own))
  return { ...shape, name: own }
}

function answerOf<T>({ text }: Asked, { rows, rowCount }: pg.QueryArrayResult) {
  // @dataplan/pg says so of a deletion itself, and answers an update that met no row like one that did.
  if (rowCount === 0 && text.startsWith('update ')) throw new Error('No values were updated')
  return { rows: rows as unknown as readonly T[], rowCount, notices: [] }
}
