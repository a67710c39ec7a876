/**
 * One process per instance. `run/lock` names the process that holds it, with its time of birth, so that a process number
 * used again by another program is not taken for it.
 */
import { execFile } from 'node:child_process'
import { link, open, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'

const run = promisify(execFile)
const Holder = z.object({ pid: z.int(), born: z.string() })
/** The process that holds a lock. */
export type Holder = z.infer<typeof Holder>

/** Takes the lock of a `run/` directory: null when taken, else who holds it. */
export async function takeLock(directory: string): Promise<Holder | null> {
  const path = join(directory, 'lock')
  const mine = JSON.stringify({ pid: process.pid, born: await birthOf(process.pid) })
  for (;;) {
    if (await createExclusive(path, mine)) return null
    const holder = await findHolder(directory)
    if (holder !== null) return holder
    if (await replaceStale(path, mine, () => findHolder(directory))) return null
  }
}

/** Who holds the lock now; null when nobody alive does. */
export async function findHolder(directory: string): Promise<Holder | null> {
  const text = await readFile(join(directory, 'lock'), 'utf8').catch(() => '')
  const parsed = Holder.safeParse(parse(text))
  if (!parsed.success) return null
  return (await birthOf(parsed.data.pid)) === parsed.data.born ? parsed.data : null
}

/** Gives the lock back, if it is ours. */
export async function releaseLock(directory: string): Promise<void> {
  const holder = await findHolder(directory)
  if (holder?.pid === process.pid) await rm(join(directory, 'lock'), { force: true })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Cut off by a crash while it was written: nobody holds it.
    return null
  }
}

/** Appears whole or not at all: an empty lock would be taken for one cut off by a crash. */
async function createExclusive(path: string, text: string): Promise<boolean> {
  const aside = `${path}.${process.pid}`
  await writeFile(aside, text, { mode: 0o600 })
  try {
    await link(aside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(aside)
  }
}

/**
 * Replaces the lock of a dead process. Of several who try at once one may look and replace, behind a guard file;
 * a guard older than ten seconds was left by a crash.
 */
async function replaceStale(
  path: string,
  mine: string,
  findAgain: () => Promise<Holder | null>,
): Promise<boolean> {
  const guard = `${path}.taking`
  const left = await stat(guard).catch(() => null)
  if (left !== null && Date.now() - left.mtimeMs > 10_000) await rm(guard, { force: true })
  const held = await open(guard, 'wx', 0o600).catch(() => null)
  if (held === null) return false
  try {
    if ((await findAgain()) !== null) return false
    await writeFile(`${path}.new`, mine, { mode: 0o600 })
    await rename(`${path}.new`, path)
    return true
  } finally {
    await held.close()
    await unlink(guard).catch(() => {})
  }
}

/** When a process was born, in a form that only serves to compare; empty when there is no such process. */
async function birthOf(pid: number): Promise<string> {
  try {
    // The 22nd field, counted after the name, which may itself hold spaces and parentheses.
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    // No /proc outside Linux; on Linux no such process, which ps then says too.
    const listed = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null)
    return listed?.stdout.trim() ?? ''
  }
}
