/** What all commands share: `--json`, `--dir`, finding the instance, exit codes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError, exitCodes } from '@castellan/contracts'
import { fileName } from '@castellan/server/configuration'
import type { Stopped } from '@castellan/server/offline'
import type { Command, CommandOptions } from 'commander'
import { type Client, connect } from './client.ts'
import { say } from './output.ts'

/** What an action is given. */
export interface Run {
  readonly json: boolean
  /** The instance directory. */
  readonly directory: string
  /** The running instance. Rejects with `not_running`. */
  client(): Promise<Client>
  /** Asks the running instance, or does the same with a stopped one, whose database is started meanwhile. */
  either<T>(running: (client: Client) => Promise<T>, stopped: (parts: Stopped) => Promise<T>): Promise<T>
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
export function leaf(parent: Command, usage: string, summary: string, options: CommandOptions = {}): Command {
  return parent
    .command(usage, options)
    .description(summary)
    .option('--json', 'print one JSON document on stdout')
    .option('--dir <instance>', 'the instance directory (default: here, else ./instance)')
}

/** Gives a command its action, called with the run, the arguments in order and the options. */
export function act(command: Command, action: (run: Run, ...parameters: never[]) => Promise<unknown>): void {
  command.action(async (...parameters: unknown[]) => {
    const shared = command.opts<Shared>()
    const directory = shared.dir ?? defaultDirectory()
    const run: Run = {
      json: shared.json === true,
      directory,
      client: () => connect(directory),
      either: (running, stopped) => either(directory, running, stopped),
    }
    // Commander appends the command itself, which nobody needs.
    const result = await action(run, ...(parameters.slice(0, -1) as never[]))
    exitCode = typeof result === 'number' ? result : exitCodes.done
  })
}

async function either<T>(
  directory: string,
  running: (client: Client) => Promise<T>,
  stopped: (parts: Stopped) => Promise<T>,
): Promise<T> {
  const client = await connect(directory).catch((error: unknown) => {
    // Where there is no instance at all, opening it says so.
    if (error instanceof CastellanError && error.code === 'not_running') return null
    throw error
  })
  if (client !== null) return running(client)
  const { withStoppedInstance } = await import('@castellan/server/offline')
  return withStoppedInstance(directory, say, stopped)
}

function defaultDirectory(): string {
  return existsSync(join('.', fileName)) ? '.' : 'instance'
}
