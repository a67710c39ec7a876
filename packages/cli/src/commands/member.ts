/** `castellan member`: the people of the house, their invitations and sessions, and its other tenants. */
import {
  CastellanError,
  GivenRole,
  HandedLink,
  Invitations,
  MadeInvitation,
  NewInvitation,
  People,
  PersonView as Person,
  type PersonView,
  ProofsReset,
  SessionView,
} from '@castellan/contracts'
import { type Command, Option } from 'commander'
import * as z from 'zod'
import { type Client, nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'
import { addTenants, tellReset } from './member-tenant.ts'

interface InviteOptions {
  readonly role: GivenRole
  readonly email?: string
  readonly mail?: boolean
}

const who = '<person>'

/** Adds `member list|invite|role|disable|enable|remove|recover|confirm|sessions|tenant`. */
export function addMember(program: Command): void {
  const group = program.command('member').description('the people of the house')
  act(leaf(group, 'list', 'lists people and open invitations'), list)
  const invitation = leaf(group, 'invite <name>', 'makes an invitation and prints its link, once')
    .addOption(new Option('--role <role>', 'what they may do').choices(GivenRole.options).default('member'))
    .option('--email <address>', 'their address')
    .option('--mail', 'send the link to that address instead of printing it')
  act(invitation, invite)
  act(leaf(group, `role ${who} <role>`, 'gives a person another role: member or viewer'), role)
  act(
    leaf(group, `disable ${who}`, 'closes an account: ends its sessions and tokens'),
    (run: Run, person: string) => close(run, person, true),
  )
  act(leaf(group, `enable ${who}`, 'opens a closed account again'), (run: Run, person: string) =>
    close(run, person, false),
  )
  act(leaf(group, `remove ${who}`, 'deletes an account with all that hangs on it'), remove)
  act(leaf(group, `recover ${who}`, 'prints a link for a new password, once'), recover)
  act(
    leaf(group, `confirm ${who}`, 'prints a link that confirms a new address, where no mail is sent'),
    confirm,
  )
  const ends = leaf(group, `sessions ${who}`, 'lists where a person is signed in, or ends one of those')
  act(ends.option('--end <session>', 'the session to end'), sessions)
  const proofs = leaf(
    group,
    'reset-proofs [person]',
    'takes passkeys, one-time codes and recovery codes of somebody away who lost them',
  ).option('--owner', 'yours, as the owner of the house; only while it does not run')
  act(proofs, resetProofs)
  addTenants(group)
}

async function list(run: Run): Promise<void> {
  const client = await run.client()
  const { people } = await client.get('/api/people', People)
  const { invitations } = await client.get('/api/invitations', Invitations)
  if (run.json) return printJson({ people, invitations })
  const rows = people.map((person) => [
    visibleLine(person.name),
    person.role,
    visibleLine(person.email ?? 'no address'),
    person.disabled ? 'closed' : (person.last_signed_in_at ?? 'never signed in'),
    person.id,
  ])
  const open = invitations.map((each) => [
    visibleLine(each.name),
    each.role,
    visibleLine(each.email ?? 'no address'),
    `invited until ${each.expires_at}`,
    each.id,
  ])
  for (const line of table([...rows, ...open])) print(line)
}

async function invite(run: Run, name: string, { role, email, mail = false }: InviteOptions): Promise<void> {
  const wanted = NewInvitation.safeParse({ role, name, mail, ...(email === undefined ? {} : { email }) })
  if (!wanted.success)
    throw new CastellanError('bad_request', 'the name or the address cannot be used; nobody was invited')
  const made = await (await run.client()).send('POST', '/api/invitations', wanted.data, MadeInvitation)
  if (run.json) return printJson(made)
  if (made.link === null) return print('the invitation is on its way by mail')
  say('this link works once, for 72 hours; give it to nobody else')
  print(made.link.url)
}

async function role(run: Run, person: string, wanted: string): Promise<void> {
  const given = GivenRole.safeParse(wanted)
  if (!given.success) throw new CastellanError('bad_request', 'a role is member or viewer')
  const client = await run.client()
  const found = await find(client, person)
  const after = await client.send('PATCH', `/api/people/${found.id}`, { role: given.data }, Person)
  if (run.json) return printJson(after)
  print(`${visibleLine(after.name)} is a ${after.role} now`)
}

async function close(run: Run, person: string, disabled: boolean): Promise<void> {
  const client = await run.client()
  const found = await find(client, person)
  const after = await client.send('PATCH', `/api/people/${found.id}`, { disabled }, Person)
  if (run.json) return printJson(after)
  print(`the account of ${visibleLine(after.name)} is ${disabled ? 'closed' : 'open'}`)
}

async function remove(run: Run, person: string): Promise<void> {
  const client = await run.client()
  const found = await find(client, person)
  await client.send('DELETE', `/api/people/${found.id}`, undefined, nothing)
  if (run.json) return printJson({ id: found.id, removed: true })
  print(`removed ${visibleLine(found.name)}`)
}

async function recover(run: Run, person: string): Promise<void> {
  const client = await run.client()
  const found = await find(client, person)
  const link = await client.send('POST', `/api/people/${found.id}/recovery`, {}, HandedLink)
  if (run.json) return printJson({ id: found.id, ...link })
  say('this link works once, for 30 minutes; it signs them out everywhere')
  print(link.url)
}

async function confirm(run: Run, person: string): Promise<void> {
  const client = await run.client()
  const found = await find(client, person)
  const link = await client.send('POST', `/api/people/${found.id}/confirmation`, {}, HandedLink)
  if (run.json) return printJson({ id: found.id, ...link })
  say('this link works once, for 24 hours; it makes the address they asked for theirs')
  print(link.url)
}

async function sessions(run: Run, person: string, { end }: { end?: string }): Promise<void> {
  const client = await run.client()
  const found = await find(client, person)
  const path = `/api/people/${found.id}/sessions`
  if (end !== undefined) {
    await client.send('DELETE', `${path}/${encodeURIComponent(end)}`, undefined, nothing)
    if (run.json) return printJson({ id: end, ended: true })
    return print('ended')
  }
  const live = await client.get(path, z.array(SessionView))
  if (run.json) return printJson({ sessions: live })
  if (live.length === 0) say('signed in nowhere')
  const rows = live.map((each) => [
    each.id,
    each.began_by,
    each.address,
    each.last_seen_at,
    visibleLine(each.user_agent),
  ])
  for (const line of table(rows)) print(line)
}

async function resetProofs(run: Run, person: string | undefined, { owner }: { owner?: boolean }) {
  if ((person === undefined) === (owner !== true))
    throw new CastellanError('bad_request', 'name a person, or say --owner for yourself; nothing was changed')
  const had = person === undefined ? await resetOwners(run) : await resetOf(await run.client(), person)
  if (run.json) return printJson(had)
  tellReset(had)
}

async function resetOf(client: Client, person: string): Promise<ProofsReset> {
  const found = await find(client, person)
  return client.send('POST', `/api/people/${found.id}/reset-proofs`, {}, ProofsReset)
}

/** A running house has no door for it: who can stop it and read its files is its owner. */
function resetOwners(run: Run): Promise<ProofsReset> {
  return run.either<ProofsReset>(
    async () => {
      throw new CastellanError(
        'already_running',
        'your own proofs are taken away only while the house stands still; nothing was changed',
        { hint: 'stop it first: Ctrl-C where `castellan up` runs' },
      )
    },
    ({ resetOwnersProofs }) => resetOwnersProofs(),
  )
}

/** A person by id, address or name; a name that two have is refused. */
async function find(client: Client, person: string): Promise<PersonView> {
  const { people } = await client.get('/api/people', People)
  const found = people.filter((each) => each.id === person || each.email === person || each.name === person)
  const [one, another] = found
  if (one === undefined)
    throw new CastellanError('not_found', 'there is nobody of that name, address or id', {
      hint: 'run `castellan member list`',
    })
  if (another !== undefined)
    throw new CastellanError('bad_request', 'more than one person has that name; nothing was changed', {
      hint: 'name the address or the id',
    })
  return one
}
