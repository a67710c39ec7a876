/** Sessions: begun by a sign-in, kept on the server, ended by their owner or their age, and whoever streams hears of it. */
import { randomUUID } from 'node:crypto'
import { CastellanError, type SessionView } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import * as store from './store.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { IdentityEvent, IdentityOptions } from './types.ts'

/** Who signs in, from where, and the session they had before. */
export interface Arrival {
  readonly address: string
  readonly userAgent: string
  /** Ended by the sign-in, so that a session known to somebody else does not live on. */
  readonly replaces: string | undefined
}

/** A session just begun; the token goes into the cookie and nowhere else. */
export interface NewSession {
  readonly id: string
  readonly token: string
  /** How long it lasts, in milliseconds. */
  readonly ageMs: number
}

type Why = Extract<IdentityEvent, { kind: 'session_ended' }>['why']

/** The sessions of an instance. */
export interface Sessions {
  /** Begins a session in the caller's transaction and records it; the last thing that transaction does. */
  begin(transaction: Handle, by: 'password' | 'link', arrival: Arrival): Promise<NewSession>
  /** The live session of a token, noting that it was used. */
  find(token: string): Promise<{ id: string } | undefined>
  list(current: string | undefined): Promise<SessionView[]>
  /** Rejects with `not_found` when there is no such live session. */
  end(id: string, why: Why): Promise<void>
  isLive(identity: Identity): Promise<boolean>
  /** Calls back once when the session is ended through this process. */
  watch(identity: Identity, onEnd: () => void): () => void
}

const maxSessionMs = 8 * 3_600_000
const seenEveryMs = 60_000
const keepMs = 7 * 86_400_000
const userAgentCharacters = 200

/** Makes the sessions of an instance. */
export function makeSessions(options: IdentityOptions): Sessions {
  const { database, tenant, record } = options
  const handle = database.as(tenant)
  const present = () => new Date(options.now())
  const watchers = makeWatchers()
  return {
    watch: ({ sessionId }, onEnd) => (sessionId === undefined ? () => {} : watchers.add(sessionId, onEnd)),
    begin: (transaction, by, arrival) => begin(options, watchers, { transaction, by, arrival }),
    async find(token) {
      const now = present()
      const session = await store.loadSession(tenant, handle, { tokenHash: hashOfToken(token) }, now)
      if (session === undefined) return undefined
      if (now.getTime() - session.lastSeenAt.getTime() >= seenEveryMs) {
        await store.saveSeen(tenant, handle, session.id, now)
      }
      return { id: session.id }
    },
    async list(current) {
      const sessions = await store.loadSessions(tenant, handle, present())
      return sessions.map((session) => viewOf(session, current))
    },
    async end(id, why) {
      await handle.transaction().execute(async (transaction) => {
        if (!(await store.endSession(tenant, transaction, id, present()))) {
          throw new CastellanError('not_found', 'There is no such session, or it has ended already.')
        }
        await record(transaction, tenant, { kind: 'session_ended', session: id, why })
      })
      watchers.call(id)
    },
    async isLive({ via, sessionId }) {
      if (via === 'local-token') return true
      if (sessionId === undefined) return false
      return (await store.loadSession(tenant, handle, { id: sessionId }, present())) !== undefined
    },
  }
}

async function begin(
  options: IdentityOptions,
  watchers: Watchers,
  { transaction, by, arrival }: { transaction: Handle; by: 'password' | 'link'; arrival: Arrival },
): Promise<NewSession> {
  const { tenant, record } = options
  const now = new Date(options.now())
  const token = newToken(256)
  const id = randomUUID()
  const ageMs = Math.min(options.limits().sessionMs, maxSessionMs)
  await store.prune(tenant, transaction, new Date(now.getTime() - keepMs))
  await store.saveSession(tenant, transaction, {
    tokenHash: hashOfToken(token),
    id,
    at: now,
    expiresAt: new Date(now.getTime() + ageMs),
    userAgent: arrival.userAgent.slice(0, userAgentCharacters).toWellFormed(),
    address: arrival.address,
  })
  const { replaces } = arrival
  if (replaces !== undefined && (await store.endSession(tenant, transaction, replaces, now))) {
    watchers.call(replaces)
    await record(transaction, tenant, { kind: 'session_ended', session: replaces, why: 'replaced' })
  }
  await record(transaction, tenant, { kind: 'signed_in', by, session: id, address: arrival.address })
  return { id, token, ageMs }
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
