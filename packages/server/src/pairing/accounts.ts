/**
 * The one door for channels: whatever comes from a chat account passes `hear` before anything else looks at it. A stranger
 * never becomes anybody but by a code that a person made for this channel; what a stranger is answered is always the same.
 */
import { randomUUID } from 'node:crypto'
import { type AccountView, CastellanError, Channel } from '@castellan/contracts'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import * as store from './account-store.ts'
import { type Attempt, beginAttempt } from './attempts.ts'
import { hashOfCode, parseCode } from './code.ts'
import { endPairing, lockPairing, tenantOf } from './store.ts'
import type { Pairing, PairingOptions } from './types.ts'

/** A message as the chat service delivered it; all but the channel is foreign. */
export interface Heard {
  readonly channel: string
  /** The id by which the service authenticates the account; never a name that its holder can choose. */
  readonly account: string
  /** What the account calls itself. */
  readonly name: string
  readonly text: string
  /** Not between the account and us alone. */
  readonly group: boolean
}

/** Who wrote, and what to answer where we have something to say. Only the words of `known` may go on to an agent. */
export type Hearing =
  | { readonly known: Who }
  /** The text was a code, and the account is paired now. */
  | { readonly paired: Who; readonly reply: string }
  /** The text was a code, but the account is somebody's already. */
  | { readonly refused: Who; readonly reply: string }
  /** A stranger; null: do not answer. */
  | { readonly unknown: { readonly reply: string | null } }

const strangersReply =
  'This is a private assistant and does not know this account. Whoever it belongs to can make a code on its page (Account, Devices) and send it here.'

/** A stranger is answered three times at once and then once an hour, so that nobody is made to shout at others. */
const replyRate = { perMinute: 1 / 60, burst: 2 }

/** Says who wrote a message, pairing the account when the message is a good code. Rejects when the database cannot tell. */
export async function hear(options: PairingOptions, heard: Heard): Promise<Hearing> {
  const { channel, account, text, group } = heard
  if (!Channel.safeParse(channel).success) throw new TypeError(`${channel} is no channel`)
  if (!isAccountId(account)) return { unknown: { reply: null } }
  const holder = await store.loadHolder(options.database, channel, account)
  const code = group ? undefined : codeIn(text)
  if (holder !== undefined) {
    const isCode = code !== undefined && (await isOurs(options, code))
    return isCode ? { refused: holder, reply: 'This account is paired already.' } : { known: holder }
  }
  // What others in a group can write for it, no account may be paired by; and a group is told nothing.
  if (group) return { unknown: { reply: null } }
  const paired = code === undefined ? undefined : await tryCode(options, heard, code)
  if (paired !== undefined) return { paired, reply: 'This account is paired now.' }
  const waitMs = await options.limits.take('pair-reply', `${channel} ${account}`, replyRate)
  return { unknown: { reply: waitMs === 0 ? strangersReply : null } }
}

const isAccountId = (account: string): boolean =>
  account.length > 0 && account.length <= 200 && account.isWellFormed() && !/\p{Cc}/u.test(account)

/** The code that a message is, and nothing else besides: `ABC-DEF-GHJ`, or a bot's command with it. */
function codeIn(text: string): string | undefined {
  const [, rest = ''] = /^(?:\/(?:pair|start)\s+)?(.{1,32})$/i.exec(text.trim()) ?? []
  return parseCode(rest)
}

async function isOurs({ database, root }: PairingOptions, code: string): Promise<boolean> {
  return (await tenantOf(database, 'code', hashOfCode(root, code))) !== undefined
}

async function tryCode(options: PairingOptions, heard: Heard, code: string): Promise<Who | undefined> {
  const { channel, account } = heard
  const shown = `${channel}: ${account}`
  const sender = { way: 'account', key: `${channel} ${account}`, total: channel, shown } as const
  const attempt = await beginAttempt(options, sender).catch((error: unknown) => {
    // Whoever has to wait is answered like any stranger.
    if (error instanceof CastellanError && error.code === 'too_many_attempts') return undefined
    throw error
  })
  if (attempt === undefined) return undefined
  const done = await spend(options, attempt, heard, code)
  if ('person' in done) {
    await attempt.takeBack()
    return done
  }
  await attempt.failed(done.tenant, done.outcome)
  return undefined
}

async function spend(
  options: PairingOptions,
  attempt: Attempt,
  heard: Heard,
  code: string,
): Promise<Who | { tenant: Tenant; outcome: string }> {
  const { database, root, home, now } = options
  const codeHash = hashOfCode(root, code)
  const tenant = await tenantOf(database, 'code', codeHash)
  if (tenant === undefined) return { tenant: home, outcome: 'wrong' }
  return database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const pairing = await lockPairing(tenant, transaction, { codeHash })
      if (pairing?.channel !== heard.channel) return { tenant: home, outcome: 'wrong' }
      if (pairing.spentAt !== null) {
        await options.raise(transaction, tenant, secondAccount, pairing.madeBy)
        return { tenant, outcome: 'spent' }
      }
      if (pairing.state !== 'open' || pairing.codeExpiresAt.getTime() <= now())
        return { tenant, outcome: 'expired' }
      if (!(await admit(options, { transaction, tenant, pairing, heard })))
        return { tenant, outcome: 'twice' }
      await attempt.succeeded(transaction, tenant, 'paired')
      return { tenant, person: pairing.person }
    })
}

const secondAccount = {
  kind: 'pairing.second',
  sentence:
    'Two chat accounts came with one pairing code. The second got nothing; look whether the first is the one you meant.',
  facts: {},
} as const

async function admit(
  { now, record, raise }: PairingOptions,
  given: { transaction: Handle; tenant: Tenant; pairing: Pairing; heard: Heard },
): Promise<boolean> {
  const { transaction, tenant, pairing, heard } = given
  const { channel, account: externalId } = heard
  const { person } = pairing
  const [id, at] = [randomUUID(), new Date(now())]
  const name = heard.name
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 200)
    .toWellFormed()
  if (!(await store.saveAccount(tenant, transaction, { id, person, channel, externalId, name, at })))
    return false
  await endPairing(tenant, transaction, pairing.id, { state: 'paired', spentAt: at })
  const facts = { account: id, person, channel, external_id: externalId, name }
  await record(transaction, tenant, { kind: 'account.paired', facts })
  // Whoever had a look at the code may have been faster than the person it was made for.
  const sentence = 'A chat account was paired with you. If it is not yours, unpair it at once.'
  const alert = { kind: 'pairing.account', sentence, facts: { channel, name, account: externalId } }
  await raise(transaction, tenant, alert, person)
  return true
}

/** One's own chat accounts, newest first. */
export async function listAccounts(
  { database }: PairingOptions,
  { tenant, person }: Who,
): Promise<AccountView[]> {
  const rows = await store.loadAccounts(tenant, database.as(tenant), person)
  return rows.map(({ id, channel, external_id, name, paired_at }) => ({
    ...{ id, channel, external_id, name },
    paired_at: paired_at.toISOString(),
  }))
}

/** Unpairs one of one's own accounts: what it writes from now on is a stranger's. Throws `not_found`. */
export async function unpair(
  options: PairingOptions,
  { tenant, person, principal }: Identity,
  id: string,
): Promise<void> {
  await options.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const [gone] = await store.deleteAccounts(tenant, transaction, { person, id })
      if (gone === undefined) throw new CastellanError('not_found', 'There is no such account.')
      const facts = { account: id, channel: gone.channel, external_id: gone.external_id }
      await options.record(transaction, tenant, { kind: 'account.unpaired', facts }, principal)
    })
}

/** Unpairs all accounts of a person in the caller's transaction. */
export async function endAccounts(
  { record }: PairingOptions,
  transaction: Handle,
  { tenant, person }: { tenant: Tenant; person: PersonId },
): Promise<void> {
  for (const { id, channel } of await store.deleteAccounts(tenant, transaction, { person }))
    await record(transaction, tenant, { kind: 'account.unpaired', facts: { account: id, channel, person } })
}
