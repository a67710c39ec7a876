/** Text that a model is saying right now: told as it comes, and kept whole for whoever opens the page in the middle. */
import type { Event } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'
import type { EntryPlace } from './entries.ts'

export interface Live {
  /** More text of the step in progress. */
  add(tenant: Tenant, place: EntryPlace, text: string): void
  /** The step begins, again or for the first time, or has ended: nothing of it is in progress. */
  clear(run: string): void
  partial(run: string): { run: string; step: string; text: string } | null
}

export function createLive(publish: (tenant: Tenant, event: Event) => void): Live {
  const partials = new Map<string, { step: string; text: string }>()
  return {
    add(tenant, { conversation, run, step }, text) {
      const partial = partials.get(run) ?? { step, text: '' }
      partials.set(run, { step, text: partial.text + text })
      publish(tenant, { type: 'delta', conversation, run, step, offset: partial.text.length, text })
    },
    clear(run) {
      partials.delete(run)
    },
    partial(run) {
      const partial = partials.get(run)
      return partial === undefined ? null : { run, ...partial }
    },
  }
}
