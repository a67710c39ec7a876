/** What the ledger remembers of a step: after a crash the same step comes again, and must not act twice. */
import type { Decision, Json } from '@castellan/contracts'
import type { Database, Tenant } from '../database/index.ts'
import type { Outcome } from './outcome.ts'

/** The step was begun and its end is not recorded. */
export interface PriorIntent {
  readonly kind: 'intent'
  readonly decision: Decision
  /** The arguments that were decided over. */
  readonly args: Json
  /** Someone was reached who may not read what reached them. */
  readonly unread: boolean
}

export type Prior =
  | { readonly kind: 'none' }
  | PriorIntent
  | { readonly kind: 'outcome'; readonly outcome: Outcome }

/** Looks the step up among intents and outcomes. */
export async function recall(database: Database, tenant: Tenant, run: string, step: string): Promise<Prior> {
  const rows = await database
    .as(tenant)
    .selectFrom('castellan.ledger as row')
    .innerJoin('castellan.ledger_bodies as body', (join) =>
      join.onRef('body.tenant_id', '=', 'row.tenant_id').onRef('body.seq', '=', 'row.seq'),
    )
    .select(['row.kind', 'body.body'])
    .where('row.run', '=', run)
    .where('row.step', '=', step)
    .where('row.kind', 'in', ['intent', 'outcome'])
    .execute()
  const outcome = rows.find((row) => row.kind === 'outcome')
  if (outcome !== undefined)
    return { kind: 'outcome', outcome: field(outcome.body, 'result') as unknown as Outcome }
  const intent = rows.find((row) => row.kind === 'intent')
  if (intent !== undefined) {
    const decision = field(intent.body, 'decision') as unknown as Decision
    const { unread = false } = field(intent.body, 'request') as { unread?: boolean }
    return { kind: 'intent', decision, args: field(intent.body, 'args'), unread }
  }
  return { kind: 'none' }
}

function field(body: Json, name: string): Json {
  const value = body !== null && typeof body === 'object' && !Array.isArray(body) ? body[name] : undefined
  if (value === undefined) throw new TypeError(`the ledger body lacks ${name}`)
  return value
}
