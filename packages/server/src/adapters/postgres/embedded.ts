/**
 * The embedded PostgreSQL of an instance: made at first start, reached only through a socket in a private directory,
 * adopted when an earlier Castellan died and left it running, started again when it dies, stopped cleanly with us.
 */
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import { isPreparedSql, type RoleName, type RolePasswords, roleNames } from '../../database/roles.ts'
import { databaseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { type ClusterSpec, completeCluster, createCluster, databaseName, runAsSuperuser } from './create.ts'
import { adopt, type Launched, launch } from './launch.ts'
import { findHome, place, readVersion, socketHome } from './place.ts'
import { isAlive, readPostmaster, stopPostmaster } from './postmaster.ts'

export interface EmbeddedOptions {
  /** Where the cluster lives, unless PostgreSQL's user cannot reach it there (see `place`). */
  readonly directory: string
  readonly passwords: RolePasswords
  /** Told, in words, what takes time or was repaired. */
  readonly onProgress?: (words: string) => void
  readonly unsafeNoSync?: boolean
  readonly unsafeSuperuserPassword?: string
}

export interface EmbeddedPostgres {
  /** The process now; another one after a restart. */
  readonly pid: number
  /** Whether it was already running, left by an earlier start. */
  readonly adopted: boolean
  /** Where it really lives. */
  readonly home: string
  /** A connection string for one role, with its password; the same for as long as the cluster runs. */
  urlFor(role: RoleName | 'postgres', database?: string): string
  stop(): Promise<void>
}

/** Starts (or adopts) the cluster and waits until it answers. Rejects with `CastellanError` in words. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const tell = options.onProgress ?? (() => {})
  const account = await databaseAccount(await findHome(options.directory))
  const home = await place(options.directory, account)
  const data = join(home, 'data')
  const spec: ClusterSpec = { ...options, account, binaries: await findBinaries(account) }
  if ((await readVersion(data)) === null) {
    tell('creating the database')
    await createCluster(data, spec)
  }
  const start = async () =>
    (await adopt(data, spec, tell)) ?? launch(home, data, await socketHome(home, account), spec)
  let cluster = await start()
  const repair = await repairOf(cluster.socketDirectory, options)
  if (repair !== null) {
    tell(repair)
    await stopPostmaster(cluster.pid)
    await completeCluster(data, spec)
    cluster = await start()
  }
  return supervise(cluster, home, options, (socket) => launch(home, data, socket, spec))
}

/**
 * Runs statements in the instance's database as the superuser, whom nobody can log in as: only while it is stopped, and
 * only for who may start it. For repairs by hand, and for tests that play the superuser.
 */
export async function runAsStoppedSuperuser(directory: string, statements: readonly string[]): Promise<void> {
  const data = await findHome(directory)
  const left = await readPostmaster(data)
  if (left !== null && isAlive(left.pid)) {
    throw new CastellanError('already_running', 'the database is running', { hint: 'stop castellan first' })
  }
  const account = await databaseAccount(data)
  await runAsSuperuser(data, { account, binaries: await findBinaries(account) }, statements, databaseName)
}

/** Starts a postmaster that died again, at the same socket, until `stop`. */
function supervise(
  first: Launched,
  home: string,
  options: EmbeddedOptions,
  again: (socketDirectory: string) => Promise<Launched>,
): EmbeddedPostgres {
  const { socketDirectory, adopted } = first
  const stopping = new AbortController()
  let current = first
  let restarting: Promise<unknown> = Promise.resolve()
  async function watch(): Promise<void> {
    await current.ended
    for (let pauseMs = 100; !stopping.signal.aborted; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      options.onProgress?.('the database ended by itself; starting it again')
      try {
        const attempt = again(socketDirectory)
        restarting = attempt.catch(() => {})
        current = await attempt
        return watch()
      } catch (error) {
        options.onProgress?.(`the database did not start: ${error instanceof Error ? error.message : error}`)
        await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }
  void watch()
  return {
    get pid() {
      return current.pid
    },
    adopted,
    home,
    urlFor: (role, database = databaseName) => urlFor(socketDirectory, options, role, database),
    async stop() {
      stopping.abort()
      await restarting
      await stopPostmaster(current.pid)
      if (dirname(socketDirectory) !== home) await rm(socketDirectory, { recursive: true, force: true })
    },
  }
}

function urlFor(
  socketDirectory: string,
  options: EmbeddedOptions,
  role: RoleName | 'postgres',
  database: string,
): string {
  const password = role === 'postgres' ? (options.unsafeSuperuserPassword ?? '') : options.passwords[role]
  const host = encodeURIComponent(socketDirectory)
  return `postgres://${role}:${encodeURIComponent(password)}@localhost:5432/${database}?host=${host}`
}

/** What only the superuser can mend before we serve, in words; null: nothing. */
async function repairOf(socketDirectory: string, options: EmbeddedOptions): Promise<string | null> {
  const fits = await Promise.all(
    roleNames.map((role) => answer(urlFor(socketDirectory, options, role, databaseName), isPreparedSql)),
  )
  if (fits.some((fit) => fit?.prepared === false)) return 'adding the database roles of this version'
  if (fits.every((fit) => fit !== null)) return null
  return 'role passwords in .env.secrets changed; setting them in the database'
}

/** The one row that a role is told; null where its password does not fit, or there is no such role. */
async function answer(url: string, sql: string): Promise<{ prepared: boolean } | null> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    return (await client.query<{ prepared: boolean }>(sql)).rows[0] ?? null
  } catch (error) {
    // 28P01: invalid_password
    if (error instanceof pg.DatabaseError && error.code === '28P01') return null
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}
