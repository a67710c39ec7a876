/** `castellan demo`: an injection, obeyed by the model and stopped by the gate; `--unsafe` shows it without the gate. */
import { exitCodes } from '@castellan/contracts'
import type { DemoReport } from '@castellan/server/demo'
import type { Command } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled } from '../output.ts'
import { visibleLine } from '../visible.ts'

interface Options {
  readonly unsafe?: boolean
  readonly stay?: boolean
}

/** Adds `demo`. */
export function addDemo(program: Command): void {
  const command = leaf(program, 'demo', 'shows an attack being stopped, without a key or a network')
    .option('--unsafe', 'the same with the gate off, to see the difference')
    .option('--no-stay', 'end at once instead of leaving the page open to look at')
  act(command, demo)
}

async function demo(run: Run, { unsafe = false, stay = true }: Options): Promise<number> {
  const { openDemo } = await import('@castellan/server/demo')
  const watched = !run.json && process.stdout.isTTY
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  say(
    'setting the scene: a throw-away instance, a soup recipe with something hidden in it, an obedient model',
  )
  const stage = await openDemo({ unsafe, wordMs: watched ? 30 : 0, tell: say })
  try {
    if (!run.json) print(`\n${styled('bold', 'you')}      ${stage.request}`)
    const report = await stage.play()
    if (run.json) printJson(summary(report))
    else narrate(report)
    if (watched && stay) {
      print(`\nlook      ${await stage.link()}`)
      say('          the same in the web page; Ctrl-C ends the demo and deletes it')
      await stopped
    }
    return exitCodes.done
  } finally {
    await stage.close()
  }
}

function summary({ unsafe, canary_arrived, result, ledger }: DemoReport) {
  const { run, reply, decisions, approvals } = result
  return {
    unsafe,
    canary_arrived,
    state: run.state,
    tainted_by: run.tainted_by,
    reply,
    decisions,
    approvals,
    ledger,
  }
}

const verdicts = { allow: 'green', ask: 'yellow', deny: 'red' } as const

function narrate({ unsafe, canary_arrived, result }: DemoReport): void {
  for (const { skill, decision, state } of result.decisions) {
    print(`${styled('bold', 'agent')}    ${skill} ${styled('dim', firstArgument(decision.arguments))}`)
    const verdict = state === 'waiting' ? 'stopped, waiting for you' : state
    print(`         ${styled(verdicts[decision.decision], `${decision.decision}: ${verdict}`)}`)
    print(`         ${visibleLine(decision.why)}`)
  }
  if (result.reply !== null) print(`${styled('bold', 'agent')}    ${visibleLine(result.reply)}`)
  print('')
  if (canary_arrived) print(styled('red', 'The private file reached the attacker.'))
  else print(styled('green', 'The private file did not reach the attacker.'))
  print(
    unsafe
      ? 'The gate was off. Without --unsafe the same run is stopped.'
      : 'The same without the gate: castellan demo --unsafe',
  )
}

function firstArgument(all: DemoReport['result']['decisions'][number]['decision']['arguments']): string {
  const value = all[0]?.value
  return typeof value === 'string' ? visibleLine(value) : ''
}
