/**
 * Bringing schema app up to date over one connection as `castellan_data`: pending files, then all permissions anew, in one
 * transaction. Whatever is wrong, nothing is changed.
 */
import type { AppliedData, DataFinding } from '@castellan/contracts'
import pg from 'pg'
import { quoteIdentifier as quoted } from '../database/roles.ts'
import { readCatalog } from './catalog.ts'
import { clearingQueries, compile } from './compile.ts'
import { judge } from './judge.ts'
import { lintMigration } from './lint.ts'
import type { MigrationFile, Order } from './order.ts'
import { readPermissions } from './permissions.ts'
import { readRules } from './rules.ts'
import { difference, takeSnapshot, versionOf } from './snapshot.ts'
import { lineAt, splitStatements } from './sql.ts'

/** Thrown inside the transaction to undo it; carries what is wrong. */
class Stopped extends Error {
  readonly problems: readonly DataFinding[]

  constructor(problems: readonly DataFinding[]) {
    super('stopped')
    this.problems = problems
  }
}

/** Does what the order says. Rejects only where PostgreSQL fails for a reason that is not the owner's. */
export async function applyOrder(client: pg.Client, order: Order): Promise<AppliedData> {
  const done = { dry_run: order.dryRun, ok: true, problems: [] }
  await client.query('begin')
  try {
    const result = await inTransaction(client, order)
    await client.query(order.dryRun ? 'rollback' : 'commit')
    return { ...done, ...result }
  } catch (error) {
    await client.query('rollback')
    if (!(error instanceof Stopped)) throw error
    return { ...done, ok: false, problems: [...error.problems], migrations: [], changes: [], version: null }
  }
}

const settings = [
  `set local lock_timeout = '5s'`,
  `set local statement_timeout = '60s'`,
  'set local search_path = pg_catalog',
]

async function inTransaction(client: pg.Client, order: Order) {
  for (const sql of [...settings, ...ownTables]) await client.query(sql)
  const read = readPermissions(order.permissions)
  if ('problems' in read) throw new Stopped(read.problems)
  const before = await takeSnapshot(client)
  const pending = order.migrate ? await pendingFiles(client, order.files) : []
  if (pending.length > 0) await runFiles(client, pending)
  const catalog = await readCatalog(client)
  const { rules, problems } = readRules(read.value, catalog)
  const found = [...problems, ...(problems.length > 0 ? [] : judge(catalog, read.value, rules))]
  if (found.length > 0) throw new Stopped(unique(read.place(found)))
  for (const query of clearingQueries) {
    const { rows } = await client.query<{ sql: string }>(query)
    for (const { sql } of rows) await client.query(sql)
  }
  for (const sql of compile(catalog, read.value, rules)) await client.query(sql)
  const after = await takeSnapshot(client)
  return {
    migrations: pending.map((file) => file.name),
    changes: difference(before, after).filter((line) => !/^. function app_rules\./.test(line)),
    version: await remember(client, order.permissions, after),
  }
}

function unique(problems: readonly DataFinding[]): DataFinding[] {
  return [...new Map(problems.map((each) => [`${each.line} ${each.message}`, each])).values()]
}

const ownTables = [
  `create table if not exists app_rules.app_migrations
    (name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`,
  `create table if not exists app_rules.state (one boolean primary key default true check (one), version text not null,
    permissions text not null, snapshot text[] not null, applied_at timestamptz not null default clock_timestamp())`,
]

async function pendingFiles(client: pg.Client, files: readonly MigrationFile[]): Promise<MigrationFile[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from app_rules.app_migrations order by name',
  )
  const applied = new Map(rows.map((row) => [row.name, row.sha256]))
  const last = rows.at(-1)?.name ?? ''
  const at = (name: string, message: string): DataFinding => ({
    file: `db/migrations/${name}`,
    line: null,
    message,
  })
  const pending = files.filter((file) => !applied.has(file.name))
  const problems = [
    ...files.flatMap((file) =>
      (applied.get(file.name) ?? file.sha256) === file.sha256
        ? []
        : [
            at(
              file.name,
              'was edited after it was applied; restore it as it was and put the change into a new file',
            ),
          ],
    ),
    ...rows.flatMap(({ name }) =>
      files.some((file) => file.name === name)
        ? []
        : [at(name, 'was applied and is gone; put it back, or the database cannot be made again')],
    ),
    ...pending.flatMap((file) =>
      file.name < last
        ? [at(file.name, `comes before ${last}, which was applied; give it a higher number`)]
        : [],
    ),
    ...pending.flatMap((file) => lintMigration(`db/migrations/${file.name}`, file.sql)),
  ]
  if (problems.length > 0) throw new Stopped(problems)
  return pending
}

/** A backfill has to reach every tenant's rows: until the permissions are compiled, the owner of the tables is not held by them. */
async function runFiles(client: pg.Client, files: readonly MigrationFile[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'`,
  )
  for (const { name } of rows) {
    await client.query(`alter table app.${quoted(name)} no force row level security`)
  }
  for (const file of files) {
    await client.query('set local search_path = app')
    await runFile(client, file)
    await client.query('insert into app_rules.app_migrations (name, sha256) values ($1, $2)', [
      file.name,
      file.sha256,
    ])
  }
  // Checks that wait for the end would keep the tables from being changed; and code of the owner's may have set anything.
  await client.query('set constraints all immediate')
  for (const sql of ['reset all', ...settings]) await client.query(sql)
}

async function runFile(client: pg.Client, { name, sql }: MigrationFile): Promise<void> {
  for (const statement of splitStatements(sql)) {
    try {
      // PostgreSQL takes exactly one statement this way: a file cannot end our transaction, however it is written.
      await client.query({ text: statement.text, queryMode: 'extended' } as pg.QueryConfig)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error
      const position = Number(error.position ?? 0)
      const line = position > 0 ? lineAt(sql, statement.at + position - 1) : statement.line
      throw new Stopped([{ file: `db/migrations/${name}`, line, message: worded(error) }])
    }
  }
}

function worded(error: pg.DatabaseError): string {
  // 55P03: lock_not_available, 57014: query_canceled
  if (error.code === '55P03') return 'a table is in use and was not given up within 5 seconds; try again'
  if (error.code === '57014') return 'the statement took longer than 60 seconds'
  return error.message
}

async function remember(
  client: pg.Client,
  permissions: string,
  snapshot: readonly string[],
): Promise<string> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from app_rules.app_migrations order by name',
  )
  const version = versionOf([...rows.map((row) => `${row.name} ${row.sha256}`), permissions, ...snapshot])
  await client.query(
    `insert into app_rules.state (version, permissions, snapshot) values ($1, $2, $3)
     on conflict (one) do update set version = $1, permissions = $2, snapshot = $3, applied_at = clock_timestamp()`,
    [version, permissions, snapshot],
  )
  return version
}
