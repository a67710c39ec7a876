/**
 * The embedded PostgreSQL of an instance: made at first start, reached only through a socket in a private directory,
 * adopted when an earlier Castellan died and left it running, stopped cleanly with us.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import { type RoleName, type RolePasswords, roleNames, setPasswordSql } from '../../database/roles.ts'
import { type Account, canReach, databaseAccount } from './account.ts'
import { findBinaries, sharedDirectory } from './binaries.ts'
import {
  type ClusterSpec,
  createCluster,
  databaseEnvironment,
  databaseFailure,
  databaseName,
  runAsSuperuser,
} from './create.ts'
import {
  commandOf,
  isAlive,
  readPostmaster,
  stopPostmaster,
  waitUntilGone,
  waitUntilReady,
} from './postmaster.ts'

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
  readonly pid: number
  /** Whether it was already running, left by an earlier start. */
  readonly adopted: boolean
  /** Where it really lives. */
  readonly home: string
  /** A connection string for one role, with its password. */
  urlFor(role: RoleName | 'postgres', database?: string): string
  stop(): Promise<void>
}

/** Length of `sun_path` on Linux and macOS less the terminator, the smaller of the two. */
const longestSocketPath = 103
const socketName = '.s.PGSQL.5432'
const majorVersion = '18'

/** Starts (or adopts) the cluster and waits until it answers. Rejects with `CastellanError` in words. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = await databaseAccount(await findHome(options.directory))
  const home = await place(options.directory, account)
  const data = join(home, 'data')
  const spec: ClusterSpec = { ...options, account, binaries: await findBinaries(account) }
  if ((await readVersion(data)) === null) {
    options.onProgress?.('creating the database')
    await createCluster(data, spec)
  }
  const first = await run(home, data, spec, options)
  if (await passwordsFit(first, options.passwords)) return first
  options.onProgress?.('role passwords in .env.secrets changed; setting them in the database')
  await first.stop()
  const statements = roleNames.map((role) => setPasswordSql(role, options.passwords[role]))
  await runAsSuperuser(data, spec, statements)
  return run(home, data, spec, options)
}

/** The directory named by an earlier start's pointer, else the asked one. */
async function findHome(directory: string): Promise<string> {
  const pointer = await readFile(`${directory}.path`, 'utf8').catch(() => '')
  return join(pointer.trim() === '' ? directory : pointer.trim(), 'data')
}

/**
 * Decides where the cluster lives and makes that directory: inside the instance where PostgreSQL's user can reach it,
 * else under /var/lib/castellan, remembered in `<directory>.path`, so that it is found again wherever the instance moves.
 */
async function place(directory: string, account: Account | null): Promise<string> {
  const pointer = `${directory}.path`
  const remembered = (await readFile(pointer, 'utf8').catch(() => '')).trim()
  if (remembered !== '') {
    await mkdirFor(remembered, account)
    return remembered
  }
  await mkdir(dirname(directory), { recursive: true, mode: 0o711 })
  if (await canReach(dirname(directory), account)) {
    await mkdirFor(directory, account)
    return directory
  }
  if ((await readVersion(join(directory, 'data'))) !== null) {
    throw new CastellanError(
      'bad_configuration',
      `the database in ${directory} can no longer be reached by ${account?.name ?? 'its user'}`,
      { hint: 'make every directory above it enterable again (chmod o+x), then start again' },
    )
  }
  const instance = basename(dirname(dirname(directory)))
  const elsewhere = join(sharedDirectory, `${instance}-${randomBytes(4).toString('hex')}`)
  await mkdir(sharedDirectory, { recursive: true, mode: 0o755 })
  await mkdirFor(elsewhere, account)
  await writeFile(pointer, `${elsewhere}\n`, { flag: 'wx', mode: 0o600 })
  return elsewhere
}

/** A private directory of PostgreSQL's user; links are refused. */
async function mkdirFor(directory: string, account: Account | null): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const found = await lstat(directory)
  if (!found.isDirectory()) {
    throw new CastellanError('bad_configuration', `${directory} is not a directory (links are refused)`)
  }
  if (account !== null && found.uid !== account.uid) await chown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
}

async function readVersion(data: string): Promise<string | null> {
  let version: string
  try {
    version = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new CastellanError('bad_configuration', `the database in ${data} belongs to another user`, {
      cause: error,
      hint: 'start castellan as the user who started it before (root, perhaps)',
    })
  }
  if (version === majorVersion) return version
  throw new CastellanError(
    'bad_configuration',
    `the database in ${data} is postgresql ${version}; this castellan brings ${majorVersion}`,
    { hint: 'start it with the castellan it was made with' },
  )
}

async function run(
  home: string,
  data: string,
  spec: ClusterSpec,
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const adopted = await adopt(data, spec, options)
  if (adopted !== null) return handle(home, adopted.pid, adopted.socketDirectory, options, true)
  const socketDirectory = await socketHome(home, spec.account)
  const pid = await launch(home, data, socketDirectory, spec)
  return handle(home, pid, socketDirectory, options, false)
}

/** Takes over a postmaster that an earlier start left running with the very same command; stops any other. */
async function adopt(data: string, spec: ClusterSpec, options: EmbeddedOptions) {
  const found = await readPostmaster(data)
  if (found === null) return null
  const command = isAlive(found.pid) ? await commandOf(found.pid) : ''
  if (!command.includes(data)) {
    // The process is gone, or its number belongs to another program now; PostgreSQL would refuse to start on this file.
    await rm(join(data, 'postmaster.pid'), { force: true })
    return null
  }
  const wanted = [spec.binaries.postgres, ...serverArguments(data, found.socketDirectory, spec)].join(' ')
  const patience = Date.now() + 15_000
  if (command === wanted && found.status !== 'stopping') {
    const ready = await waitUntilReady(data, () => !isAlive(found.pid) || Date.now() > patience)
    if (ready !== null) {
      options.onProgress?.('took over the database that an earlier start left running')
      return ready
    }
  }
  options.onProgress?.('stopping the database that an earlier start left running')
  if (found.status === 'stopping') await waitUntilGone(found.pid, 15_000)
  await stopPostmaster(found.pid)
  return null
}

/** A directory short enough for a socket path (108 bytes with its terminator on Linux). */
async function socketHome(home: string, account: Account | null): Promise<string> {
  const inside = join(home, 'socket')
  if (Buffer.byteLength(join(inside, socketName)) <= longestSocketPath) {
    await mkdirFor(inside, account)
    return inside
  }
  const outside = await mkdtemp(join(tmpdir(), 'castellan-'))
  await mkdirFor(outside, account)
  return outside
}

/** Settings for a small server: few processes, little memory; every commit durable. */
function serverArguments(data: string, socketDirectory: string, spec: ClusterSpec): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '60',
    shared_buffers: '32MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    io_method: 'sync',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    max_wal_senders: '0',
    wal_level: 'minimal',
    max_wal_size: '256MB',
    huge_pages: 'off',
    timezone: 'UTC',
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    ...(spec.unsafeNoSync === true
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
  }
  return ['-D', data, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)]
}

async function launch(
  home: string,
  data: string,
  socketDirectory: string,
  spec: ClusterSpec,
): Promise<number> {
  const logFile = join(home, 'postgresql.log')
  if (((await stat(logFile).catch(() => null))?.size ?? 0) > 4_000_000) await rename(logFile, `${logFile}.1`)
  const log = await open(logFile, 'a', 0o600)
  try {
    const begin = (await log.stat()).size
    const child = spawn(spec.binaries.postgres, serverArguments(data, socketDirectory, spec), {
      ...databaseEnvironment,
      ...(spec.account === null ? {} : { uid: spec.account.uid, gid: spec.account.gid }),
      // Its own process group: Ctrl-C in the terminal must reach us first.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    let ended = false
    child.on('error', () => {
      ended = true
    })
    child.on('exit', () => {
      ended = true
    })
    child.unref()
    const patience = Date.now() + 60_000
    const ready = await waitUntilReady(data, () => ended || Date.now() > patience)
    if (ready !== null && ready.pid === child.pid) return ready.pid
    const said = (await readFile(logFile)).subarray(begin).toString()
    throw databaseFailure('postgresql', said)
  } finally {
    await log.close()
  }
}

function handle(
  home: string,
  pid: number,
  socketDirectory: string,
  options: EmbeddedOptions,
  adopted: boolean,
): EmbeddedPostgres {
  return Object.freeze({
    pid,
    adopted,
    home,
    urlFor(role: RoleName | 'postgres', database = databaseName) {
      const password = role === 'postgres' ? (options.unsafeSuperuserPassword ?? '') : options.passwords[role]
      const host = encodeURIComponent(socketDirectory)
      return `postgres://${role}:${encodeURIComponent(password)}@localhost:5432/${database}?host=${host}`
    },
    async stop() {
      await stopPostmaster(pid)
      if (dirname(socketDirectory) !== home) await rm(socketDirectory, { recursive: true, force: true })
    },
  })
}

/** Whether every role can log in with the password that `.env.secrets` names. */
async function passwordsFit(cluster: EmbeddedPostgres, passwords: RolePasswords): Promise<boolean> {
  const fits = await Promise.all(roleNames.map((role) => canLogIn(cluster.urlFor(role), passwords[role])))
  return fits.every((fit) => fit)
}

async function canLogIn(url: string, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, password })
  try {
    await client.connect()
    return true
  } catch (error) {
    // 28P01: invalid_password
    if (error instanceof pg.DatabaseError && error.code === '28P01') return false
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}
