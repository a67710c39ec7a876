/**
 * The worker's way to PostgreSQL: as `castellan_api`, which may do nothing but become one of the data roles for the length
 * of a transaction. Begin, role and claims, statement and commit are sent together, so that a query costs one round trip.
 */
import type { WithPgClient } from '@dataplan/pg'
import pg from 'pg'

/** What is set for the length of one transaction: `role`, `jwt.claims.*`. A new object for every request. */
export type Settings = Readonly<Record<string, string>>

/** Beyond so many prepared statements a connection is replaced: texts of callers never end. */
const maxStatements = 200

const settingsText = 'select set_config(key, value, true) from json_each_text($1::json)'

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
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

type ClientOf<T> = T extends (settings: never, callback: (client: infer C) => never) => unknown ? C : never
type Client = ClientOf<WithPgClient>
type Asked = Parameters<Client['query']>[0]

/** Statements by their connection, to know when there are too many. */
const prepared = new WeakMap<pg.PoolClient, Set<string>>()

/** Gives grafast a client whose every statement is a transaction under the request's settings. */
export function withSettings(pool: pg.Pool, settings: Settings, readOnly: boolean) {
  const begin = readOnly ? 'begin read only' : 'begin'
  const values = [JSON.stringify(settings)]
  const role = settings['role'] ?? ''
  const open = (client: pg.PoolClient) => [
    client.query(begin),
    client.query({ name: 'castellan_settings', text: settingsText, values }),
  ]
  const client: Client = {
    query: <T>(asked: Asked) =>
      borrowed(pool, async (raw) => {
        const sent = [...open(raw), raw.query(shaped(raw, asked, role)), raw.query('commit')] as const
        return answerOf<T>(await allOf(sent, 2))
      }),
    withTransaction: (work) =>
      borrowed(pool, async (raw) => {
        await allOf(open(raw), 0)
        try {
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
    query: async <T>(asked: Asked) => answerOf<T>(await raw.query(shaped(raw, asked, role))),
    withTransaction: (work) => work(within(raw, role)),
  }
}

/** Waits for all, then fails with the first failure: what came after it failed because of it. */
async function allOf(
  sent: readonly Promise<pg.QueryArrayResult>[],
  wanted: number,
): Promise<pg.QueryArrayResult> {
  const ends = await Promise.allSettled(sent)
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const found = ends[wanted]
  if (found?.status !== 'fulfilled') throw new TypeError('no such statement')
  return found.value
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

function answerOf<T>({ rows, rowCount }: pg.QueryArrayResult) {
  return { rows: rows as unknown as readonly T[], rowCount, notices: [] }
}
