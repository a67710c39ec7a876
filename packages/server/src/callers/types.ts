/** The words of callers: a token of a program, and the ports they need. */
import type { Json } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { Invoke } from '../invoke/index.ts'
import type { Limits } from '../limits/index.ts'
import type { Models } from '../models/index.ts'

/** What a token is good for. */
export interface Caller {
  readonly id: string
  readonly name: string
  readonly namespace: string
  /** Tiers and names of models. */
  readonly models: readonly string[]
  readonly perMinute: number
  readonly burst: number
  readonly tokensPerDay: number
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
}

/** Models as callers meet them. */
export type CallerModels = Pick<Models, 'enabled' | 'answer' | 'embed'>

/** What callers are made from. */
export interface CallersOptions {
  readonly tenant: Tenant
  readonly database: Database
  readonly limits: Limits
  readonly models: Pick<Models, 'enabled'>
  /** The gate over `callerSkill` and nothing else. */
  readonly invoke: Invoke
  /** Throws unless the sender has just shown a factor. */
  readonly requireFresh: RequireFresh
  /** Records a change as the last statement of its transaction. */
  readonly record: (
    handle: Handle,
    what: 'created' | 'revoked',
    facts: { [name: string]: Json },
  ) => Promise<void>
  readonly now: () => number
  /** Milliseconds between two looks whether the token of an answer that streams still holds; 5 s. */
  readonly watchMs?: number
}

/** What a caller is to policies, budgets and the ledger; also the source of its words. */
export const callerPrincipal = ({ namespace }: Pick<Caller, 'namespace'>): string => `caller:${namespace}`
