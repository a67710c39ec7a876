/** A call as its caller describes it, and what the gate needs to pass it. */
import type { FieldLabels, Found, Json, QuestionView } from '@castellan/contracts'
import type { Authorize, ReadResult, RunFacts } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Breakers } from './breakers.ts'
import type { Budget } from './budget.ts'
import type { Clock } from './clock.ts'
import type { Outcome } from './outcome.ts'
import type { AnySkill } from './skill.ts'

/** What a question shows of where its arguments stand. */
export interface Evidence {
  /** The line of the conversation with the owner's words. */
  readonly said: string | null
  readonly read: readonly ReadResult[]
}

export interface Invocation {
  readonly tenant: Tenant
  /** Outermost first; the last one acts. */
  readonly principal: readonly string[]
  /** Skills the chain may use at all: the intersection of every link's own. */
  readonly allowed: ReadonlySet<string>
  readonly budget: Budget
  readonly run: string
  /** Unique within the run; the same for every attempt. */
  readonly step: string
  readonly conversation: string | null
  readonly skill: string
  readonly args: Json
  readonly facts: RunFacts
  /** Labels of arguments that refer to stored values, by JSON pointer; all others are traced as literals. */
  readonly references?: FieldLabels
  /** For the card, should the call be asked about: the line with the owner's words, and all results, sealed ones included. */
  readonly evidence?: (handle: Handle) => Promise<Evidence>
  /** The question whose yes this call brings along. */
  readonly question?: string
  /** What leaves besides the arguments (a prompt): its text is scanned for secrets, its value handed to the skill. */
  readonly outgoing?: { readonly text: string; readonly value: unknown }
  /** Tokens this call may cost; reserved before and settled after. */
  readonly tokens?: { readonly estimate: number; used(value: Json): number }
  /** How long a question stays open, in milliseconds. */
  readonly openMs: number
  readonly signal: AbortSignal
  /**
   * Stores what the caller makes of the outcome in the transaction that records it. What it returns is called once that
   * is committed, so that nobody is told of what is not there yet.
   */
  readonly keep?: (handle: Handle, outcome: Outcome) => Promise<() => void>
}

export interface GatePorts {
  readonly database: Database
  readonly authorize: Authorize
  readonly skills: ReadonlyMap<string, AnySkill>
  readonly breakers: Breakers
  readonly clock: Clock
  /** Names of vault secrets that stand in a text, alone or together with what this run has sent before. */
  readonly leaks: (tenant: Tenant, run: string, text: string) => Promise<readonly string[]>
  /** Marks what in a result is made for a model and not for people. It is asked once the skill has run. */
  readonly sense?: (value: Json, labels: FieldLabels) => readonly Found[]
  /** Told of every question that was stored. */
  readonly asked: (tenant: Tenant, question: QuestionView) => void
  /** Turns the gate off. Only `castellan demo --unsafe` does, to show what happens without one. */
  readonly unsafeWithoutGate?: boolean
}

/** Whose budget and rates a call takes from: the persona's, of which each member has one of their own. */
export function actor({ principal }: Pick<Invocation, 'principal'>): string {
  const [first = 'unknown', ...rest] = principal
  const last = rest.at(-1) ?? first
  return first.startsWith('member:') && last !== first ? `${first} ${last}` : last
}
