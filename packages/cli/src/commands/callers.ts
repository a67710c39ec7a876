/** `castellan token caller`: tokens of programs that ask the models over /v1. */
import { Callers, CastellanError, NewCaller, NewCallerRequest } from '@castellan/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import * as z from 'zod'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

interface AddOptions {
  readonly namespace: string
  readonly model: string[]
  readonly perMinute?: number
  readonly burst?: number
  readonly tokensPerDay?: number
  readonly days?: number
}

/** Adds `caller add|list|revoke` to the group `token`. */
export function addCaller(token: Command): void {
  const group = token.command('caller').description('programs that ask the models over /v1')
  const adding = leaf(group, 'add <name>', 'makes a token for a program; it is shown once')
    .requiredOption('--namespace <name>', 'whose budget it spends, e.g. notes')
    .requiredOption('--model <names...>', 'tiers and models that it may ask')
    .option('--per-minute <n>', 'calls a minute (default: 60)', wholeNumber)
    .option('--burst <n>', 'calls beyond the first at once (default: 10)', wholeNumber)
    .option('--tokens-per-day <n>', 'what its namespace may spend in a day (default: 1000000)', wholeNumber)
    .option('--days <n>', 'after so many days it expires (default: never)', wholeNumber)
  act(adding, add)
  act(leaf(group, 'list', 'lists them with what was spent today'), list)
  act(leaf(group, 'revoke <id>', 'ends one at once, in the middle of an answer too'), revoke)
}

function wholeNumber(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a whole number')
}

async function add(run: Run, name: string, options: AddOptions): Promise<void> {
  const given = {
    ...{ name, namespace: options.namespace, models: options.model, days: options.days },
    ...{ per_minute: options.perMinute, burst: options.burst, tokens_per_day: options.tokensPerDay },
  }
  const wanted = NewCallerRequest.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  )
  if (!wanted.success)
    throw new CastellanError('bad_request', z.prettifyError(wanted.error).replaceAll('✖ ', ''))
  const made = await (await run.client()).send('POST', '/api/callers', wanted.data, NewCaller)
  if (run.json) return printJson(made)
  say('this is shown once; give it to the program as its API key, with this house’s address and /v1')
  print(made.token)
}

async function list(run: Run): Promise<void> {
  const { callers } = await (await run.client()).get('/api/callers', Callers)
  if (run.json) return printJson({ callers })
  if (callers.length === 0) say('no program has a token; make one with castellan token caller add')
  const rows = callers.map((each) => [
    each.id,
    each.namespace,
    visibleLine(each.name),
    each.models.join(','),
    `${each.per_minute}/min`,
    `${each.tokens_today} of ${each.tokens_per_day} today`,
    each.last_used_at === null ? 'never used' : `used ${each.last_used_at}`,
    each.expires_at === null ? 'does not expire' : `expires ${each.expires_at}`,
  ])
  for (const line of table(rows)) print(line)
}

async function revoke(run: Run, id: string): Promise<void> {
  await (await run.client()).send('DELETE', `/api/callers/${encodeURIComponent(id)}`, undefined, nothing)
  if (run.json) printJson({ id, revoked: true })
  else print(`revoked ${id}`)
}
