/** Part of the composition: what everything else stands on. Socket, database, keys, log, options, ledger. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres } from './adapters/postgres/index.ts'
import { takeLease } from './adapters/postgres/lease.ts'
import { openRuntimeOptions } from './configuration/index.ts'
import { homeTenant, openDatabase } from './database/index.ts'
import { eventHub, listen } from './http/index.ts'
import { changedKeyBase, type Instance } from './instance/index.ts'
import { openLedger } from './ledger/index.ts'
import { openLimits } from './limits/index.ts'
import { createLog } from './log.ts'
import { deriveKey, openVault } from './vault/index.ts'

/** Notes what has to be ended at the stop; the last noted ends first. */
export type AtStop = (end: () => Promise<unknown> | unknown) => void

export type Foundation = Awaited<ReturnType<typeof layFoundation>>

/** Binds the socket first, so that a busy port is said before anything is started, then opens the rest. */
export async function layFoundation(
  instance: Instance,
  tell: (words: string) => void,
  onFatal: (error: Error) => void,
  atStop: AtStop,
) {
  const { configuration, paths, directory } = instance
  const { boot } = configuration
  const tenant = homeTenant
  const tls = await readTls(boot.TLS_CERT_FILE, boot.TLS_KEY_FILE)
  const host = boot.HOST === '127.0.0.1' ? 'localhost' : boot.HOST
  const listener = await listen({ host, port: boot.PORT, ...(tls === null ? {} : { tls }) })
  atStop(() => listener.stop())

  const postgres = await startPostgres(paths.postgres, boot, tell)
  atStop(() => postgres.stop())
  const lease = await takeLease(postgres.appUrl, onFatal)
  atStop(() => lease.release())
  const database = openDatabase(postgres.appUrl)
  atStop(() => database.close())
  const limits = openLimits({ pool: database.pool })

  const secretKeyBase = boot.SECRET_KEY_BASE ?? ''
  const vault = openVault({ database, secretKeyBase, guarded: guardedSecrets(boot) })
  const checked = await vault.check(tenant)
  if (!checked.ok && checked.keyChanged) throw changedKeyBase()
  // Single rows that were altered are refused where they are used; the rest of the house is not held up by them.
  if (!checked.ok) tell(`${checked.problem} ${checked.hint}`)
  await vault.leakIndex(tenant)
  const log = createLog({ level: boot.LOG_LEVEL, indexes: () => vault.knownIndexes() })
  const runtime = await openRuntimeOptions(database, tenant, configuration)
  const ledger = openLedger({
    database,
    checkpointFile: join(directory, 'ledger-checkpoints.jsonl'),
    signingSeed: deriveKey(secretKeyBase, 'ledger-checkpoint'),
  })
  atStop(() => ledger.checkpoint(tenant).catch((error) => log.warn({ error }, 'no checkpoint at stop')))
  const hub = eventHub((error) => log.error({ error }, 'an event listener failed'))
  return { tenant, tls: tls !== null, listener, postgres, database, limits, vault, log, runtime, ledger, hub }
}

async function readTls(certFile: string | null, keyFile: string | null) {
  if (certFile === null || keyFile === null) return null
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { cert, key }
}

/** Secrets that live in the cascade and must not leave either. */
function guardedSecrets(boot: Instance['configuration']['boot']): Record<string, string> {
  const names = [
    'ADMIN_PASSWORD',
    'SECRET_KEY_BASE',
    'CASTELLAN_APP_PASSWORD',
    'CASTELLAN_MIGRATE_PASSWORD',
    'CASTELLAN_API_PASSWORD',
    'CASTELLAN_DATA_PASSWORD',
    'METRICS_TOKEN',
    'SMTP_URL',
    'HASURA_JWT_KEY',
  ] as const
  return Object.fromEntries(names.flatMap((name) => (boot[name] === null ? [] : [[name, boot[name]]])))
}
