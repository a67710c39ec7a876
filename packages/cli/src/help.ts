/** `castellan help`, also as JSON for other programs: every command with its arguments and flags, and the exit codes. */
import { exitCodes } from '@castellan/contracts'
import type { Command } from 'commander'
import { print, printJson } from './output.ts'
import { version } from './version.ts'

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  mistake: 'a mistake of the user: arguments, configuration, not running',
  fault: 'a fault of the system: disk, database, provider, or castellan itself',
  refused: 'refused by policy, or not signed in',
  found: 'a check found something',
}

/** Adds `help [command…]`. */
export function addHelp(program: Command): void {
  program.helpCommand(false)
  program
    .command('help [command...]')
    .description('shows all commands, or one of them')
    .option('--json', 'print one JSON document on stdout')
    .action((path: string[], { json }: { json?: boolean }) => {
      const found = path.reduce<Command | undefined>(
        (parent, name) => parent?.commands.find((each) => each.name() === name),
        program,
      )
      if (found === undefined) program.error(`error: unknown command '${path.join(' ')}'`)
      if (json === true) printJson(describeAll(program))
      else print((found ?? program).helpInformation().trimEnd())
    })
}

function describeAll(program: Command) {
  const codes = Object.entries(exitCodes).map(([name, code]) => ({
    code,
    name,
    meaning: meanings[name as keyof typeof exitCodes],
  }))
  return { name: 'castellan', version, commands: leaves(program, []), exit_codes: codes }
}

function leaves(command: Command, path: readonly string[]): object[] {
  return command.commands.flatMap((each) => {
    const here = [...path, each.name()]
    const below = leaves(each, here)
    return below.length > 0 ? below : [describe(each, here)]
  })
}

function describe(command: Command, path: readonly string[]) {
  return {
    name: path.join(' '),
    summary: command.description(),
    arguments: command.registeredArguments.map((each) => ({
      name: each.name(),
      required: each.required,
      many: each.variadic,
    })),
    flags: command.options.map((each) => ({
      flags: each.flags,
      summary: each.description,
      takes_value: each.required || each.optional,
      choices: each.argChoices ?? null,
    })),
  }
}
