/** Telling a person that something happened which they should look at; part of the transaction in which it happened. */
import { randomUUID } from 'node:crypto'
import { type AlertFact, AlertKind } from '@castellan/contracts'
import { hashOf } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import { saveAlert } from './store.ts'

/** What happened. Neither part may hold a secret. */
export interface NewAlert {
  /** A stable name, e.g. `pairing.blocked`. */
  readonly kind: string
  /** One or two plain sentences of ours; what others wrote belongs into the facts. */
  readonly sentence: string
  readonly facts: Readonly<Record<string, AlertFact>>
}

/**
 * Stores an alert for a person of the tenant, or for its owner when that is null, and records it in the ledger. The same
 * kind and sentence before anyone looked is one alert that counts. Call it late in the transaction: it appends.
 */
export async function raise(
  handle: Handle,
  tenant: Tenant,
  alert: NewAlert,
  person: string | null,
): Promise<void> {
  if (!AlertKind.safeParse(alert.kind).success) throw new TypeError(`${alert.kind} is no kind of alert`)
  const facts = Object.fromEntries(Object.entries(alert.facts).map(([name, fact]) => [name, storable(fact)]))
  await saveAlert(tenant, handle, { ...alert, facts, id: randomUUID(), person })
  const args = { sentence: alert.sentence, person, facts }
  await append(handle, tenant, {
    ...{ kind: 'admin', run: null, step: null, principal: ['system'], skill: `alert.${alert.kind}` },
    ...{ decision: null, rules: [], argsHash: hashOf(args), outcome: 'done', body: { args } },
  })
}

/** Foreign text of any length and form, as PostgreSQL and the page can take it. */
function storable(fact: AlertFact): AlertFact {
  return typeof fact === 'string' ? fact.replaceAll('\0', '').slice(0, 500).toWellFormed() : fact
}
