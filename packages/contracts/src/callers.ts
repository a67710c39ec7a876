/**
 * Callers: programs of the owner's that ask the configured models over /v1 with a token of their own. A token's value
 * appears in the one answer that makes it and nowhere else.
 */
import * as z from 'zod'

const id = z.uuid()
const time = z.iso.datetime()
const name = z.string().trim().min(1).max(80)
const namespace = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'use a–z first, then a–z, 0–9 and -, 40 at most')
/** A tier (`light`, `embedding` …) or the name of a model. */
const model = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'name a tier or a model')

/** A caller token without its value. */
export const CallerView = z.strictObject({
  id,
  name: z.string(),
  /** Whose account it is: tokens of one namespace spend from one budget and are one caller in the ledger. */
  namespace: z.string(),
  /** Tiers and names of models that it may ask. */
  models: z.array(z.string()),
  per_minute: z.number().int(),
  /** Calls beyond the first that may come at once. */
  burst: z.number().int(),
  /** Tokens that its namespace may have spent in a day for this token to be served. */
  tokens_per_day: z.number().int(),
  /** What the namespace has spent today. */
  tokens_today: z.number().int(),
  created_at: time,
  expires_at: time.nullable(),
  last_used_at: time.nullable(),
})
export type CallerView = z.infer<typeof CallerView>

/** GET /api/callers → all of them, by namespace; DELETE /api/callers/:id → 204, ends calls that are under way. */
export const Callers = z.strictObject({ callers: z.array(CallerView) })
export type Callers = z.infer<typeof Callers>

/** POST /api/callers → NewCaller. Needs a fresh factor. `days` unset: it does not expire. */
export const NewCallerRequest = z.strictObject({
  name,
  namespace,
  models: z.array(model).min(1).max(40),
  per_minute: z.number().int().min(1).max(6_000).default(60),
  burst: z.number().int().min(0).max(1_000).default(10),
  tokens_per_day: z.number().int().min(1).max(10_000_000_000).default(1_000_000),
  days: z.number().int().min(1).max(3_650).optional(),
})

/** The value, shown this once. */
export const NewCaller = z.strictObject({ token: z.string(), view: CallerView })
export type NewCaller = z.infer<typeof NewCaller>
