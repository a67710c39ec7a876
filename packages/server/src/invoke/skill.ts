/**
 * What a skill is: a declaration the gate can judge, and a `run` that only the gate may call.
 * tests/architecture proves that nothing but invoke/ calls `run`.
 */
import type { Effect, FieldLabels, Found, Json, Label, Role } from '@castellan/contracts'
import type { Reader } from '@castellan/kernel'
import type * as z from 'zod'
import type { Tenant } from '../database/index.ts'

/** What to do when a step finds its own intent without an outcome (DESIGN §3, "Again after a crash"). */
export type Repeat = 'safe' | 'keyed' | 'never'

/** What a skill is given besides its arguments. */
export interface SkillContext {
  readonly tenant: Tenant
  /** The chain of principals, outermost first, e.g. `['owner', 'agent:default']`. */
  readonly principal: readonly string[]
  readonly run: string
  readonly step: string
  /** The same for every attempt of one step; to be passed to services that honour one (`repeat: 'keyed'`). */
  readonly idempotencyKey: string
  /** Aborts at the deadline, at the stop button and at shutdown. */
  readonly signal: AbortSignal
  /** What leaves besides the arguments, as the caller handed it to the gate (a prompt). */
  readonly outgoing?: unknown
  /** Labels of the arguments by JSON pointer (`/text`); what is stored keeps them. */
  readonly labels: FieldLabels
}

/** What a skill hands back. `branch` names which of the declared branches was taken. */
export interface SkillResult {
  readonly branch: string
  readonly value: Json
  /** Labels of `value` by JSON pointer; `''` labels the whole. */
  readonly labels: FieldLabels
  /** What the sensor saw before the value was made, e.g. in a page's markup. */
  readonly found?: readonly Found[]
}

/** Someone outside the house whom a call's arguments reach. */
export interface Leaving {
  /** A URL's host, an address, `model:<name>` … */
  readonly to: Reader
  /** JSON pointers of the arguments that reach them. */
  readonly what: readonly string[]
}

export interface Skill<Args = never> {
  /** `area.verb`, e.g. `web.fetch`. */
  readonly name: string
  /** One sentence for the model and the owner. */
  readonly summary: string
  readonly effect: Effect
  /** Strict: unknown keys are refused. Descriptions reach the model. */
  readonly args: z.ZodType<Args>
  /** The role of every argument by its top-level name. */
  readonly roles: { readonly [name: string]: Role }
  /** Words that people ask for it with, e.g. `archive`; needed where it is given a thing and nothing else. */
  readonly verbs?: readonly string[]
  /** Who outside the house the arguments reach; empty or absent when nothing leaves. */
  leaves?(args: Args): readonly Leaving[]
  /** What its results may be trusted for, known before they are: `explain` and the red team rest on it. */
  output(args: Args): Label
  /** Fields of its results that the service itself writes, never a third party: pointers, `*` for any one step. */
  readonly platform?: readonly string[]
  /** Members of its results that are always called so, as pointers; any other is sealed with what it stands in. */
  readonly shape?: readonly string[]
  /** Not even the type and size of what is sealed of its results is told. */
  readonly unsized?: boolean
  /** Ends a run may take, the good one first, e.g. `['success', 'not_found']`. */
  readonly branches: readonly string[]
  readonly repeat: Repeat
  readonly deadlineMs: number
  /** Calls allowed per principal and minute. */
  readonly perMinute: number
  /** Calls that fail together share a breaker; the skill's name when absent. */
  breaker?(args: Args): string
  /** Castellan wants to …: finishes that sentence for the question card, without a full stop. */
  says(args: Args): string
  /** Only invoke/ calls this. Outside failures reject with a `CastellanError`. */
  run(args: Args, context: SkillContext): Promise<SkillResult>
}

/** A skill whose argument type is known only to itself; made by `skill()`. */
export type AnySkill = Skill<never>

/** Declares a skill, checking that every argument has a role. */
export function skill<Args extends object>(declaration: Skill<Args>): AnySkill {
  const shape = 'shape' in declaration.args ? Object.keys(declaration.args.shape as object) : []
  for (const name of shape) {
    if (!Object.hasOwn(declaration.roles, name))
      throw new TypeError(`${declaration.name}: argument ${name} has no role`)
  }
  return Object.freeze(declaration) as unknown as AnySkill
}

/** A value together with what is known of each of its fields. */
export interface Labelled {
  readonly value: Json
  readonly labels: FieldLabels
}

export type { Label }
