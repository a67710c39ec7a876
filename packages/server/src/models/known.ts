/**
 * The models of each tenant, read once and again after a change. This process is the only one that changes them: it holds
 * the database's lease.
 */
import type { Tenant } from '../database/index.ts'
import type { Model } from './types.ts'

export interface KnownModels {
  of(tenant: Tenant): Promise<readonly Model[]>
  /** To be called when a change has been committed, or may have been. */
  forget(tenant: Tenant): void
}

/** Remembers what `load` yields; a failure is not remembered. */
export function knownModels(load: (tenant: Tenant) => Promise<readonly Model[]>): KnownModels {
  // Promises and not their results: a reading that a change overtakes is forgotten with it.
  const known = new Map<Tenant, Promise<readonly Model[]>>()
  return {
    of(tenant) {
      const before = known.get(tenant)
      if (before !== undefined) return before
      const loading = load(tenant)
      known.set(tenant, loading)
      loading.catch(() => {
        if (known.get(tenant) === loading) known.delete(tenant)
      })
      return loading
    },
    forget(tenant) {
      known.delete(tenant)
    },
  }
}
