/** `castellan doctor`: what is wrong with an instance, why, and what to do. Works on a stopped one too. */
import { CastellanError, exitCodes, type Finding, Health } from '@castellan/contracts'
import { examineStopped } from '@castellan/server/doctor'
import type { Command } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled } from '../output.ts'

/** Adds `doctor`. */
export function addDoctor(program: Command): void {
  act(leaf(program, 'doctor', 'checks the instance; exit code 4 when something was found'), doctor)
}

async function doctor(run: Run): Promise<number> {
  const findings = await examine(run)
  if (run.json) printJson({ findings })
  else for (const finding of findings) show(finding)
  const found = findings.some(({ severity }) => severity === 'warning' || severity === 'problem')
  return found ? exitCodes.found : exitCodes.done
}

async function examine(run: Run): Promise<readonly Finding[]> {
  try {
    return (await (await run.client()).get('/api/health', Health)).findings
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'not_running') throw error
    say('the instance is not running; its database is not examined')
    return examineStopped(run.directory)
  }
}

const marks = { ok: '✓', info: '·', warning: '!', problem: '✗' } as const
const tones = { ok: 'green', info: 'dim', warning: 'yellow', problem: 'red' } as const

function show({ id, severity, title, cause, fix }: Finding): void {
  print(`${styled(tones[severity], marks[severity])} ${title} ${styled('dim', id)}`)
  if (cause !== null) print(`    ${cause}`)
  if (fix !== null) print(`    fix: ${fix}`)
}
