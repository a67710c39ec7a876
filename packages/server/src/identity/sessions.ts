/** Sessions: begun by a sign-in, kept on the server, ended by their owner or their age, and whoever streams hears of it. */
import { randomUUID } from 'node:crypto'
import { CastellanError, type PersonRole, type SessionView } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import { type Identity, type Principal, principalOf, type Who } from '../http/env.ts'
import { loadPerson, saveSignedIn, voidRecovery } from './person.ts'
import type { SecondStep } from './second-step.ts'
import * as store from './store.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { IdentityEvent, IdentityOptions, SignInWay } from './types.ts'

/** What sessions are made from. */
export interface SessionOptions
  extends Pick<IdentityOptions, 'database' | 'tenant' | 'limits' | 'record' | 'now'> {
  readonly secondStep: Pick<SecondStep, 'forget'>
}

/** Who signs in, from where, and the session that the browser had before. */
export interface Arrival {
  readonly address: string
  readonly userAgent: string
  /** Ended by the sign-in, so that a session known to somebody else does not live on. */
  readonly replaces: (Who & { readonly sessionId?: string }) | undefined
}

/** A session just begun; the token goes into the cookie and nowhere else. */
export interface NewSession {
  readonly id: string
  readonly token: string
  /** How long it lasts, in milliseconds. */
  readonly ageMs: number
  readonly who: Who & { readonly role: PersonRole }
}

/** Why a session ends, and whose deed that is. */
export interface EndReason {
  readonly why: Extract<IdentityEvent, { kind: 'session_ended' }>['why']
  readonly by: Principal
}

/** The sessions of everybody in the house. */
export interface Sessions {
  /**
   * Begins a session in the caller's transaction (of that tenant) and records it; the last thing that transaction does.
   * Rejects with `refused` for a person who is disabled or gone.
   */
  begin(transaction: Handle, by: SignInWay, who: Who, arrival: Arrival): Promise<NewSession>
  /**
   * Gives a live session another token, in the caller's transaction: the old one is worth nothing from then on. Rejects
   * with `not_signed_in` when the session has ended.
   */
  renew(transaction: Handle, who: Who, id: string): Promise<Omit<NewSession, 'who'>>
  /** Whose live session a token is, noting that it was used. */
  find(token: string): Promise<Identity | undefined>
  /** A person's own, newest first. */
  list(who: Who, current: string | undefined): Promise<SessionView[]>
  /** Ends one of a person's sessions. Rejects with `not_found` when there is no such live session of theirs. */
  end(who: Who, id: string, reason: EndReason): Promise<void>
  /**
   * Ends all sessions of a person, or all but one, and what has half begun one, in the caller's transaction; gives back how
   * many sessions there were.
   */
  endAll(transaction: Handle, who: Who, reason: EndReason, except?: string): Promise<number>
  isLive(identity: Identity): Promise<boolean>
  /** Calls back once when the session is ended through this process. */
  watch(identity: Identity, onEnd: () => void): () => void
}

const maxSessionMs = 8 * 3_600_000
const seenEveryMs = 60_000
const keepMs = 7 * 86_400_000
const userAgentCharacters = 200

/** Makes the sessions of an instance. */
export function makeSessions(options: SessionOptions): Sessions {
  const { database } = options
  const present = () => new Date(options.now())
  const watchers = makeWatchers()
  const endSome = (transaction: Handle, ending: Ending) => endThem(options, watchers, transaction, ending)
  return {
    watch: ({ sessionId }, onEnd) => (sessionId === undefined ? () => {} : watchers.add(sessionId, onEnd)),
    begin: (transaction, by, who, arrival) => begin(options, endSome, { transaction, by, who, arrival }),
    async renew(transaction, { tenant, person }, id) {
      const token = newToken(256)
      const session = { id, person, tokenHash: hashOfToken(token) }
      const expiresAt = await store.saveToken(tenant, transaction, session, present())
      if (expiresAt === undefined) throw new CastellanError('not_signed_in', 'This session has ended.')
      return { id, token, ageMs: expiresAt.getTime() - options.now() }
    },
    find: (token) => find(options, token),
    async list(who, current) {
      const sessions = await store.loadSessions(who.tenant, database.as(who.tenant), who.person, present())
      return sessions.map((session) => viewOf(session, current))
    },
    async end(who, id, reason) {
      const ended = await database
        .as(who.tenant)
        .transaction()
        .execute((transaction) => endSome(transaction, { who, ...reason, only: id }))
      if (ended === 0)
        throw new CastellanError('not_found', 'There is no such session, or it has ended already.')
    },
    async endAll(transaction, who, reason, except) {
      await options.secondStep.forget(transaction, who)
      return endSome(transaction, { who, ...reason, except })
    },
    async isLive({ tenant, via, sessionId }) {
      if (via === 'local-token') return true
      if (sessionId === undefined) return false
      return (
        (await store.loadSession(tenant, database.as(tenant), { id: sessionId }, present())) !== undefined
      )
    },
  }
}

async function find({ database, tenant: home, now }: SessionOptions, token: string) {
  const tokenHash = hashOfToken(token)
  const present = new Date(now())
  const load = (tenant: typeof home) => store.loadSession(tenant, database.as(tenant), { tokenHash }, present)
  // Nearly everybody lives in the home tenant; only who does not costs a second question.
  let tenant = home
  let session = await load(home)
  if (session === undefined) {
    const elsewhere = await store.findTenant(database.as(home), tokenHash)
    if (elsewhere === undefined || elsewhere === home) return undefined
    tenant = elsewhere
    session = await load(elsewhere)
  }
  if (session === undefined) return undefined
  const { id, person, role } = session
  if (present.getTime() - session.lastSeenAt.getTime() >= seenEveryMs)
    await store.saveSeen(tenant, database.as(tenant), id, present)
  const principal = principalOf(person, role)
  return { tenant, person, role, principal, via: 'session', sessionId: id, scopes: null } as const
}

interface Ending extends EndReason {
  readonly who: Who
  readonly only?: string | undefined
  readonly except?: string | undefined
}

async function endThem(
  { record, now }: SessionOptions,
  watchers: Watchers,
  transaction: Handle,
  { who, why, by, only, except }: Ending,
): Promise<number> {
  const { tenant, person } = who
  const ended = await store.endSessions(tenant, transaction, { person, only, except }, new Date(now()))
  for (const session of ended) {
    await record(transaction, tenant, { kind: 'session_ended', session, person, why }, by)
    watchers.call(session)
  }
  return ended.length
}

interface Beginning {
  readonly transaction: Handle
  readonly by: SignInWay
  readonly who: Who
  readonly arrival: Arrival
}

async function begin(
  options: SessionOptions,
  endSome: (transaction: Handle, ending: Ending) => Promise<number>,
  { transaction, by, who, arrival }: Beginning,
): Promise<NewSession> {
  const { tenant, person } = who
  const now = new Date(options.now())
  const found = await loadPerson(tenant, transaction, person)
  if (found === undefined || found.disabled_at !== null)
    throw new CastellanError('refused', 'This account is closed. Ask whoever invited you.')
  const token = newToken(256)
  const id = randomUUID()
  const ageMs = Math.min(options.limits().sessionMs, maxSessionMs)
  await store.prune(tenant, transaction, new Date(now.getTime() - keepMs))
  await store.saveSession(tenant, transaction, {
    tokenHash: hashOfToken(token),
    ...{ id, person, beganBy: by },
    at: now,
    expiresAt: new Date(now.getTime() + ageMs),
    userAgent: arrival.userAgent.slice(0, userAgentCharacters).toWellFormed(),
    address: arrival.address,
  })
  await saveSignedIn(tenant, transaction, person, now)
  // Who signs in has not forgotten anything.
  await voidRecovery(tenant, transaction, person, now)
  const principal = principalOf(person, found.role)
  await endReplaced(options, { transaction, tenant, by: principal, endSome }, arrival)
  const event = { kind: 'signed_in', by, session: id, person, address: arrival.address } as const
  await options.record(transaction, tenant, event, principal)
  return { id, token, ageMs, who: { tenant, person, role: found.role } }
}

interface Replacing {
  readonly transaction: Handle
  readonly tenant: Tenant
  readonly by: Principal
  readonly endSome: (transaction: Handle, ending: Ending) => Promise<number>
}

/** A browser that changes tenants leaves a session that this transaction cannot see. */
async function endReplaced(
  { database }: SessionOptions,
  { transaction, tenant, by, endSome }: Replacing,
  { replaces }: Arrival,
): Promise<void> {
  if (replaces?.sessionId === undefined) return
  const ending = { who: replaces, why: 'replaced', by, only: replaces.sessionId } as const
  if (replaces.tenant === tenant) await endSome(transaction, ending)
  else
    await database
      .as(replaces.tenant)
      .transaction()
      .execute((other) => endSome(other, ending))
}

function viewOf(session: store.StoredSession, current: string | undefined): SessionView {
  return {
    id: session.id,
    current: session.id === current,
    created_at: session.createdAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    last_seen_at: session.lastSeenAt.toISOString(),
    user_agent: session.userAgent,
    address: session.address,
    began_by: session.beganBy,
  }
}

interface Watchers {
  add(id: string, onEnd: () => void): () => void
  /** Tells everyone who watches a session that it has ended, once. */
  call(id: string): void
}

function makeWatchers(): Watchers {
  const watchers = new Map<string, Set<() => void>>()
  return {
    add(id, onEnd) {
      const here = watchers.get(id) ?? new Set()
      watchers.set(id, here.add(onEnd))
      return () => {
        here.delete(onEnd)
        if (here.size === 0 && watchers.get(id) === here) watchers.delete(id)
      }
    },
    call(id) {
      const here = watchers.get(id)
      watchers.delete(id)
      for (const onEnd of here ?? []) onEnd()
    },
  }
}
