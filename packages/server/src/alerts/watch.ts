/** Tells open pages that there are other alerts than a moment ago, whichever process raised or closed them. */
import type { Event } from '@castellan/contracts'
import type { Database, Tenant } from '../database/index.ts'
import { loadMark } from './store.ts'

/**
 * Gives back a round, to be made every second or so for each tenant with an open page. Alerts are looked at and not
 * announced by who raises them, because until their transaction ends they may still not have happened.
 */
export function watchAlerts(
  database: Database,
  publish: (tenant: Tenant, event: Event) => void,
): (tenant: Tenant) => Promise<void> {
  const marks = new Map<Tenant, string>()
  return async function look(tenant) {
    const mark = await loadMark(tenant, database.as(tenant))
    const before = marks.get(tenant)
    marks.set(tenant, mark)
    if (before !== undefined && before !== mark) publish(tenant, { type: 'alerts' })
  }
}
