/** `castellan explain`: what the gate would say of a call, without making it. Works on a stopped instance, and without any. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CastellanError, ExplainRequest, exitCodes } from '@castellan/contracts'
import { fileName } from '@castellan/server/configuration'
import type { Explanation } from '@castellan/server/explain'
import type { Command } from 'commander'
import * as z from 'zod'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

interface Options {
  readonly batch?: boolean
  readonly principal?: string
  readonly words?: string
}

type Explain = (request: ExplainRequest) => Explanation
type Refuse = (code: string, message: string, id?: string | number) => Explanation

/** Adds `explain`. */
export function addExplain(program: Command): void {
  const command = leaf(
    program,
    'explain [skill] [arguments]',
    'says what the gate would decide; the arguments are JSON',
  )
    .option('--batch', 'read requests as JSON lines from stdin, answer as JSON lines')
    .option('--principal <name>', 'who would call, e.g. agent:default')
    .option('--words <text>', 'what the owner said before')
  act(command, explain)
}

async function explain(
  run: Run,
  skill: string | undefined,
  text: string | undefined,
  options: Options,
): Promise<number> {
  // Loads the policies and the skills' declarations; neither a database nor a server.
  const { openExplainer, unreadable } = await import('@castellan/server/explain')
  const ask = await openExplainer(existsSync(join(run.directory, fileName)) ? run.directory : null)
  if (options.batch === true) return batch(ask, unreadable)
  if (skill === undefined) {
    throw new CastellanError('bad_request', 'name a skill', {
      hint: `castellan explain web.fetch '{"url":"https://example.org"}'`,
    })
  }
  const request = parseRequest({
    skill,
    args: parseJson(text ?? '{}'),
    ...(options.principal === undefined ? {} : { principal: options.principal }),
    ...(options.words === undefined ? {} : { run: { words: options.words } }),
  })
  const answer = ask(request)
  if (run.json) printJson(answer)
  else show(answer)
  return answer.error === undefined ? exitCodes.done : exitCodes.mistake
}

/** Every line gets an answer, in order; a line that cannot be read gets an error. The exit code is always 0. */
async function batch(ask: Explain, refuse: Refuse): Promise<number> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') printJson(answerLine(line, ask, refuse))
  }
  return exitCodes.done
}

function answerLine(line: string, ask: Explain, refuse: Refuse): Explanation {
  let id: string | number | undefined
  try {
    const value = parseJson(line)
    id = z.object({ id: z.union([z.string(), z.number()]) }).safeParse(value).data?.id
    return ask(parseRequest(value))
  } catch (error) {
    const known = error instanceof CastellanError
    return refuse(known ? error.code : 'internal', known ? error.message : String(error), id)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser quotes its input, which nobody needs to read again.
    throw new CastellanError('bad_request', 'this is not JSON')
  }
}

function parseRequest(value: unknown): ExplainRequest {
  const parsed = ExplainRequest.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the request'}: ${issue.message}`,
  )
  throw new CastellanError('bad_request', issues.join('; '))
}

function show(answer: Explanation): void {
  if ('error' in answer) {
    print(`cannot be judged: ${visibleLine(answer.error.message)}`)
    return
  }
  const factor = answer.factor === undefined ? '' : ` (${answer.factor})`
  print(`${answer.decision}${factor}: ${visibleLine(answer.why)}`)
  const rows = answer.arguments.map((each) => [
    `  ${each.path}`,
    each.role,
    each.origin,
    each.sources.map(visibleLine).join(', '),
    visibleLine(typeof each.value === 'string' ? each.value : JSON.stringify(each.value)),
  ])
  for (const line of table(rows)) print(line)
  print(`  rules ${answer.rules.join(', ') || 'none'}`)
}
