/** The HTTP API of policies as schemas: what is in force, what a file would mean, and why a call was decided as it was. */
import * as z from 'zod'
import { Decision, DecisionResult, Factor } from './values.ts'

/** The longest file of rules, in characters. */
export const maxPolicyCharacters = 65_536

const text = z.string().max(maxPolicyCharacters)
const time = z.iso.datetime()

/** Which file a rule stands in. Shipped ones are not the owner's to change. */
export const PolicyOrigin = z.enum(['invariant', 'default', 'owner'])
export type PolicyOrigin = z.infer<typeof PolicyOrigin>

export const PolicyRule = z.strictObject({
  id: z.string(),
  origin: PolicyOrigin,
  effect: z.enum(['permit', 'forbid']),
  /** The sentence that its writer put beside it; empty where there is none. */
  says: z.string(),
  text: z.string(),
  /** Where it begins in its file, counted from 1. */
  line: z.int(),
})
export type PolicyRule = z.infer<typeof PolicyRule>

/** A `problem` keeps a file from being put in force; a `warning` does not. */
export const PolicyFinding = z.strictObject({
  severity: z.enum(['problem', 'warning']),
  rule: z.string().nullable(),
  line: z.int().nullable(),
  message: z.string(),
  /** How it was found out, where that is not plain: by all cases there are, or by some of them. */
  how: z.string().nullable(),
})
export type PolicyFinding = z.infer<typeof PolicyFinding>

/** POST /api/policy/check CheckPolicy → PolicyCheck. */
export const CheckPolicy = z.strictObject({ text })
export const PolicyCheck = z.strictObject({
  /** It could be put in force: no finding is a problem. */
  ok: z.boolean(),
  findings: z.array(PolicyFinding),
  /** The file's own rules, as far as they could be read. */
  rules: z.array(PolicyRule),
})
export type PolicyCheck = z.infer<typeof PolicyCheck>

/** GET /api/policy; also the answer of PUT /api/policy and POST /api/policy/reload. */
export const PolicyView = z.strictObject({
  /** In force now, shipped ones first. */
  rules: z.array(PolicyRule),
  /** `policy.cedar` as it stands; `hash` is the SHA-256 of its text, in hex. */
  file: z.strictObject({ text: z.string(), hash: z.string() }),
  /** What is in force is not what the file says: it was changed since and not put in force, or cannot be. */
  differs: z.boolean(),
  /** What keeps the file from being put in force. */
  findings: z.array(PolicyFinding),
})
export type PolicyView = z.infer<typeof PolicyView>

/** PUT /api/policy: checks, stores and puts in force. `base` is the hash of the text it was made from. */
export const PutPolicy = z.strictObject({
  text,
  base: z.string().regex(/^[0-9a-f]{64}$/),
  password: z.string().max(1024).optional(),
})

/** POST /api/policy/replay: the calls of the last days decided by `text`, or without one by what is in force. */
export const ReplayPolicy = z.strictObject({
  text: text.optional(),
  days: z.int().min(1).max(365).default(30),
})
export const PolicyChange = z.strictObject({
  seq: z.int(),
  at: time,
  skill: z.string(),
  run: z.string().nullable(),
  was: DecisionResult,
  would: DecisionResult,
  factor: Factor.exclude(['none']).optional(),
  rules: z.array(z.string()).readonly(),
})
export type PolicyChange = z.infer<typeof PolicyChange>
export const PolicyReplay = z.strictObject({
  days: z.int(),
  /** Calls that were decided again. */
  calls: z.int(),
  changed: z.int(),
  /** Calls of which it cannot be told: what was decided over was erased, or not yet recorded. */
  unknown: z.int(),
  /** There were more calls than are looked at; the newest were. */
  cut: z.boolean(),
  counts: z.array(z.strictObject({ was: DecisionResult, would: DecisionResult, calls: z.int() })),
  /** The newest of the changes. */
  changes: z.array(PolicyChange),
})
export type PolicyReplay = z.infer<typeof PolicyReplay>

/** POST /api/policy/try: one past call decided by what is in force and by `text`. */
export const TryPolicy = z.strictObject({ text, seq: z.int().min(1) })
const Judged = Decision.pick({ decision: true, factor: true, rules: true })
export const PolicyTry = z.strictObject({
  seq: z.int(),
  skill: z.string(),
  /** As the ledger has it. */
  was: DecisionResult,
  now: Judged,
  would: Judged,
})
export type PolicyTry = z.infer<typeof PolicyTry>

/** GET /api/policy/why/:seq: a decision of the ledger explained by facts. */
export const PolicyWhy = z.strictObject({
  seq: z.int(),
  at: time,
  skill: z.string(),
  decision: Decision,
  /** Why it was not done where no rule refused it, e.g. that the owner said no; null where the rules decided. */
  refused: z.string().nullable(),
  /** Rules that took part; `rule` is null for what is no policy, or is in force no more. */
  rules: z.array(z.strictObject({ id: z.string(), rule: PolicyRule.nullable() })),
  /** Each row is a set of facts; had they been so, the call would have been decided like this. Null: cannot be told. */
  otherwise: z.array(z.strictObject({ facts: z.array(z.string()), decision: DecisionResult })).nullable(),
  /** The owner's rules were changed after this decision. */
  changed_since: z.boolean(),
})
export type PolicyWhy = z.infer<typeof PolicyWhy>
