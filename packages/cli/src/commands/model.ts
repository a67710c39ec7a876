/** `castellan model`: adding, trying and switching the models. Keys come from stdin or a hidden prompt, never from argv. */
import {
  CastellanError,
  exitCodes,
  ModelTest,
  ModelView,
  NewModel,
  Provider,
  Tier,
} from '@castellan/contracts'
import { type Command, Option } from 'commander'
import * as z from 'zod'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { isInteractive, readSecret } from '../prompt.ts'
import { visibleLine } from '../visible.ts'

const Models = z.object({ models: z.array(ModelView) })

interface AddOptions {
  readonly provider: Provider
  readonly baseUrl?: string
  readonly model: string
  readonly tier: Tier
  readonly keyStdin?: boolean
  readonly noKey?: boolean
}

/** Adds `model list|add|test|enable|disable|remove`. */
export function addModel(program: Command): void {
  const group = program.command('model').description('the language models')
  act(leaf(group, 'list', 'lists the models'), list)
  const add = leaf(group, 'add <name>', 'adds a model')
    .addOption(
      new Option('--provider <provider>', 'who serves it').choices(Provider.options).makeOptionMandatory(),
    )
    .requiredOption('--model <id>', 'what the provider calls it')
    .option('--base-url <url>', 'where it is, if not at the provider’s usual place')
    .addOption(new Option('--tier <tier>', 'what it is good for').choices(Tier.options).default('medium'))
    .option('--key-stdin', 'read the API key from stdin')
  act(add, addOne)
  act(leaf(group, 'test <name>', 'asks a model to say hello'), test)
  act(leaf(group, 'enable <name>', 'lets a model be chosen'), (run: Run, name: string) =>
    patch(run, name, true),
  )
  act(leaf(group, 'disable <name>', 'lets a model no longer be chosen'), (run: Run, name: string) =>
    patch(run, name, false),
  )
  act(leaf(group, 'remove <name>', 'removes a model and its key'), remove)
}

async function list(run: Run): Promise<void> {
  const { models } = await (await run.client()).get('/api/models', Models)
  if (run.json) return printJson({ models })
  if (models.length === 0) say('no models yet; add one with castellan model add')
  const rows = models.map((model) => [
    model.name,
    model.provider,
    model.model,
    model.tier,
    model.enabled ? 'enabled' : 'disabled',
    model.local ? 'on this machine' : model.base_url,
  ])
  for (const line of table(rows)) print(line)
}

async function addOne(run: Run, name: string, options: AddOptions): Promise<void> {
  const client = await run.client()
  const key = await readKey(options)
  const wanted = NewModel.safeParse({
    name,
    provider: options.provider,
    model: options.model,
    tier: options.tier,
    ...(options.baseUrl === undefined ? {} : { base_url: options.baseUrl }),
    ...(key === undefined || key === '' ? {} : { key }),
  })
  if (!wanted.success)
    throw new CastellanError('bad_request', z.prettifyError(wanted.error).replaceAll('✖ ', ''))
  const added = await client.send('POST', '/api/models', wanted.data, ModelView)
  if (run.json) return printJson(added)
  print(`added ${added.name} (${added.provider}, ${added.model})`)
  say(`try it: castellan model test ${added.name}`)
}

/** A model server on this machine needs none; a provider in the world always does. */
async function readKey(options: AddOptions): Promise<string | undefined> {
  if (options.keyStdin === true) return readSecret('The API key')
  if (options.provider === 'openai-compatible' || !isInteractive()) return undefined
  return readSecret(`The API key of ${options.provider}`)
}

async function test(run: Run, name: string): Promise<number> {
  const client = await run.client()
  say(`asking ${name} …`)
  const result = await client.send(
    'POST',
    `/api/models/${encodeURIComponent(name)}/test`,
    undefined,
    ModelTest,
  )
  if (run.json) printJson(result)
  else if (result.ok) print(`${visibleLine(result.reply ?? '')} (${Math.round(result.latency_ms)} ms)`)
  else print(`failed: ${visibleLine(result.error ?? 'no reason given')}`)
  if (!run.json && result.hint !== null) say(`hint: ${visibleLine(result.hint)}`)
  return result.ok ? exitCodes.done : exitCodes.found
}

async function patch(run: Run, name: string, enabled: boolean): Promise<void> {
  const client = await run.client()
  const changed = await client.send(
    'PATCH',
    `/api/models/${encodeURIComponent(name)}`,
    { enabled },
    ModelView,
  )
  if (run.json) return printJson(changed)
  print(`${changed.name} is ${changed.enabled ? 'enabled' : 'disabled'}`)
}

async function remove(run: Run, name: string): Promise<void> {
  await (await run.client()).send('DELETE', `/api/models/${encodeURIComponent(name)}`, undefined, nothing)
  if (run.json) printJson({ name, removed: true })
  else print(`removed ${name}`)
}
