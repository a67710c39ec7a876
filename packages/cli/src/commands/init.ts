/** `castellan init`: makes an instance, asking a little or nothing. */

import { instanceName } from '@castellan/server/configuration'
import { createInstance } from '@castellan/server/instance'
import type { Command } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say } from '../output.ts'
import { askLine, isInteractive } from '../prompt.ts'

interface Options {
  readonly yes?: boolean
  readonly name?: string
}

/** Adds `init`. */
export function addInit(program: Command): void {
  const command = leaf(program, 'init', 'makes an instance; never overwrites')
    .option('-y, --yes', 'ask nothing')
    .option('--name <name>', 'what the instance is called: 2–30 of a–z, 0–9 and -')
  act(command, init)
}

async function init(run: Run, options: Options): Promise<void> {
  const name = options.name ?? (await askName(options))
  const made = await createInstance(run.directory, name === undefined ? {} : { name })
  if (run.json) return printJson(made)
  for (const file of made.created) print(`wrote ${file}`)
  for (const file of made.kept) print(`kept ${file}`)
  say(`the instance is in ${made.directory}; your password is ADMIN_PASSWORD in .env.secrets there`)
  say(`next: castellan up --dir ${run.directory}`)
}

async function askName(options: Options): Promise<string | undefined> {
  if (options.yes === true || !isInteractive()) return undefined
  return askLine('What is this Castellan called?', 'home', (answer) =>
    instanceName.safeParse(answer).success ? undefined : 'use 2–30 of a–z, 0–9 and -',
  )
}
