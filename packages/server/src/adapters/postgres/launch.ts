/** Starting the postmaster of a cluster: its settings, its log, taking over one that is still running. */
import { spawn } from 'node:child_process'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClusterSpec, databaseEnvironment, databaseFailure } from './create.ts'
import { socketName } from './place.ts'
import {
  commandOf,
  isAlive,
  readPostmaster,
  stopPostmaster,
  waitUntilGone,
  waitUntilReady,
  watchForEnd,
} from './postmaster.ts'

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

/** A postmaster that answers. */
export interface Launched {
  readonly pid: number
  readonly socketDirectory: string
  /** Whether it was running already. */
  readonly adopted: boolean
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>
}

/** Takes over a postmaster that was left running with the very same command; stops any other. Null: none runs now. */
export async function adopt(
  data: string,
  spec: ClusterSpec,
  onProgress: (words: string) => void,
): Promise<Launched | null> {
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
    const ready = await waitUntilReady(data, found.pid, () => !isAlive(found.pid) || Date.now() > patience)
    if (ready !== null) {
      onProgress('took over the database that an earlier start left running')
      const { pid, socketDirectory } = ready
      return { pid, socketDirectory, adopted: true, ended: watchForEnd(pid) }
    }
  }
  onProgress('stopping the database that an earlier start left running')
  if (found.status === 'stopping') await waitUntilGone(found.pid, 15_000)
  await stopPostmaster(found.pid)
  return null
}

/** Starts the postmaster and waits until it accepts connections. Rejects in words. */
export async function launch(
  home: string,
  data: string,
  socketDirectory: string,
  spec: ClusterSpec,
): Promise<Launched> {
  // Left by one that was killed, PostgreSQL believes it for as long as its number is in use, be it by a zombie or by any
  // other program after the machine was started again. The directory is ours, and none of ours runs.
  await rm(join(socketDirectory, `${socketName}.lock`), { force: true })
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
    let running = true
    const ended = new Promise<void>((resolve) => {
      const end = () => {
        running = false
        resolve()
      }
      child.on('error', end)
      child.on('exit', end)
    })
    child.unref()
    const patience = Date.now() + 60_000
    const ready = await waitUntilReady(data, child.pid, () => !running || Date.now() > patience)
    if (ready !== null && ready.pid === child.pid)
      return { pid: ready.pid, socketDirectory, adopted: false, ended }
    throw databaseFailure('postgresql', (await readFile(logFile)).subarray(begin).toString())
  } finally {
    await log.close()
  }
}
