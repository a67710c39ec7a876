/**
 * The short-lived process that owns the tables while it lives. Reads one JSON document on stdin, makes what is missing,
 * answers with one JSON line on stdout. Started by migrate.ts only.
 */
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import * as z from 'zod'
import { dbosVersion, loadMigrations, type Migration } from './migrate.ts'
import {
  createRoleSql,
  databaseRightsSql,
  dataRolesSql,
  dataSchemasSql,
  isPreparedSql,
  type RoleName,
  roleNames,
} from './roles.ts'

const Order = z.object({
  migrateUrl: z.string(),
  directory: z.string().optional(),
  bootstrap: z
    .object({ adminUrl: z.string(), passwords: z.record(z.enum(roleNames), z.string()) })
    .optional(),
})

/** Two starts at once must not both migrate; any constant does. */
const lockKey = '7310868172049114473'

async function main(): Promise<void> {
  const order = Order.parse(JSON.parse(await text(process.stdin)))
  if (order.bootstrap !== undefined) await bootstrap(order.bootstrap.adminUrl, order.bootstrap.passwords)
  const client = await connect(order.migrateUrl, 'castellan_migrate')
  try {
    await lock(client)
    const applied = await applyFiles(client, await loadMigrations(order.directory))
    const dbos = await migrateDbos(client, order.migrateUrl)
    answer({ applied: [...applied, ...dbos] })
  } finally {
    await client.end()
  }
}

/** Polls, because a waiting `pg_advisory_lock` holds a snapshot for which DBOS's concurrent index builds would wait. */
async function lock(client: pg.Client): Promise<void> {
  const attempt = `select pg_try_advisory_lock(${lockKey}) as taken`
  for (const deadline = Date.now() + 120_000; ; await wait(50)) {
    const { rows } = await client.query<{ taken: boolean }>(attempt)
    if (rows[0]?.taken === true) return
    if (Date.now() > deadline) {
      throw new CastellanError(
        'database_unavailable',
        'another castellan has been preparing the database for two minutes',
        {
          hint: 'wait for it, or stop it, then start again',
        },
      )
    }
  }
}

/** Makes the roles a foreign PostgreSQL lacks, where the account of DATABASE_URL may. */
async function bootstrap(adminUrl: string, passwords: Record<RoleName, string>): Promise<void> {
  const client = await connect(adminUrl, 'the account of DATABASE_URL')
  try {
    const version = await client.query<{ server_version_num: string }>('show server_version_num')
    if (Number(version.rows[0]?.server_version_num) < 150_000) {
      throw new CastellanError('bad_configuration', 'DATABASE_URL names a postgresql older than 15')
    }
    const found = await client.query<{ prepared: boolean }>(isPreparedSql)
    if (found.rows[0]?.prepared === true) return
    const { rows } = await client.query<{ rolname: string }>(
      'select rolname from pg_roles where rolname = any($1)',
      [[...roleNames]],
    )
    const missing = roleNames.filter((role) => !rows.some((row) => row.rolname === role))
    const database = await client.query<{ name: string }>('select current_database() as name')
    for (const role of missing) await client.query(createRoleSql(role, passwords[role]))
    for (const sql of databaseRightsSql(database.rows[0]?.name ?? '')) await client.query(sql)
    for (const sql of dataRolesSql()) await client.query(sql)
    // Whoever makes a schema for another role must be able to become it; only for this moment.
    await client.query('grant castellan_data to current_user')
    for (const sql of dataSchemasSql()) await client.query(sql)
    await client.query('revoke castellan_data from current_user')
  } catch (error) {
    // 42501: insufficient_privilege
    if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error
    throw new CastellanError('bad_configuration', 'the account of DATABASE_URL may not make roles', {
      hint: `give it CREATEROLE and the database for the next start, or make the roles ${roleNames.join(', ')} by hand as docs/guide/data.md shows`,
    })
  } finally {
    await client.end()
  }
}

async function connect(url: string, who: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'castellan migrate' })
  try {
    await client.connect()
    return client
  } catch (error) {
    throw unreachable(error, who)
  }
}

function unreachable(error: unknown, who: string): CastellanError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === '28P01' || code === '28000') {
    return new CastellanError(
      'bad_configuration',
      `postgresql does not let ${who} in: wrong password or no such role`,
      {
        hint: 'compare the role passwords in .env.secrets with those in the database',
      },
    )
  }
  if (code === '3D000') {
    return new CastellanError('bad_configuration', 'the database that DATABASE_URL names does not exist', {
      hint: 'make it first, for example with createdb',
    })
  }
  return new CastellanError(
    'database_unavailable',
    `postgresql cannot be reached: ${String(code ?? error)}`,
    {
      hint: 'check the host and port in DATABASE_URL, and that postgresql is running',
    },
  )
}

async function applyFiles(client: pg.Client, files: readonly Migration[]): Promise<string[]> {
  await client.query('create schema if not exists castellan_migrations')
  await client.query(`create table if not exists castellan_migrations.applied
    (name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`)
  await client.query('grant usage on schema castellan_migrations to castellan_app')
  await client.query('grant select on castellan_migrations.applied to castellan_app')
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from castellan_migrations.applied order by name',
  )
  const applied = new Map(rows.map((row) => [row.name, row.sha256]))
  refuseSurprises(files, applied)
  const pending = files.filter((file) => !applied.has(file.name))
  for (const file of pending) await applyFile(client, file)
  return pending.map((file) => file.name)
}

function refuseSurprises(files: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const edited = files.find((file) => applied.has(file.name) && applied.get(file.name) !== file.sha256)
  if (edited !== undefined) {
    throw new CastellanError(
      'bad_configuration',
      `migration ${edited.name} was edited after it was applied`,
      {
        hint: 'restore the file as it was and put the change into a new one',
      },
    )
  }
  const unknown = [...applied.keys()].find(
    (name) => !name.startsWith('dbos ') && !files.some((file) => file.name === name),
  )
  if (unknown !== undefined) {
    throw new CastellanError(
      'bad_configuration',
      `the database is newer than this castellan (it has ${unknown})`,
      {
        hint: 'start it with the newer castellan',
      },
    )
  }
}

async function applyFile(client: pg.Client, file: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(file.sql)
    await client.query('insert into castellan_migrations.applied (name, sha256) values ($1, $2)', [
      file.name,
      file.sha256,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const reason = error instanceof Error ? error.message : String(error)
    throw new CastellanError('bad_configuration', `migration ${file.name} failed and was undone: ${reason}`)
  }
}

/** DBOS keeps its own version; its code is loaded only when ours says that it has not run yet. */
async function migrateDbos(client: pg.Client, url: string): Promise<string[]> {
  const name = dbosVersion()
  const done = await client.query('select 1 from castellan_migrations.applied where name = $1', [name])
  if (done.rowCount !== 0) return []
  const { DBOS } = await import('@dbos-inc/dbos-sdk')
  await DBOS.migrate(url, { schemaName: 'dbos', applicationRole: 'castellan_app' })
  await client.query('insert into castellan_migrations.applied (name, sha256) values ($1, $2)', [name, ''])
  return [name]
}

function answer(value: unknown): void {
  process.stdout.write(`\n${JSON.stringify(value)}\n`)
}

try {
  await main()
} catch (error) {
  const known = error instanceof CastellanError
  if (!known) console.error(error)
  else answer({ code: error.code, message: error.message, hint: error.hint })
  process.exitCode = 1
}
