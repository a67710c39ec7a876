/** The vocabulary shared by the gate, the store, the API and the UI: effects, roles, origins, decisions, labels. */
import * as z from 'zod'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export const Json: z.ZodType<Json> = z.json() as z.ZodType<Json>

/** What a skill does to the world, weakest first. */
export const effects = ['read', 'write', 'send', 'publish', 'spend', 'execute', 'grant', 'admin'] as const
export const Effect = z.enum(effects)
export type Effect = z.infer<typeof Effect>

/** What an argument is for. The first five are strong: they decide who is reached and what is touched. */
export const strongRoles = ['target', 'object', 'amount', 'secret', 'account'] as const
export const softRoles = ['content', 'option', 'time'] as const
export const roles = [...strongRoles, ...softRoles] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

/** Whether a role decides who is reached or what is touched. */
export function isStrong(role: Role): boolean {
  return (strongRoles as readonly Role[]).includes(role)
}

/** Proofs of who approves, weakest first. `none` means unasked. */
export const factors = ['none', 'click', 'password', 'totp', 'passkey'] as const
export const Factor = z.enum(factors)
export type Factor = z.infer<typeof Factor>

/**
 * What is known of a value. `sources`: who could have written it, sorted, no duplicates, e.g. `owner`, `web:example.org`.
 * `readers`: who may read it, sorted, or `everyone`.
 */
export const Label = z.strictObject({
  sources: z.array(z.string()).readonly(),
  readers: z.union([z.literal('everyone'), z.array(z.string()).readonly()]),
})
export type Label = z.infer<typeof Label>

/** Labels of a structured value by JSON pointer; `''` is the whole value, the longest matching prefix rules. */
export const FieldLabels = z.record(z.string(), Label)
export type FieldLabels = z.infer<typeof FieldLabels>

/**
 * Where an argument came from: the `owner`'s words, `located` in a record the owner's words select,
 * or `foreign` (any source trusted for nothing).
 */
export const Origin = z.enum(['owner', 'located', 'foreign'])
export type Origin = z.infer<typeof Origin>

export const DecisionResult = z.enum(['allow', 'ask', 'deny'])
export type DecisionResult = z.infer<typeof DecisionResult>

export const ArgumentView = z.strictObject({
  path: z.string(),
  role: Role,
  origin: Origin,
  sources: z.array(z.string()).readonly(),
  value: Json,
  /** The owner called this value right for the rest of the run, by an earlier question. */
  endorsed: z.literal(true).optional(),
})
export type ArgumentView = z.infer<typeof ArgumentView>

export const Decision = z.strictObject({
  decision: DecisionResult,
  /** The weakest proof that would turn `ask` into `allow`. */
  factor: Factor.exclude(['none']).optional(),
  /** Ids of the policies that made the decision. */
  rules: z.array(z.string()).readonly(),
  arguments: z.array(ArgumentView).readonly(),
  /** One or two plain sentences for the owner. */
  why: z.string(),
})
export type Decision = z.infer<typeof Decision>
