/** Which processes an instance has, and what memory they use together. */
import { readdir, readFile } from 'node:fs/promises'

export interface Footprint {
  readonly pids: number[]
  /** Proportional set size where the system tells it, so that shared pages count once; else our own resident size. */
  readonly bytes: number
}

/** This process, the given ones, and everything they started. */
export async function measureFootprint(others: readonly number[]): Promise<Footprint> {
  const pids = await withDescendants([process.pid, ...others])
  const sizes = await Promise.all(pids.map(sizeOf))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return { pids, bytes: bytes > 0 ? bytes : process.memoryUsage().rss }
}

async function withDescendants(roots: readonly number[]): Promise<number[]> {
  const parents = await parentsOfAll()
  const found = new Set(roots)
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

async function parentsOfAll(): Promise<Map<number, number>> {
  const parents = new Map<number, number>()
  const names = await readdir('/proc').catch(() => [])
  await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        // A process may end between the listing and the reading.
        const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
        const parent = Number(stat.replace(/^.*\) /s, '').split(' ')[1])
        if (Number.isInteger(parent)) parents.set(Number(name), parent)
      }),
  )
  return parents
}

async function sizeOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
}
