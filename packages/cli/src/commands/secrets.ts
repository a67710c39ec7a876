/** `castellan secrets`: names in the vault, setting and removing. Values come from stdin or a hidden prompt, never from argv. */
import { CastellanError, SecretView, SetSecret } from '@castellan/contracts'
import type { Command } from 'commander'
import * as z from 'zod'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { readSecret } from '../prompt.ts'

const Secrets = z.object({ secrets: z.array(SecretView) })

/** Adds `secrets list|set|unset`. */
export function addSecrets(program: Command): void {
  const group = program.command('secrets').description('the vault')
  act(leaf(group, 'list', 'lists the names of stored secrets'), list)
  act(leaf(group, 'set <name>', 'stores a secret, read from stdin or typed unseen'), set)
  act(leaf(group, 'unset <name>', 'removes a secret'), unset)
}

async function list(run: Run): Promise<void> {
  const { secrets } = await run.either(
    (client) => client.get('/api/secrets', Secrets),
    async ({ vault, tenant }) => ({ secrets: await vault.list(tenant) }),
  )
  if (run.json) return printJson({ secrets })
  if (secrets.length === 0) say('no secrets are stored')
  const rows = secrets.map((each) => [
    each.name,
    each.kind,
    each.updated_at,
    each.readable ? '' : 'unreadable',
  ])
  for (const line of table(rows)) print(line)
}

async function set(run: Run, name: string): Promise<void> {
  const body = SetSecret.safeParse({ value: await readSecret(`The value of ${name}`) })
  if (!body.success) {
    throw new CastellanError('bad_request', 'a secret has 8 to 65,536 characters; nothing was stored')
  }
  const { value } = body.data
  await run.either(
    async (client) => void (await client.send('PUT', path(name), { value }, nothing)),
    ({ setSecret }) => setSecret(name, value),
  )
  if (run.json) printJson({ name, stored: true })
  else print(`stored ${name}`)
}

async function unset(run: Run, name: string): Promise<void> {
  await run.either(
    async (client) => void (await client.send('DELETE', path(name), undefined, nothing)),
    async ({ vault, tenant }) => {
      if (await vault.unset(tenant, name)) return
      throw new CastellanError('not_found', 'there is no secret of that name')
    },
  )
  if (run.json) printJson({ name, removed: true })
  else print(`removed ${name}`)
}

function path(name: string): string {
  return `/api/secrets/${encodeURIComponent(name)}`
}
