/** The PostgreSQL of an instance, ready to serve: the embedded one or that of DATABASE_URL, brought to this version's form. */
import { CastellanError } from '@castellan/contracts'
import type { BootValues } from '../../configuration/index.ts'
import { migrate } from '../../database/migrate.ts'
import type { RoleName, RolePasswords } from '../../database/roles.ts'
import { startEmbeddedPostgres } from './embedded.ts'

/** A PostgreSQL that serves. */
export interface Postgres {
  /** As the serving role; the same for as long as it runs. */
  readonly appUrl: string
  /** As `castellan_api`, which may do nothing until it becomes a role of data: GraphQL's worker alone. */
  readonly apiUrl: string
  /** As `castellan_data`, which owns the owner's tables: the short-lived child of `db apply` alone. */
  readonly dataUrl: string
  /** Whether it runs as our child and stops with us. */
  readonly embedded: boolean
  /** Process numbers of the embedded one, the postmaster first; empty for a foreign one. */
  pids(): number[]
  stop(): Promise<void>
}

/** Starts or reaches it, and migrates. Rejects with `CastellanError` in words; nothing is left running then. */
export async function startPostgres(
  directory: string,
  boot: BootValues,
  onProgress: (words: string) => void = () => {},
): Promise<Postgres> {
  const passwords = rolePasswords(boot)
  if (boot.DATABASE_URL !== null) return reachForeign(boot.DATABASE_URL, passwords, onProgress)
  const cluster = await startEmbeddedPostgres({ directory, passwords, onProgress })
  const appUrl = cluster.urlFor('castellan_app')
  try {
    await migrate({ appUrl, migrateUrl: cluster.urlFor('castellan_migrate'), onProgress })
  } catch (error) {
    await cluster.stop()
    throw error
  }
  const [apiUrl, dataUrl] = [cluster.urlFor('castellan_api'), cluster.urlFor('castellan_data')]
  return { appUrl, apiUrl, dataUrl, embedded: true, pids: () => [cluster.pid], stop: () => cluster.stop() }
}

async function reachForeign(
  adminUrl: string,
  passwords: RolePasswords,
  onProgress: (words: string) => void,
): Promise<Postgres> {
  const appUrl = as(adminUrl, 'castellan_app', passwords)
  const migrateUrl = as(adminUrl, 'castellan_migrate', passwords)
  await migrate({ appUrl, migrateUrl, bootstrap: { adminUrl, passwords }, onProgress })
  const apiUrl = as(adminUrl, 'castellan_api', passwords)
  const dataUrl = as(adminUrl, 'castellan_data', passwords)
  return { appUrl, apiUrl, dataUrl, embedded: false, pids: () => [], stop: async () => {} }
}

/** The same database as another role. */
function as(url: string, role: RoleName, passwords: RolePasswords): string {
  const changed = new URL(url)
  changed.username = role
  changed.password = encodeURIComponent(passwords[role])
  return changed.href
}

function rolePasswords(boot: BootValues): RolePasswords {
  const set = (password: string | null): string => {
    if (password !== null) return password
    throw new CastellanError('bad_configuration', 'a role password is missing from .env.secrets')
  }
  return {
    castellan_app: set(boot.CASTELLAN_APP_PASSWORD),
    castellan_migrate: set(boot.CASTELLAN_MIGRATE_PASSWORD),
    castellan_api: set(boot.CASTELLAN_API_PASSWORD),
    castellan_data: set(boot.CASTELLAN_DATA_PASSWORD),
  }
}
