/**
 * Brings the database to the form this version needs: roles, numbered SQL files, DBOS's own schema. Owning the tables
 * is the business of a short-lived child process; the server itself only looks whether anything is pending.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import * as z from 'zod'
import { askChild } from './child.ts'
import type { RolePasswords } from './roles.ts'

/** One numbered SQL file. */
export interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

const directory = fileURLToPath(new URL('./migrations/', import.meta.url))

/** The SQL files of this version, in order. */
export async function loadMigrations(from = directory): Promise<Migration[]> {
  const names = (await readdir(from)).filter((name) => name.endsWith('.sql')).sort()
  const wrong = names.find((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name))
  if (wrong !== undefined) throw new TypeError(`${wrong}: a migration is named 0001_what.sql`)
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(from, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/** Names the version of DBOS's schema in the ledger of migrations. */
export function dbosVersion(): string {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@dbos-inc/dbos-sdk')
  const manifest: unknown = require(
    join(entry.slice(0, entry.lastIndexOf('dbos-sdk')), 'dbos-sdk/package.json'),
  )
  return `dbos ${z.object({ version: z.string() }).parse(manifest).version}`
}

export interface MigrateOptions {
  /** The database, as the role `castellan_migrate`. */
  readonly migrateUrl: string
  /** The database, as the role `castellan_app`. */
  readonly appUrl: string
  /** Given with a foreign PostgreSQL only: an account that may make the roles where they do not exist. */
  readonly bootstrap?: { readonly adminUrl: string; readonly passwords: RolePasswords }
  /** Where the SQL files lie; the shipped ones unless a test says otherwise. */
  readonly directory?: string
  readonly onProgress?: (words: string) => void
}

/** Applies what is pending and returns its names. Rejects with `CastellanError` in words, having changed nothing. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  if (await isCurrent(options)) return []
  options.onProgress?.('preparing the database')
  return runChild(options)
}

/** Whether the database is exactly of this version; seen with the serving role's rights. */
async function isCurrent(options: MigrateOptions): Promise<boolean> {
  const client = new pg.Client({ connectionString: options.appUrl })
  try {
    await client.connect()
    const { rows } = await client.query<{ name: string; sha256: string }>(
      'select name, sha256 from castellan_migrations.applied',
    )
    const applied = new Map(rows.map((row) => [row.name, row.sha256]))
    const files = await loadMigrations(options.directory)
    const known = files.filter((file) => applied.get(file.name) === file.sha256)
    return known.length === files.length && applied.has(dbosVersion()) && rows.every(isKnown(files))
  } catch {
    // No such table yet, no such role yet, no such database: the child finds out which and says so.
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

function isKnown(files: readonly Migration[]) {
  return (row: { name: string }) => row.name.startsWith('dbos ') || files.some((f) => f.name === row.name)
}

const Answer = z.union([
  z.object({ applied: z.array(z.string()) }),
  z.object({
    code: z.enum(['bad_configuration', 'database_unavailable']),
    message: z.string(),
    hint: z.string().optional(),
  }),
])

async function runChild(options: MigrateOptions): Promise<string[]> {
  const { migrateUrl, bootstrap, directory: from } = options
  const order = { migrateUrl, bootstrap, directory: from }
  const program = new URL('./migrate-child.ts', import.meta.url)
  const result = Answer.parse(await askChild(program, order, 'preparing the database failed'))
  if ('applied' in result) return result.applied
  throw new CastellanError(
    result.code,
    result.message,
    result.hint === undefined ? {} : { hint: result.hint },
  )
}
