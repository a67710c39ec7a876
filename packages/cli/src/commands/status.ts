/** `castellan status`: whether the instance runs, where, since when, and what it uses. */
import { AlertList, CastellanError, exitCodes, Health } from '@castellan/contracts'
import type { Command } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { version } from '../version.ts'

/** Adds `status`. */
export function addStatus(program: Command): void {
  act(leaf(program, 'status', 'shows whether the instance runs, and what it uses'), status)
}

async function status(run: Run): Promise<number> {
  try {
    const client = await run.client()
    const health = await client.get('/api/health', Health)
    const { total: alerts } = await client.get('/api/alerts', AlertList)
    const { ready, pids, memory_bytes } = health
    if (run.json) printJson({ ready, url: client.url, version: health.version, pids, memory_bytes, alerts })
    else show(client.url, health, alerts)
    return exitCodes.done
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'not_running') throw error
    if (run.json) printJson({ ready: false, url: null, version, pids: [], memory_bytes: 0, alerts: 0 })
    else print('not running')
    say('hint: start it with castellan up')
    return exitCodes.mistake
  }
}

function show(url: string, health: Health, alerts: number): void {
  const findings = health.findings.filter(({ severity }) => severity === 'warning' || severity === 'problem')
  const rows = [
    ['state', health.ready ? 'ready' : 'not ready'],
    ['address', url],
    ['version', health.version],
    ['started', new Date(health.started_at).toLocaleString()],
    ['processes', health.pids.join(' ')],
    ['memory', `${(health.memory_bytes / 1_048_576).toFixed(0)} MB`],
    ['alerts', alerts === 0 ? 'none' : `${alerts} (castellan open, Waiting for you)`],
    ['findings', findings.length === 0 ? 'none' : `${findings.length} (castellan doctor)`],
  ]
  for (const line of table(rows)) print(line)
}
