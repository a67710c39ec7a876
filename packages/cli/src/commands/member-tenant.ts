/** `castellan member tenant`: the other tenants of the house and their owners. */
import {
  CastellanError,
  HandedLink,
  MadeTenant,
  ProofsReset,
  TenantView as Tenant,
  Tenants,
  type TenantView,
} from '@castellan/contracts'
import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

const which = '<tenant>'

/** Adds `tenant list|add|invite|recover|reset-proofs|close|open`. */
export function addTenants(group: Command): void {
  const tenants = group.command('tenant').description('other tenants of the house')
  act(leaf(tenants, 'list', 'lists them'), list)
  act(leaf(tenants, 'add <name>', 'makes one and prints the invitation for its owner, once'), add)
  act(leaf(tenants, `invite ${which}`, 'prints a new invitation for its owner, who has not come in'), invite)
  act(leaf(tenants, `recover ${which}`, 'prints a link for a new password of its owner, once'), recover)
  act(
    leaf(tenants, `reset-proofs ${which}`, 'takes the proofs of its owner away, who lost them'),
    resetProofs,
  )
  act(
    leaf(tenants, `close ${which}`, 'signs everybody of it out and lets nobody in; deletes nothing'),
    (run: Run, tenant: string) => close(run, tenant, true),
  )
  act(
    leaf(tenants, `open ${which}`, 'lets its owner in again, who opens the accounts of the others'),
    (run: Run, tenant: string) => close(run, tenant, false),
  )
}

/** Says what was taken away. */
export function tellReset({ passkeys, codes, recovery_codes }: ProofsReset): void {
  const keys = `${passkeys} ${passkeys === 1 ? 'passkey' : 'passkeys'}`
  print(
    `taken away: ${keys}, ${codes ? 'one-time codes' : 'no one-time codes'}, ${recovery_codes} recovery codes`,
  )
  say('signed out everywhere; the password is as it was')
}

async function list(run: Run): Promise<void> {
  const { tenants } = await (await run.client()).get('/api/tenants', Tenants)
  if (run.json) return printJson({ tenants })
  if (tenants.length === 0) say('there are no other tenants')
  const rows = tenants.map((each) => [visibleLine(each.name), each.state, each.created_at, each.id])
  for (const line of table(rows)) print(line)
}

async function add(run: Run, name: string): Promise<void> {
  printInvitation(run, await (await run.client()).send('POST', '/api/tenants', { name }, MadeTenant))
}

async function invite(run: Run, tenant: string): Promise<void> {
  const client = await run.client()
  const { id } = await find(client, tenant)
  printInvitation(run, await client.send('POST', `/api/tenants/${id}/invitations`, {}, MadeTenant))
}

function printInvitation(run: Run, made: MadeTenant): void {
  if (run.json) {
    printJson(made)
    return
  }
  say('this link makes its owner; it works once, for 72 hours, and one from before is worth nothing')
  print(made.link.url)
}

async function recover(run: Run, tenant: string): Promise<void> {
  const client = await run.client()
  const { id } = await find(client, tenant)
  const link = await client.send('POST', `/api/tenants/${id}/recovery`, {}, HandedLink)
  if (run.json) return printJson({ id, ...link })
  say('this link works once, for 30 minutes; it signs them out everywhere, and they are told of it')
  print(link.url)
}

async function resetProofs(run: Run, tenant: string): Promise<void> {
  const client = await run.client()
  const { id } = await find(client, tenant)
  const had = await client.send('POST', `/api/tenants/${id}/reset-proofs`, {}, ProofsReset)
  if (run.json) return printJson(had)
  tellReset(had)
}

async function close(run: Run, tenant: string, closed: boolean): Promise<void> {
  const client = await run.client()
  const { id } = await find(client, tenant)
  const after = await client.send('PATCH', `/api/tenants/${id}`, { closed }, Tenant)
  if (run.json) {
    printJson(after)
    return
  }
  print(`the tenant ${visibleLine(after.name)} is ${closed ? 'closed' : 'open'}`)
}

/** A tenant by id or name; a name that two have is refused. */
async function find(client: Client, tenant: string): Promise<TenantView> {
  const { tenants } = await client.get('/api/tenants', Tenants)
  const [one, another] = tenants.filter((each) => each.id === tenant || each.name === tenant)
  if (one === undefined)
    throw new CastellanError('not_found', 'there is no other tenant of that name or id', {
      hint: 'run `castellan member tenant list`',
    })
  if (another !== undefined)
    throw new CastellanError('bad_request', 'more than one tenant has that name; nothing was changed', {
      hint: 'name the id',
    })
  return one
}
