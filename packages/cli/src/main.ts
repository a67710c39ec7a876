/** The `castellan` command: its table of contents, and the one place where failures become messages and exit codes. */
import { type ErrorBody, exitCodes } from '@castellan/contracts'
import { Command, CommanderError } from 'commander'
import { lastExitCode } from './command.ts'
import { addApprovals } from './commands/approvals.ts'
import { addChat } from './commands/chat.ts'
import { addDb } from './commands/db.ts'
import { addDemo } from './commands/demo.ts'
import { addDevice } from './commands/device.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExplain } from './commands/explain.ts'
import { addInit } from './commands/init.ts'
import { addLedger } from './commands/ledger.ts'
import { addMember } from './commands/member.ts'
import { addMemory } from './commands/memory.ts'
import { addModel } from './commands/model.ts'
import { addOpen } from './commands/open.ts'
import { addPair } from './commands/pair.ts'
import { addPolicy } from './commands/policy.ts'
import { addRedteam } from './commands/redteam.ts'
import { addSecrets } from './commands/secrets.ts'
import { addStatus } from './commands/status.ts'
import { addToken } from './commands/token.ts'
import { addUp } from './commands/up.ts'
import { addHelp } from './help.ts'
import { fail, leaveQuietly, printJson } from './output.ts'
import { version } from './version.ts'

/** The whole command, ready to parse. */
export function castellan(): Command {
  const program = new Command('castellan')
    .description('a self-hosted personal agent behind one gate')
    .version(version)
    .showHelpAfterError('hint: castellan help lists all commands')
    .exitOverride()
  const add = [
    addInit,
    addUp,
    addStatus,
    addOpen,
    addChat,
    addApprovals,
    addModel,
    addSecrets,
    addMember,
    addToken,
    addPair,
    addDevice,
    addMemory,
  ]
  for (const each of [
    ...add,
    addDb,
    addLedger,
    addExplain,
    addPolicy,
    addRedteam,
    addDoctor,
    addDemo,
    addHelp,
  ])
    each(program)
  return program
}

/** Runs one command line (without node and script) and sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader that went away (`castellan ledger tail | head`) is no fault.
  process.stdout.on('error', leaveQuietly)
  process.stderr.on('error', () => {})
  const program = castellan()
  try {
    await program.parseAsync([...args], { from: 'user' })
    process.exitCode = lastExitCode()
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.mistake
      // Commander has said it to the person; a program that asked for a document gets one.
      const message = error.message.replace(/^error: /, '')
      if (error.exitCode !== 0 && args.includes('--json'))
        printJson({ error: { code: 'bad_request', message } } satisfies ErrorBody)
    } else process.exitCode = fail(error, args.includes('--json'))
  }
}
