/**
 * Watches what leaves for values of the vault. Fingerprints are made anew when a secret changed, in this process or in
 * another; what a run has sent already is stored, so that a value sent in parts over days and restarts is still seen.
 */
import { type LeakIndex, type NamedSecret, type Seen, scan } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import { loadSeen, saveSeen, secretsStamp } from './store.ts'

export interface Leaks {
  /** Fingerprints of every readable value as it is now, and of the guarded ones. */
  leakIndex(tenant: Tenant): Promise<LeakIndex>
  /** The same for the log, without waiting: as of the last `leakIndex` or `leaks`. */
  knownIndexes(): readonly LeakIndex[]
  /** Names of secrets that this text would give away, alone or with what the run has sent before. None: it is noted as sent. */
  leaks(tenant: Tenant, run: string, text: string): Promise<readonly string[]>
}

export interface LeakParts {
  readonly database: Database
  readonly load: (tenant: Tenant, handle: Handle) => Promise<NamedSecret[]>
  readonly build: (secrets: readonly NamedSecret[]) => LeakIndex
}

/** Runs whose traces are kept in memory; the others are read again from the table. */
const runsInMemory = 500

/** The watch over what `load` yields. */
export function leakWatch({ database, load, build }: LeakParts): Leaks {
  const known = new Map<Tenant, { stamp: string; index: LeakIndex }>()
  // Before a tenant's secrets were read, what lies outside the vault is guarded already.
  const bare = build([])
  const traces = new Map<string, Seen>()
  const indexAt = async (tenant: Tenant, stamp: string): Promise<LeakIndex> => {
    const current = known.get(tenant)
    if (current?.stamp === stamp) return current.index
    // A change between the two queries leaves an index newer than its stamp: it is made once more, never too seldom.
    const index = build(await load(tenant, database.as(tenant)))
    known.set(tenant, { stamp, index })
    return index
  }
  const stampOf = (tenant: Tenant) => secretsStamp(tenant, database.as(tenant))
  return {
    leakIndex: async (tenant) => indexAt(tenant, await stampOf(tenant)),
    knownIndexes: () => (known.size === 0 ? [bare] : [...known.values()].map(({ index }) => index)),
    async leaks(tenant, run, text) {
      const key = `${tenant} ${run}`
      const inMemory = traces.get(key)
      const stored =
        inMemory === undefined
          ? await loadSeen(tenant, database.as(tenant), run)
          : { seen: inMemory, stamp: await stampOf(tenant) }
      const index = await indexAt(tenant, stored.stamp)
      // Read once more, and written before anything is waited for: two calls of a run may come at once.
      const before = traces.get(key) ?? stored.seen
      const { leaks, seen } = scan(text, index, before)
      if (leaks.length > 0) return leaks
      traces.delete(key)
      traces.set(key, seen)
      const oldest = traces.keys().next().value
      if (traces.size > runsInMemory && oldest !== undefined) traces.delete(oldest)
      if (JSON.stringify(seen) !== JSON.stringify(before))
        await saveSeen(tenant, database.as(tenant), run, seen)
      return []
    },
  }
}

/** The port that the gate asks before anything leaves. */
export function createLeakScan(vault: Leaks) {
  return (tenant: Tenant, run: string, text: string) => vault.leaks(tenant, run, text)
}
