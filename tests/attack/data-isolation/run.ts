/** Runs operations in PostgreSQL as GraphQL's worker does, and holds what comes back against what was foretold. */
import pg from 'pg'
import { type DataClaims, settingsOf } from '../../../packages/server/src/database/claims.ts'
import { applyData } from '../../../packages/server/src/testing/data.ts'
import type { TestDatabase } from '../../../packages/server/src/testing/database.ts'
import { type Claims, type Failure, Model, type Operation, type Where } from './model.ts'
import { foretell } from './outcome.ts'
import {
  columns,
  migrationOf,
  permissionsOf,
  type Row,
  type Rows,
  tenants,
  users,
  type World,
} from './world.ts'

/** A database that worlds are made in one after the other. */
export interface Ground {
  readonly db: TestDatabase
  /** As `castellan_api`. */
  readonly api: pg.Client
  /** Sows and looks; never asks for a caller. */
  readonly admin: pg.Client
  /** As `castellan_data`, who owns the tables and is held by them all the same. */
  readonly owner: pg.Client
  /** How often each outcome came up. */
  readonly tally: Map<string, number>
  /** Undoes a defence, for the proof that the proof sees it. */
  readonly sabotage?: string
}

const names = ['t0', 't1', 't2'] as const

/** Applies a world; what the house refuses is taken out, by the lines that it names. Gives back what is left. */
export async function settle({ db, admin, sabotage }: Ground, drawn: World): Promise<World> {
  await admin.query(`drop table if exists ${names.map((name) => `app.${name}`).join(', ')} cascade`)
  await admin.query(`do $$ begin if to_regclass('app_rules.app_migrations') is not null then
    delete from app_rules.app_migrations; end if; end $$`)
  let world = drawn
  for (;;) {
    const { text, at } = permissionsOf(world)
    const done = await applyData(db, {
      migrations: { '0001_world.sql': migrationOf(world) },
      permissions: text,
    })
    if (done.ok) break
    const refused = done.problems.flatMap(({ line }) => at.get(line ?? 0) ?? [])
    if (refused.length === 0) throw new Error(`${JSON.stringify(done.problems)}\n${text}`)
    world = lessOf(
      world,
      done.problems.map(({ line }) => at.get(line ?? 0)),
    )
  }
  if (sabotage !== undefined) await admin.query(sabotage)
  return world
}

function lessOf(world: World, gone: readonly (readonly [string, string, string] | undefined)[]): World {
  const isGone = (table: string, command: string, role: string) =>
    gone.some((each) => each?.[0] === table && each[1] === command && each[2] === role)
  const tables = world.tables.map((table) => {
    const permissions = Object.entries(table.permissions).map(([command, byRole]) => [
      command,
      Object.fromEntries(Object.entries(byRole).filter(([role]) => !isGone(table.name, command, role))),
    ])
    return { ...table, permissions: Object.fromEntries(permissions) }
  })
  return { tables }
}

/** Puts exactly these rows into the tables. */
export async function plant({ admin }: Ground, rows: Rows): Promise<void> {
  const values = names.flatMap((name) => {
    const each = (rows[name] ?? []).map(
      (row) => `(${columns.map((column) => sqlOf(row[column])).join(', ')})`,
    )
    return each.length === 0
      ? []
      : [`insert into app.${name} (${columns.join(', ')}) values ${each.join(', ')}`]
  })
  await admin.query(
    [
      'begin',
      'set local session_replication_role = replica',
      `truncate ${names.map((name) => `app.${name}`).join(', ')}`,
      ...values,
      'commit',
    ].join(';\n'),
  )
}

/** Whoever owns the tables sees no row of them. */
export async function refuseOwner({ owner }: Ground): Promise<void> {
  for (const name of names) {
    const { rowCount } = await owner.query(`select from app.${name}`)
    if (rowCount !== 0) throw new Error(`the owner of ${name} sees ${rowCount} rows`)
  }
}

async function stored({ admin }: Ground, known: ReadonlySet<string>): Promise<string> {
  const { rows } = await admin.query<{ name: string; row: Row }>(
    names
      .map((name) => `select '${name}' as name, to_jsonb(x) as row from app.${name} x`)
      .join(' union all '),
  )
  return picture(
    Object.groupBy(rows, ({ name }) => name),
    known,
    ({ row }) => row,
  )
}

/** All rows as one text, in an order of their own; ids that PostgreSQL made count as new. */
function picture<T>(
  byTable: Partial<Record<string, readonly T[]>>,
  known: ReadonlySet<string>,
  rowOf: (each: T) => Row,
): string {
  const lines = names.flatMap((name) =>
    (byTable[name] ?? []).map((each) => {
      const row = rowOf(each)
      return JSON.stringify([
        name,
        known.has(row.id) ? row.id : 'new',
        ...columns.slice(1).map((column) => row[column]),
      ])
    }),
  )
  return lines.sort().join('\n')
}

/** One caller's operation: what PostgreSQL does must be what the model foretells. Throws what differs. */
export async function compare(
  ground: Ground,
  world: World,
  rows: Rows,
  claims: Claims,
  operation: Operation,
): Promise<Rows> {
  const ids = Object.values(rows).flatMap((some) => some.map((row) => row.id))
  const known = new Set(ids.filter((id) => !id.startsWith('new')))
  const due = foretell(new Model(world, rows, claims), operation)
  const sql = statementOf(operation, world)
  const told = await ask(ground.api, claims, sql)
  const about = () => `${JSON.stringify(claims)}\n${sql}\n`
  if ('error' in told) {
    const kind = failureOf(told.error)
    if (!('failures' in due) || kind === undefined || !due.failures.has(kind)) {
      throw new Error(`${about()}fails: ${told.error.message}\nforetold: ${describe(due)}`)
    }
    refuseTelltale(told.error, sql, known, claims)
  } else {
    if ('failures' in due) throw new Error(`${about()}should fail: ${[...due.failures]}`)
    const [got, wanted] = [shown(told.rows, known), shown(due.rows, known)]
    if (got !== wanted) throw new Error(`${about()}gives:\n${got}\nforetold:\n${wanted}`)
  }
  note(ground.tally, operation.do, due)
  const after = 'failures' in due ? rows : due.after
  const [is, should] = [await stored(ground, known), picture(after, known, (row) => row)]
  if (is !== should) throw new Error(`${about()}leaves:\n${is}\nforetold:\n${should}`)
  return after
}

function note(tally: Map<string, number>, what: string, due: ReturnType<typeof foretell>): void {
  const came = 'failures' in due ? [...due.failures].join(' or ') : due.rows.length > 0 ? 'rows' : 'nothing'
  tally.set(`${what}: ${came}`, (tally.get(`${what}: ${came}`) ?? 0) + 1)
}

function describe(due: ReturnType<typeof foretell>): string {
  return 'failures' in due ? [...due.failures].join(' or ') : JSON.stringify(due.rows)
}

function shown(rows: readonly (readonly unknown[])[], known: ReadonlySet<string>): string {
  const cell = (value: unknown) =>
    typeof value === 'string' &&
    /^[0-9a-f]{8}-|^new /.test(value) &&
    !known.has(value) &&
    !tenants.includes(value) &&
    !users.includes(value)
      ? 'new'
      : value
  return rows
    .map((row) => JSON.stringify(row.map(cell)))
    .sort()
    .join('\n')
}

/** An error may name what its asker gave, and nothing else that is stored. */
function refuseTelltale(
  error: pg.DatabaseError,
  sql: string,
  known: ReadonlySet<string>,
  claims: Claims,
): void {
  const text = [error.message, error.detail, error.hint, error.where].join(' ')
  const told = [...known, ...tenants].filter(
    (value) => text.includes(value) && !sql.includes(value) && value !== claims.tenant,
  )
  if (told.length > 0) throw new Error(`${sql}\nan error tells of ${told.join(', ')}: ${text}`)
}

type Told = { readonly rows: unknown[][] } | { readonly error: pg.DatabaseError }

async function ask(api: pg.Client, claims: Claims, sql: string): Promise<Told> {
  const settings = Object.entries(settingsOf(claims satisfies DataClaims))
  const set = settings.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(', ')
  try {
    const text = `begin; select ${set}; ${sql}; commit`
    const results = (await api.query({ text, rowMode: 'array' })) as unknown as { rows: unknown[][] }[]
    return { rows: results[2]?.rows ?? [] }
  } catch (error) {
    await api.query('rollback')
    if (error instanceof pg.DatabaseError) return { error }
    throw error
  }
}

function failureOf(error: pg.DatabaseError): Failure | undefined {
  if (error.code === '42501') return /row-level security/.test(error.message) ? 'policy' : 'denied'
  if (error.code === '23505') return 'unique'
  return error.code === '23503' ? 'reference' : undefined
}

function statementOf(operation: Operation, world: World): string {
  const table = `app.${operation.table}`
  const back =
    'returning' in operation && operation.returning !== null ? ` returning ${operation.returning}` : ''
  switch (operation.do) {
    case 'select':
      return `select ${operation.columns.join(', ')} from ${table}${whereSql(operation.where)} order by ${operation.order}`
    case 'count': {
      const text = `${operation.column}::text`
      return `select count(*)::int, count(distinct ${text})::int, min(${text}), max(${text}) from ${table}${whereSql(operation.where)}`
    }
    case 'relation': {
      const target = world.tables.find((each) => each.name === operation.table)?.target
      return `select a.id, b.id from ${table} a join app.${target} b on a.link_id = b.id`
    }
    case 'insert': {
      const given = Object.entries(operation.values)
      const conflict = operation.conflict ? ' on conflict (tenant_id, n) do nothing' : ''
      return `insert into ${table} (${given.map(([name]) => name).join(', ')}) values (${given.map(([, value]) => sqlOf(value)).join(', ')})${conflict}${back}`
    }
    case 'update': {
      const given = Object.entries(operation.values).map(([name, value]) => `${name} = ${sqlOf(value)}`)
      return `update ${table} set ${given.join(', ')}${whereSql(operation.where)}${back}`
    }
    case 'delete':
      return `delete from ${table}${whereSql(operation.where)}${back}`
  }
}

function whereSql(where: Where): string {
  return where === null ? '' : ` where ${where.column} = ${sqlOf(where.value)}`
}

function sqlOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'number' ? String(value) : `'${value}'`
}
