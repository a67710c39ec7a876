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

/** Begins to measure how many cores others keep busy; gives back how to end it. Our own processes descend from this one. */
export function watchOthers(): () => number {
  const own = () => cpuSeconds(tree(process.pid))
  const before = { busy: busySeconds(), own: own(), at: performance.now() }
  return () => {
    const used = busySeconds() - before.busy - (own() - before.own)
    return Math.max(0, used / ((performance.now() - before.at) / 1000))
  }
}

function busySeconds(): number {
  const total = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  return total / 1000
}

/** Waits until others use less than a third of a core, for `patienceMs` at most. */
export async function quiet(patienceMs: number): Promise<number> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const others = watchOthers()
    await wait(1_000)
    const busy = others()
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
