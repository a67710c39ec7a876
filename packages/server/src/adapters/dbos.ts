/**
 * DBOS Transact over our own pool. One process holds the executor id `server`, guarded by the instance's lock, so what it
 * finds pending at launch is its own from before a crash and is recovered at once.
 */
import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Pool } from 'pg'

export interface DbosOptions {
  readonly url: string
  readonly pool: Pool
  /** Ours; raised only when a workflow's code path changes. */
  readonly version: string
  readonly log: { debug(message: string): void; warn(message: string): void; error(message: string): void }
}

/** Launches DBOS; workflows must be registered before. Rejects when its schema is missing or too old. */
export async function launchDbos(options: DbosOptions): Promise<void> {
  const { log } = options
  DBOS.setConfig({
    name: 'castellan',
    systemDatabaseUrl: options.url,
    systemDatabasePool: options.pool,
    systemDatabaseSchemaName: 'dbos',
    executorID: 'server',
    applicationVersion: options.version,
    // The serving role cannot run DDL; the migrating child has made the schema.
    runMigrations: false,
    tracingEnabled: false,
    logger: {
      // DBOS tells much on info that only its own developers need.
      info: (entry) => log.debug(String(entry)),
      debug: (entry) => log.debug(String(entry)),
      // At every stop it warns of the turns it leaves; that they stay pending is what we want.
      warn: (entry) =>
        String(entry).startsWith('Shutting down while') ? log.debug(String(entry)) : log.warn(String(entry)),
      error: (entry) => log.error(entry instanceof Error ? (entry.stack ?? entry.message) : String(entry)),
    },
  })
  await DBOS.launch()
}

/** Stops taking work. Turns in progress stay pending and go on at the next start. */
export async function stopDbos(): Promise<void> {
  await DBOS.shutdown()
}
