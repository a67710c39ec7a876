/** Asking the person at the terminal, and reading what was piped in. Secrets are never arguments. */
import { text } from 'node:stream/consumers'
import { CastellanError } from '@castellan/contracts'
import { confirm, password, text as question } from '@clack/prompts'

/** Whether a person can be asked. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** A secret: piped in, or typed unseen. One line end at its end is not part of it. */
export async function readSecret(what: string): Promise<string> {
  if (!isInteractive()) return (await text(process.stdin)).replace(/\r?\n$/, '')
  return answered(await password({ message: what, output: process.stderr }))
}

/** A line, with a default that is taken by Enter. */
export async function askLine(
  message: string,
  initial: string,
  check: (answer: string) => string | undefined,
): Promise<string> {
  return answered(
    await question({
      message,
      initialValue: initial,
      validate: (answer) => check(answer ?? ''),
      output: process.stderr,
    }),
  )
}

/** A yes or no. Without a terminal the first word piped in answers, and anything but `yes` is a no. */
export async function askYesNo(message: string): Promise<boolean> {
  if (!isInteractive()) return /^yes\b/i.test((await text(process.stdin)).trim())
  const answer = await confirm({ message, initialValue: false, output: process.stderr })
  return answer === true
}

function answered(answer: string | symbol): string {
  if (typeof answer === 'symbol') throw new CastellanError('bad_request', 'cancelled; nothing was changed')
  return answer
}
