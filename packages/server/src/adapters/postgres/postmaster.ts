/** A running PostgreSQL as its `postmaster.pid` tells of it: whether it is alive, ours, ready, and how to stop it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const pollMs = 10

export interface Postmaster {
  readonly pid: number
  readonly socketDirectory: string
  /** `starting`, `ready`, `stopping` …, empty before the first of these is written. */
  readonly status: string
}

/** What `postmaster.pid` says; null when there is none or it is being written. */
export async function readPostmaster(data: string): Promise<Postmaster | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, socketDirectory: lines[4] ?? '', status: lines[7] ?? '' }
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The command line of a process, words joined by a space; empty when it cannot be read. */
export async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
  } catch {
    // No /proc outside Linux.
    const listed = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => null)
    return listed?.stdout.trim() ?? ''
  }
}

/** Waits until process `pid` serves `data` and accepts connections. Resolves to null when `gaveUp` says so first. */
export async function waitUntilReady(
  data: string,
  pid: number | undefined,
  gaveUp: () => boolean,
): Promise<Postmaster | null> {
  for (;;) {
    const found = await readPostmaster(data)
    // The file of a killed predecessor still says `ready` for a moment.
    if (found?.status === 'ready' && found.pid === pid) return found
    if (gaveUp()) return null
    await wait(pollMs)
  }
}

/** Waits until a process is gone. Resolves to false after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; await isRunning(pid); await wait(pollMs)) {
    if (Date.now() > deadline) return false
  }
  return true
}

/** Resolves when a process that is not our child has ended; looks once a second and keeps no process alive for it. */
export async function watchForEnd(pid: number): Promise<void> {
  while (await isRunning(pid)) await wait(1_000, undefined, { ref: false })
}

/** Alive and no zombie: a process whose adoptive parent reaps late has ended all the same. */
async function isRunning(pid: number): Promise<boolean> {
  return isAlive(pid) && (await commandOf(pid)) !== ''
}

/** Stops a postmaster: fast first (connections are cut, data flushed), after 30 s at once (recovers from its log). */
export async function stopPostmaster(pid: number): Promise<void> {
  signal(pid, 'SIGINT')
  if (await waitUntilGone(pid, 30_000)) return
  signal(pid, 'SIGQUIT')
  await waitUntilGone(pid, 10_000)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
