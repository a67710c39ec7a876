/** Findings about the machine: room on the disk, the clock, the port. */
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Finding } from '@castellan/contracts'
import { ok, problem, warning } from './finding.ts'

const mebibyte = 1_048_576

/** Whether there is room for what will be stored. */
export async function examineDisk(directory: string): Promise<Finding> {
  const id = 'machine.disk'
  const { bavail, bsize } = await statfs(directory)
  const free = Math.floor((bavail * bsize) / mebibyte)
  const cause = `${free} MB are free at ${directory}`
  const fix = 'free some space, or move the instance to a larger disk'
  if (free < 200) return problem(id, 'the disk is almost full', cause, fix)
  if (free < 1_000) return warning(id, 'the disk is filling up', cause, fix)
  return ok(id, `${free} MB are free for the instance`)
}

/** No Castellan was made before this. */
const earliest = Date.parse('2026-01-01T00:00:00Z')

/** Whether the clock can be right; `databaseNow` is PostgreSQL's, where one is asked. */
export function examineClock(now: number, databaseNow?: number): Finding {
  const id = 'machine.clock'
  const fix = 'switch on time synchronisation (timedatectl set-ntp true)'
  if (now < earliest) {
    return problem(
      id,
      'the clock is wrong',
      `it says ${new Date(now).toISOString()}; approvals and sessions would not expire rightly`,
      fix,
    )
  }
  const apart = databaseNow === undefined ? 0 : Math.abs(databaseNow - now)
  if (apart > 5_000) {
    return warning(
      id,
      'two clocks disagree',
      `this machine and PostgreSQL are ${Math.round(apart / 1000)} s apart`,
      fix,
    )
  }
  return ok(id, 'the clock is plausible')
}

/** Whether the port could be bound; asked of a stopped instance only. */
export function examinePort(host: string, port: number): Promise<Finding> {
  const id = 'machine.port'
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        problem(
          id,
          `port ${port} cannot be used`,
          error.code === 'EADDRINUSE' ? 'another program holds it' : `the system says ${error.code}`,
          'stop that program, or set PORT to another one in .env of the instance',
        ),
      ),
    )
    server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, exclusive: true }, () =>
      server.close(() => resolve(ok(id, `port ${port} is free`))),
    )
  })
}
