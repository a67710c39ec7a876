/** The machine the bench runs on: how busy others keep it, how much memory and processor time processes take. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** Ticks of /proc per second. */
const ticks = 100

/** 1-minute load average. */
export function load(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}

/** Cores that are busy while we do nothing. `idle` are processes of ours, which may not be quite still. */
export async function busyCores(ms = 500, idle: readonly number[] = []): Promise<number> {
  const own = () => cpuSeconds([process.pid, ...idle])
  const before = { busy: busySeconds(), own: own(), at: performance.now() }
  await wait(ms)
  const used = busySeconds() - before.busy - (own() - before.own)
  return Math.max(0, used / ((performance.now() - before.at) / 1000))
}

function busySeconds(): number {
  const total = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  return total / 1000
}

/** Waits until others use less than a third of a core, for `patienceMs` at most. */
export async function quiet(patienceMs: number): Promise<number> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const busy = await busyCores(1_000)
    if (busy < 0.33 || Date.now() > deadline) return busy
  }
}

/** Proportional set size in MB: shared pages count once over all their users. */
export function memory(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0),
  )
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024
}

/** Processor seconds that processes and their ended children have used. */
export function cpuSeconds(pids: readonly number[]): number {
  return (
    pids.reduce(
      (sum, pid) =>
        sum +
        fieldsOf(pid)
          .slice(11, 15)
          .reduce((all, each) => all + Number(each), 0),
      0,
    ) / ticks
  )
}

/** A process and all that descend from it. */
export function tree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(fieldsOf(Number(name))[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)]
  return below(root)
}

/** The fields of /proc/PID/stat from the state on; none for a process that has just ended. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
