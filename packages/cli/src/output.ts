/**
 * How the command talks. Data goes to stdout, everything else to stderr. With `--json` stdout is one JSON document.
 * Messages are lowercase and end without a period; an error is `error: …`, what to do next `hint: …`. Colour only where
 * the stream is a terminal and NO_COLOR is unset (`styleText` looks). Text of others passes `visible` first.
 */
import { styleText } from 'node:util'
import { CastellanError, type ErrorBody, errorCodes, exitCodes } from '@castellan/contracts'
import { inWords } from '@castellan/server/instance'
import { visible, visibleJson } from './visible.ts'

type Style = Parameters<typeof styleText>[0]

/** Writes a line of data. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Writes the one JSON document of a `--json` run. */
export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(value)}\n`)
}

/** Says something to the person watching. */
export function say(words: string): void {
  process.stderr.write(`${words}\n`)
}

/** Styled text for stdout. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Rows as columns of equal width; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Ends the command when nobody reads its data any more. */
export function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(exitCodes.done)
}

/** Goes on when nobody listens any more: a server must stop cleanly also after its terminal is gone. */
export function talkToNobodyIfNeedBe(): void {
  process.stdout.removeListener('error', leaveQuietly)
  process.stdout.on('error', () => {})
}

/** Reports a failure and gives back the exit code. */
export function fail(thrown: unknown, json: boolean): number {
  const error = inWords(thrown)
  if (error === undefined) return failUnexpectedly(thrown, json)
  if (json) printJson(body(error))
  const message = visible(asMessage(error.message)).split('\n')
  say(`${styleText('red', 'error:', { stream: process.stderr })} ${message.join('\n       ')}`)
  if (error.hint !== undefined) say(`hint: ${visible(asMessage(error.hint))}`)
  return errorCodes[error.code].exit
}

function failUnexpectedly(thrown: unknown, json: boolean): number {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  if (json) printJson(body(new CastellanError('internal', reason)))
  say(`error: ${visible(reason)}`)
  say('hint: this is a fault of castellan itself; please report it with these lines')
  if (thrown instanceof Error && thrown.stack !== undefined) say(visible(thrown.stack))
  return exitCodes.fault
}

function body(error: CastellanError): ErrorBody {
  const { code, message, hint, details } = error
  const extra = Object.keys(details).length === 0 ? {} : { details: { ...details } }
  return { error: { code, message, ...(hint === undefined ? {} : { hint }), ...extra } }
}

/** A sentence of the server in the terminal's form: a first word without inner capitals loses its own, the period goes. */
export function asMessage(sentence: string): string {
  return sentence
    .replace(/^([A-Z])(?=[a-z]*[\s,.:;!?’']|$)/, (first) => first.toLowerCase())
    .replace(/\.$/, '')
}
