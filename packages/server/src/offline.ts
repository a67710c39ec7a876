/**
 * A second, smaller composition root: the ledger and the vault of an instance that does not run. It starts the database,
 * holds the instance meanwhile, and stops again.
 */
import { join } from 'node:path'
import type { ProofsReset } from '@castellan/contracts'
import { startPostgres } from './adapters/postgres/index.ts'
import { raise } from './alerts/index.ts'
import type { OwnersData } from './data/index.ts'
import { type Database, homeTenant, openDatabase, type Tenant } from './database/index.ts'
import { forgetOwnersProofs } from './factors/index.ts'
import { defaultLimits, makeSessions } from './identity/index.ts'
import { changedKeyBase, holdInstance, openInstance } from './instance/index.ts'
import { type Ledger, openLedger } from './ledger/index.ts'
import { recorder } from './record.ts'
import { openTables } from './tables.ts'
import { deriveKey, kindOf, openVault, type Vault } from './vault/index.ts'

export interface Stopped {
  readonly tenant: Tenant
  readonly ledger: Ledger
  readonly vault: Vault
  readonly data: OwnersData
  setSecret(name: string, value: string): Promise<void>
  /** Takes every proof of the owner of the house away, who lost them all, and signs them out everywhere. */
  resetOwnersProofs(): Promise<ProofsReset>
}

/** Does `work` with a stopped instance. Rejects with `already_running` when it runs. */
export async function withStoppedInstance<T>(
  directory: string,
  tell: (words: string) => void,
  work: (stopped: Stopped) => Promise<T>,
): Promise<T> {
  const instance = await openInstance(directory)
  const hold = await holdInstance(instance)
  try {
    const { boot } = instance.configuration
    const postgres = await startPostgres(instance.paths.postgres, boot, tell)
    const database = openDatabase(postgres.appUrl, { size: 2 })
    try {
      const secretKeyBase = boot.SECRET_KEY_BASE ?? ''
      const vault = openVault({ database, secretKeyBase })
      const checked = await vault.check(homeTenant)
      if (!checked.ok && checked.keyChanged) throw changedKeyBase()
      const ledger = openLedger({
        database,
        checkpointFile: join(instance.directory, 'ledger-checkpoints.jsonl'),
        signingSeed: deriveKey(secretKeyBase, 'ledger-checkpoint'),
      })
      const setSecret = (name: string, value: string) => vault.set(homeTenant, name, kindOf(name), value)
      const data = openTables({ directory: instance.directory, postgres, database, tenant: homeTenant })
      const resetOwnersProofs = () => resetOwner(database, vault)
      return await work({ tenant: homeTenant, ledger, vault, data, setSecret, resetOwnersProofs })
    } finally {
      await database.close()
      await postgres.stop()
    }
  } finally {
    await hold.release()
  }
}

function resetOwner(database: Database, vault: Vault): Promise<ProofsReset> {
  const { factor, identity } = recorder(homeTenant)
  const sessions = makeSessions({
    ...{ database, tenant: homeTenant, record: identity, now: Date.now },
    limits: () => defaultLimits,
    // Forgotten with the proofs.
    secondStep: { forget: async () => {} },
  })
  return forgetOwnersProofs({
    ...{ database, tenant: homeTenant, vault, raise },
    record: (handle, tenant, { kind, ...facts }) =>
      factor(handle, tenant, `identity.${kind}`, facts, 'owner'),
    endSessions: (transaction, who) =>
      sessions.endAll(transaction, who, { why: 'proofs_reset', by: 'owner' }),
  })
}
