/**
 * The running server's way to PostgreSQL: one pool of the unprivileged role `castellan_app`, and kysely handles whose
 * connections carry one tenant. Row level security reads that tenant; without it no row is visible.
 */
import { Socket } from 'node:net'
import { Kysely, PostgresDialect, type PostgresPoolClient, type Transaction } from 'kysely'
import pg from 'pg'
import type { Schema } from './schema.ts'

export type { Schema } from './schema.ts'

declare const tenantBrand: unique symbol
/** The id of a tenant; the first argument of every store function. */
export type Tenant = string & { readonly [tenantBrand]: true }

/** The tenant every single-household instance lives in; made by the first migration. */
export const homeTenant = '00000000-0000-4000-8000-000000000001' as Tenant

declare const personBrand: unique symbol
/** The id of a person; people belong to one tenant. */
export type PersonId = string & { readonly [personBrand]: true }

/** The home tenant's owner, made by the migration that made people: whoever has ADMIN_PASSWORD or the local token. */
export const homeOwner = '00000000-0000-4000-8000-000000000002' as PersonId

/** A kysely handle or transaction bound to one tenant. */
export type Handle = Kysely<Schema> | Transaction<Schema>

export interface Database {
  readonly pool: pg.Pool
  /** A handle that sees and writes only this tenant's rows. */
  as(tenant: Tenant): Kysely<Schema>
  close(): Promise<void>
}

/** Opens the pool. `onLost` hears of idle connections that PostgreSQL ended; queries in flight reject by themselves. */
export function openDatabase(
  url: string,
  options: { size?: number; onLost?: (error: Error) => void } = {},
): Database {
  // int8 stays text (pg's default) and dates stay text: a calendar day has no time zone.
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    max: options.size ?? 16,
    stream: plainSocket,
    application_name: 'castellan',
  })
  pool.on('error', (error) => options.onLost?.(error))
  // Lost between two statements of a transaction, a connection says so as an event, which unheard ends the process. Its
  // next statement rejects, and that is enough.
  pool.on('connect', (client) => client.on('error', () => {}))
  const handles = new Map<Tenant, Kysely<Schema>>()
  return {
    pool,
    as(tenant) {
      let handle = handles.get(tenant)
      if (handle === undefined) {
        handle = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tenantPool(pool, tenant) }) })
        handles.set(tenant, handle)
      }
      return handle
    },
    close: () => pool.end(),
  }
}

/**
 * A socket whose every loss is a reset. DBOS waits for a database whose connections are reset or refused, and breaks the
 * turn off at a broken pipe or a socket file that is missing for a moment, which mean the same.
 */
function plainSocket(): Socket {
  const socket = new Socket()
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ENOENT') error.code = 'ECONNRESET'
  })
  return socket
}

/** Names of prepared statements by their text. Beyond so many texts nothing more is prepared: some texts never end. */
const statementNames = new Map<string, string>()
const maxStatements = 500

/**
 * Prepares every statement with parameters once per connection. Parsing and planning under row level security cost more
 * than running what we run.
 */
class PreparingClient extends pg.Client {
  // pg declares nine overloads; the one that matters here is (text, values), all others pass as they are.
  override query(...given: unknown[]): never {
    const [text, values] = given
    if (typeof text === 'string' && Array.isArray(values) && given.length === 2) {
      const name = nameOf(text)
      if (name !== undefined) return super.query({ name, text, values }) as never
    }
    return super.query(...(given as [string])) as never
  }
}

function nameOf(text: string): string | undefined {
  const known = statementNames.get(text)
  if (known !== undefined || statementNames.size >= maxStatements) return known
  const name = `s${statementNames.size}`
  statementNames.set(text, name)
  return name
}

/** Which tenant each live connection is set to; setting it again costs a round trip. */
const tenantOf = new WeakMap<pg.PoolClient, Tenant>()

function tenantPool(pool: pg.Pool, tenant: Tenant) {
  return {
    options: pool.options,
    async connect(): Promise<PostgresPoolClient> {
      const client = await pool.connect()
      if (tenantOf.get(client) !== tenant) {
        try {
          await client.query("select set_config('castellan.tenant', $1, false)", [tenant])
        } catch (error) {
          client.release(true)
          throw error
        }
        tenantOf.set(client, tenant)
      }
      return client as unknown as PostgresPoolClient
    },
    end: async () => {},
  }
}
