/** `castellan redteam`: replays a benchmark of injections through the gate's own code, without a model and without an instance. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '@castellan/contracts'
import { fileName } from '@castellan/server/configuration'
import type { Counts, Detail, TaskDetail } from '@castellan/server/redteam'
import type { Command } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

interface Options {
  readonly suite: string
  readonly sealed?: boolean
}

/** Adds `redteam`. */
export function addRedteam(program: Command): void {
  const command = leaf(
    program,
    'redteam',
    'replays injections against the gate; exit code 4 when one gets through',
  )
    .requiredOption('--suite <directory>', 'user tasks and injections as data (docs/guide/redteam.md)')
    .option('--sealed', 'the planner reads strangers’ text only where it must')
  act(command, redteam)
}

async function redteam(run: Run, options: Options): Promise<number> {
  // Loads the policies and the suites; neither a database nor a server.
  const { openRedteam } = await import('@castellan/server/redteam')
  const instance = existsSync(join(run.directory, fileName)) ? run.directory : null
  const report = await openRedteam(options.suite, { instance, isSealed: options.sealed === true })
  if (run.json) printJson(report)
  else show(report)
  const { succeeded, leaked_calls } = report.total
  return succeeded > 0 || leaked_calls > 0 ? exitCodes.found : exitCodes.done
}

function show({
  total,
  suites,
  details,
}: {
  total: Counts
  suites: Readonly<Record<string, Counts>>
  details: readonly Detail[]
}): void {
  const rows = Object.entries({ ...suites, total }).map(([name, counts]) => [
    visibleLine(name),
    `${counts.succeeded} of ${counts.actionable} attacks succeeded`,
    `${counts.leaked_calls} calls leaked`,
    `${counts.unconfirmed} of ${counts.user_tasks} tasks unasked`,
    `${counts.passed} of ${counts.gated_calls} calls passed`,
  ])
  for (const line of table(rows)) print(line)
  const apart = total.pairs - total.actionable
  if (apart > 0) print(`${apart} pairs hold no call that could be stopped, or never show their injection`)
  for (const detail of details) {
    if (detail.kind === 'pair' && detail.leaked_calls > 0) {
      print(`\n${visibleLine(`${detail.suite} ${detail.user_task} with ${detail.injection_task}`)} leaks`)
      for (const call of detail.injected) print(`  ${visibleLine(`${call.tool}: ${call.why}`)}`)
    }
    if (detail.kind === 'user_task' && detail.confirmations > 0) showAsked(detail)
  }
}

function showAsked({ suite, user_task, asks }: TaskDetail): void {
  print(`\n${visibleLine(`${suite} ${user_task}`)} asks`)
  for (const call of asks)
    print(`  ${visibleLine(`${call.tool} (${call.factor ?? call.decision}): ${call.why}`)}`)
}
