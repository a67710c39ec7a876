/** Tables of the owner's for tests: applied as the child applies them, asked as GraphQL's worker asks. */
import type { AppliedData } from '@castellan/contracts'
import pg from 'pg'
import { applyOrder } from '../data/apply.ts'
import { sha256 } from '../data/files.ts'
import { type DataClaims, settingsOf } from '../database/claims.ts'
import type { TestDatabase } from './database.ts'

export interface DataFiles {
  /** By file name. */
  readonly migrations: Readonly<Record<string, string>>
  readonly permissions: string
  readonly dryRun?: boolean
}

/** Runs the order in this process, over a connection of `castellan_data`. */
export async function applyData(db: Pick<TestDatabase, 'dataUrl'>, files: DataFiles): Promise<AppliedData> {
  const client = new pg.Client({ connectionString: db.dataUrl })
  await client.connect()
  try {
    return await applyOrder(client, {
      url: db.dataUrl,
      files: Object.entries(files.migrations).map(([name, sql]) => ({ name, sql, sha256: sha256(sql) })),
      permissions: files.permissions,
      dryRun: files.dryRun ?? false,
      migrate: true,
    })
  } finally {
    await client.end()
  }
}

/** One caller's transaction on a connection of `castellan_api`. Undone where `work` rejects. */
export async function asCaller<T>(
  client: pg.Client,
  claims: DataClaims,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const settings = Object.entries(settingsOf(claims))
  const calls = settings.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`)
  await client.query('begin')
  try {
    await client.query(`select ${calls.join(', ')}`, settings.flat())
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
