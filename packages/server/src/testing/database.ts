/** A migrated database of its own for a test file, cloned from the template of the run's throw-away cluster. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type Database, homeTenant, openDatabase, type Tenant } from '../database/index.ts'
import { databaseRightsSql } from '../database/roles.ts'

export interface TestDatabase {
  readonly database: Database
  /** As the serving role `castellan_app`. */
  readonly url: string
  /** As the owning role `castellan_migrate`. */
  readonly migrateUrl: string
  /** As `castellan_api`, GraphQL's authenticator. */
  readonly apiUrl: string
  /** As `castellan_data`, who owns schema app. */
  readonly dataUrl: string
  readonly tenant: Tenant
  /** A new connection that may do everything; ended by `close`. */
  superuser(): Promise<pg.Client>
  close(): Promise<void>
}

/** Makes the database. Call `close` in `afterAll`. */
export async function testDatabase(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  const cluster = inject('castellanCluster')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asSuperuser(cluster.superuserUrl, async (admin) => {
    await admin.query(`create database ${name} template castellan owner castellan_migrate strategy file_copy`)
    // Rights on a database are not copied from its template.
    for (const sql of databaseRightsSql(name)) await admin.query(sql)
  })
  const url = named(cluster.appUrl, name)
  const database = openDatabase(url, { size: options.poolSize ?? 6 })
  const superusers: pg.Client[] = []
  return {
    database,
    url,
    migrateUrl: named(cluster.migrateUrl, name),
    apiUrl: named(cluster.apiUrl, name),
    dataUrl: named(cluster.dataUrl, name),
    tenant: homeTenant,
    async superuser() {
      const client = new pg.Client({ connectionString: named(cluster.superuserUrl, name) })
      await client.connect()
      superusers.push(client)
      return client
    },
    async close() {
      await Promise.all(superusers.map((client) => client.end()))
      await database.close()
      await asSuperuser(cluster.superuserUrl, (admin) => admin.query(`drop database ${name} with (force)`))
    },
  }
}

function named(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

async function asSuperuser(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
