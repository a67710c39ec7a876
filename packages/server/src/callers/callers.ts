/** Callers as the rest of the house uses them: made, listed and revoked by the owner, known by their tokens. */
import { randomUUID } from 'node:crypto'
import { type CallerView, CastellanError, type NewCaller, type NewCallerRequest } from '@castellan/contracts'
import type * as z from 'zod'
import { type LiveCalls, liveCalls } from './live.ts'
import { deleteCaller, loadCaller, loadCallers, saveCaller, saveUsed } from './store.ts'
import { callerTokenIn, hashOfCallerToken, newCallerToken } from './tokens.ts'
import type { Caller, CallersOptions } from './types.ts'

export interface CallerService {
  list(): Promise<CallerView[]>
  /** Rejects with `conflict` when the namespace has a token of that name. */
  create(wanted: z.output<typeof NewCallerRequest>): Promise<NewCaller>
  /** Ends the token and the calls it has under way. Rejects with `not_found`. */
  revoke(id: string): Promise<void>
  /** Whose token an Authorization header holds; undefined for nobody's. Rejects when it cannot tell. */
  identify(authorization: string | undefined): Promise<Caller | undefined>
  readonly live: LiveCalls
}

/** The time of last use is exact to this. */
const usedEveryMs = 60_000

/** Makes the service. */
export function openCallers(options: CallersOptions): CallerService {
  const { tenant, database, record, now } = options
  const handle = () => database.as(tenant)
  const present = () => new Date(now())
  const isLive = async (id: string) => (await loadCaller(tenant, handle(), { id }, present())) !== undefined
  const live = liveCalls(isLive, options.watchMs ?? 5_000)
  return {
    live,
    list: async () => (await loadCallers(tenant, handle())).map(viewOf),
    async create(wanted) {
      const token = newCallerToken()
      const caller = callerOf(wanted, present())
      await handle()
        .transaction()
        .execute(async (transaction) => {
          const stored = { ...caller, tokenHash: hashOfCallerToken(token) }
          if (!(await saveCaller(tenant, transaction, stored))) throw nameTaken(caller)
          await record(transaction, 'created', factsOf(caller))
        })
      const made = (await loadCallers(tenant, handle())).find(({ id }) => id === caller.id)
      return { token, view: viewOf(made ?? { ...caller, tokensToday: 0 }) }
    },
    async revoke(id) {
      await handle()
        .transaction()
        .execute(async (transaction) => {
          const gone = await deleteCaller(tenant, transaction, id)
          if (gone === undefined) throw new CastellanError('not_found', 'There is no such caller token.')
          await record(transaction, 'revoked', { id, ...gone })
        })
      live.revoke(id)
    },
    async identify(authorization) {
      const token = callerTokenIn(authorization)
      if (token === undefined) return undefined
      const at = present()
      const caller = await loadCaller(tenant, handle(), { tokenHash: hashOfCallerToken(token) }, at)
      if (caller === undefined) return undefined
      const idleMs = at.getTime() - (caller.lastUsedAt?.getTime() ?? 0)
      if (idleMs >= usedEveryMs) await saveUsed(tenant, handle(), caller.id, at)
      return caller
    },
  }
}

function callerOf(wanted: z.output<typeof NewCallerRequest>, at: Date): Caller {
  const { name, namespace, models, per_minute, burst, tokens_per_day, days } = wanted
  return {
    id: randomUUID(),
    name,
    namespace,
    models: [...new Set(models)],
    perMinute: per_minute,
    burst,
    tokensPerDay: tokens_per_day,
    createdAt: at,
    expiresAt: days === undefined ? null : new Date(at.getTime() + days * 86_400_000),
    lastUsedAt: null,
  }
}

function factsOf({ createdAt: _, lastUsedAt: __, expiresAt, models, ...rest }: Caller) {
  return { ...rest, models: [...models], expiresAt: expiresAt?.toISOString() ?? null }
}

function viewOf(caller: Caller & { readonly tokensToday: number }): CallerView {
  return {
    id: caller.id,
    name: caller.name,
    namespace: caller.namespace,
    models: [...caller.models],
    per_minute: caller.perMinute,
    burst: caller.burst,
    tokens_per_day: caller.tokensPerDay,
    tokens_today: caller.tokensToday,
    created_at: caller.createdAt.toISOString(),
    expires_at: caller.expiresAt?.toISOString() ?? null,
    last_used_at: caller.lastUsedAt?.toISOString() ?? null,
  }
}

function nameTaken({ name, namespace }: Caller): CastellanError {
  const message = `The namespace ${namespace} has a token named ${JSON.stringify(name)} already. Nothing was made.`
  return new CastellanError('conflict', message, { hint: 'revoke that one, or choose another name' })
}
