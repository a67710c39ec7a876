/** What a decision of the ledger was made over, read back. */
import { effects, factors, type Json, roles } from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'
import * as z from 'zod'

const strings = z.array(z.string())
const Fold = z.object({ foreign: z.boolean(), sources: strings, values: strings })
const Request = z.object({
  principal: z.string(),
  chain: strings,
  effect: z.enum(effects),
  skill: z.string(),
  folds: z.partialRecord(z.enum(roles), Fold),
  strongForeign: z.boolean(),
  anchored: z.boolean(),
  unsaid: z.boolean(),
  to: strings,
  unread: z.boolean(),
  run: z.object({
    foreign: z.boolean(),
    sources: strings,
    sensitive: z.boolean(),
    influence: z.number().default(0),
  }),
  approval: z.enum(factors),
})

/** The request in a stored body's member `request`; null for none, or one that this version cannot read. */
export function readRequest(stored: Json | undefined): PolicyRequest | null {
  const parsed = Request.safeParse(stored)
  return parsed.success ? (parsed.data as PolicyRequest) : null
}
