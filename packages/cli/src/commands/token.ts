/** `castellan token`: a token for a test, personal tokens for scripts, apps that may sign people in, and the signing keys. */
import {
  CastellanError,
  Clients,
  ClientView,
  HasuraSecret,
  Minted,
  MintRequest,
  NewPersonalToken,
  PersonalTokens,
  scopes,
  TokenKeys,
} from '@castellan/contracts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'
import { addCaller } from './callers.ts'

interface MintOptions {
  readonly person?: string
  readonly tenant?: string
  readonly role?: string
  readonly scope?: string[]
  readonly minutes?: number
}

const scopeOption = (summary: string) => new Option('--scope <scopes...>', summary).choices([...scopes])

/** Adds `token [mint]|create|list|revoke|client …|keys|rotate-keys|hasura`. */
export function addToken(program: Command): void {
  const group = program.command('token').description('tokens for tests, scripts and apps')
  const minting = leaf(
    group,
    'mint',
    'makes an access token for a test (also without a name: castellan token)',
    {
      isDefault: true,
    },
  )
    .option('--person <id>', 'whom it stands for: an id or e-mail address (default: the owner)')
    .option('--tenant <id>', 'the tenant of that person (default: the house’s own)')
    .addOption(new Option('--role <role>', 'what it acts as').choices(['owner', 'member', 'viewer']))
    .addOption(scopeOption('what it is good for (default: everything)'))
    .option('--minutes <n>', 'how long it lives (default: ACCESS_TOKEN_MINUTES)', wholeNumber)
  act(minting, mint)
  const making = leaf(group, 'create <name>', 'makes a personal token for a script; it is shown once')
    .addOption(scopeOption('what it is good for').makeOptionMandatory())
    .option('--days <n>', 'after so many days it expires (default: never)', wholeNumber)
  act(making, create)
  act(leaf(group, 'list', 'lists your personal tokens and when they were used'), list)
  act(leaf(group, 'revoke <id>', 'ends a personal token at once'), revoke)
  addClients(group)
  addCaller(group)
  act(leaf(group, 'keys', 'lists the keys that sign access tokens'), keys)
  const rotating = leaf(
    group,
    'rotate-keys',
    'makes a new signing key, which takes over in ten minutes',
  ).option('--now', 'it takes over at once, and every token signed before is refused')
  act(rotating, rotate)
  act(leaf(group, 'hasura', 'prints what HASURA_GRAPHQL_JWT_SECRET has to be'), hasura)
}

function addClients(group: Command): void {
  const client = group.command('client').description('apps that may sign people in')
  const adding = leaf(client, 'add <id>', 'registers an app')
    .requiredOption('--name <name>', 'what people are shown')
    .requiredOption('--redirect <uris...>', 'where it is answered, e.g. com.example.app:/callback')
  act(adding, addClient)
  act(leaf(client, 'list', 'lists the registered apps'), listClients)
  act(leaf(client, 'remove <id>', 'removes an app and signs it out everywhere'), removeClient)
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a whole number')
}

async function mint(run: Run, { person, tenant, role, scope, minutes }: MintOptions): Promise<void> {
  const given = { person, tenant, role, scopes: scope, minutes }
  const asked = MintRequest.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  )
  if (!asked.success) {
    throw new CastellanError('bad_request', 'a tenant is an id; a token lives 1 to 1440 minutes')
  }
  const minted = await (await run.client()).send('POST', '/api/tokens/mint', asked.data, Minted)
  if (run.json) return printJson(minted)
  say(`a token for ${minted.role} ${minted.person} until ${minted.expires_at}`)
  print(minted.token)
}

async function create(run: Run, name: string, { scope, days }: { scope: string[]; days?: number }) {
  const body = { name, scopes: [...new Set(scope)], ...(days === undefined ? {} : { days }) }
  const made = await (await run.client()).send('POST', '/api/tokens', body, NewPersonalToken)
  if (run.json) return printJson(made)
  say('this is shown once; keep it where passwords are kept')
  print(made.token)
}

async function list(run: Run): Promise<void> {
  const { tokens } = await (await run.client()).get('/api/tokens', PersonalTokens)
  if (run.json) return printJson({ tokens })
  if (tokens.length === 0) say('no personal tokens')
  const rows = tokens.map((each) => [
    each.id,
    visibleLine(each.name),
    each.scopes.join(','),
    each.expires_at ?? 'does not expire',
    each.last_used_at === null ? 'never used' : `used ${each.last_used_at} from ${each.last_address}`,
  ])
  for (const line of table(rows)) print(line)
}

async function revoke(run: Run, id: string): Promise<void> {
  await (await run.client()).send('DELETE', `/api/tokens/${encodeURIComponent(id)}`, undefined, nothing)
  if (run.json) printJson({ id, revoked: true })
  else print(`revoked ${id}`)
}

async function addClient(run: Run, id: string, options: { name: string; redirect: string[] }) {
  const body = { id, name: options.name, redirect_uris: options.redirect }
  const client = await (await run.client()).send('POST', '/api/clients', body, ClientView)
  if (run.json) printJson(client)
  else print(`registered ${client.id}`)
}

async function listClients(run: Run): Promise<void> {
  const { clients } = await (await run.client()).get('/api/clients', Clients)
  if (run.json) return printJson({ clients })
  if (clients.length === 0) say('no apps are registered')
  const rows = clients.map((each) => [each.id, visibleLine(each.name), each.redirect_uris.join(' ')])
  for (const line of table(rows)) print(line)
}

async function removeClient(run: Run, id: string): Promise<void> {
  await (await run.client()).send('DELETE', `/api/clients/${encodeURIComponent(id)}`, undefined, nothing)
  if (run.json) printJson({ id, removed: true })
  else print(`removed ${id}`)
}

async function keys(run: Run): Promise<void> {
  show(run, await (await run.client()).get('/api/tokens/keys', TokenKeys))
}

async function rotate(run: Run, { now }: { now?: boolean }): Promise<void> {
  const body = { at_once: now === true }
  show(run, await (await run.client()).send('POST', '/api/tokens/keys', body, TokenKeys))
}

function show(
  run: Run,
  {
    keys: all,
  }: {
    keys: readonly { kid: string; alg: string; state: string; signs_from: string; signs_until: string }[]
  },
) {
  if (run.json) return printJson({ keys: all })
  const rows = all.map((key) => [
    key.kid,
    key.alg,
    key.state,
    `from ${key.signs_from}`,
    `until ${key.signs_until}`,
  ])
  for (const line of table(rows)) print(line)
}

async function hasura(run: Run): Promise<void> {
  const secret = await (await run.client()).get('/api/tokens/hasura', HasuraSecret)
  if (run.json) return printJson(secret)
  say(secret.note)
  print(secret.value)
}
