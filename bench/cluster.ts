/** A PostgreSQL of the bench's own with the product's binaries and settings, durable as they are: what floors stand on. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { databaseAccount } from '../packages/server/src/adapters/postgres/account.ts'
import { findBinaries } from '../packages/server/src/adapters/postgres/binaries.ts'
import { startEmbeddedPostgres } from '../packages/server/src/adapters/postgres/index.ts'
import { launch } from '../packages/server/src/adapters/postgres/launch.ts'
import { socketHome } from '../packages/server/src/adapters/postgres/place.ts'
import { stopPostmaster } from '../packages/server/src/adapters/postgres/postmaster.ts'
import { migrate } from '../packages/server/src/database/migrate.ts'

const passwords = {
  castellan_migrate: 'migrate-bench',
  castellan_app: 'app-bench',
  castellan_api: 'api-bench',
  castellan_data: 'data-bench',
}

export interface Cluster {
  readonly pid: number
  /** A database of this name, as the superuser; made when it is not there. */
  superuser(name: string): Promise<string>
  /** The product's database with its tables, as the serving role. */
  migrated(): Promise<string>
  /** Stops it and starts it again with nothing around; in seconds. */
  restart(): Promise<number>
  close(): Promise<void>
}

/** Makes a cluster and starts it; `seconds` is how long both took together. */
export async function makeCluster(): Promise<Cluster & { readonly seconds: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'castellan-bench-'))
  // As root, PostgreSQL runs as another user, who must get through.
  await chmod(directory, 0o711)
  const began = performance.now()
  const first = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    passwords,
    unsafeSuperuserPassword: 'superuser-bench',
  })
  const seconds = (performance.now() - began) / 1000
  const { home } = first
  const data = join(home, 'data')
  const account = await databaseAccount(data)
  const spec = { passwords, account, binaries: await findBinaries(account) }
  let pid = first.pid
  let restarted = false
  return {
    seconds,
    get pid() {
      return pid
    },
    async superuser(name) {
      const admin = new pg.Client({ connectionString: first.urlFor('postgres', 'postgres') })
      await admin.connect()
      await admin.query(`create database ${name}`).catch(() => {})
      await admin.end()
      return first.urlFor('postgres', name)
    },
    async migrated() {
      const appUrl = first.urlFor('castellan_app')
      await migrate({ appUrl, migrateUrl: first.urlFor('castellan_migrate') })
      return appUrl
    },
    async restart() {
      // The product's supervisor would start it again by itself.
      if (restarted) await stopPostmaster(pid)
      else await first.stop()
      restarted = true
      const socket = await socketHome(home, account)
      const since = performance.now()
      pid = (await launch(home, data, socket, spec)).pid
      return (performance.now() - since) / 1000
    },
    async close() {
      if (restarted) await stopPostmaster(pid)
      else await first.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
