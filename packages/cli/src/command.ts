/** What all commands share: `--json`, `--dir`, finding the instance, exit codes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '@castellan/contracts'
import { fileName } from '@castellan/server/configuration'
import type { Command } from 'commander'
import { type Client, connect } from './client.ts'

/** What an action is given. */
export interface Run {
  readonly json: boolean
  /** The instance directory. */
  readonly directory: string
  /** The running instance. Rejects with `not_running`. */
  client(): Promise<Client>
}

/** Does the work; its result is the exit code, 0 when there is none. */
export type Action = (run: Run, ...parameters: never[]) => Promise<number | undefined>

interface Shared {
  readonly json?: boolean
  readonly dir?: string
}

/** The exit code of the last action. */
let exitCode: number = exitCodes.done

/** Where `main` reads it. */
export function lastExitCode(): number {
  return exitCode
}

/** Adds a command with its shared options, e.g. `leaf(program, 'status', 'Shows …')`. */
export function leaf(parent: Command, usage: string, summary: string): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--json', 'print one JSON document on stdout')
    .option('--dir <instance>', 'the instance directory (default: here, else ./instance)')
}

/** Gives a command its action, called with the run, the arguments in order and the options. */
export function act(command: Command, action: (run: Run, ...parameters: never[]) => Promise<unknown>): void {
  command.action(async (...parameters: unknown[]) => {
    const shared = command.opts<Shared>()
    const directory = shared.dir ?? defaultDirectory()
    const run: Run = { json: shared.json === true, directory, client: () => connect(directory) }
    // Commander appends the command itself, which nobody needs.
    const result = await action(run, ...(parameters.slice(0, -1) as never[]))
    exitCode = typeof result === 'number' ? result : exitCodes.done
  })
}

function defaultDirectory(): string {
  return existsSync(join('.', fileName)) ? '.' : 'instance'
}
