/** Plants worlds in PostgreSQL, has operations run, and holds what comes back against what was foretold. */
import type pg from 'pg'
import { applyData } from '../../../packages/server/src/testing/data.ts'
import type { TestDatabase } from '../../../packages/server/src/testing/database.ts'
import { type Claims, Model, type Operation, type Outcome } from './model.ts'
import { foretell } from './outcome.ts'
import { type Ask, sqlOf } from './sql.ts'
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
  /** How callers ask. */
  readonly ask: Ask
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

/** One caller's operation: what comes of it must be what the model foretells. Throws what differs. */
export async function compare(
  ground: Ground,
  world: World,
  rows: Rows,
  claims: Claims,
  operation: Operation,
): Promise<Rows> {
  const ids = Object.values(rows).flatMap((some) => some.map((row) => row.id))
  const known = new Set(ids.filter((id) => !id.startsWith('new')))
  const model = new Model(world, rows, claims)
  const due = foretell(model, operation)
  const told = await ground.ask(claims, operation, world)
  const about = () => `${JSON.stringify(claims)}\n${told.asked}\n`
  if ('failures' in told) {
    const missed = 'failures' in due || touches(model, operation) ? [] : (['nothing'] as const)
    const foretold = 'failures' in due ? [...due.failures] : missed
    if (!told.failures.some((each) => foretold.some((other) => other === each))) {
      throw new Error(`${about()}fails: ${told.text}\nforetold: ${describe(due)}`)
    }
    refuseTelltale(told, known, claims)
  } else {
    if ('failures' in due) throw new Error(`${about()}should fail: ${[...due.failures]}`)
    const [got, wanted] = [shown(told.rows, known), shown(due.rows, known)]
    if (got !== wanted) throw new Error(`${about()}gives:\n${got}\nforetold:\n${wanted}`)
  }
  const after = 'failures' in due ? rows : due.after
  note(ground.tally, operation.do, due, rows)
  const [is, should] = [await stored(ground, known), picture(after, known, (row) => row)]
  if (is !== should) throw new Error(`${about()}leaves:\n${is}\nforetold:\n${should}`)
  return after
}

/** Whether a change reaches any row. */
function touches(model: Model, operation: Operation): boolean {
  if (operation.do !== 'update' && operation.do !== 'delete') return true
  const due = foretell(model, { ...operation, returning: 'id' })
  return 'failures' in due || due.rows.length > 0
}

function note(tally: Map<string, number>, what: string, due: Outcome, rows: Rows): void {
  const came =
    'failures' in due
      ? [...due.failures].join(' or ')
      : due.rows.length > 0 || due.after !== rows
        ? 'rows'
        : 'nothing'
  tally.set(`${what}: ${came}`, (tally.get(`${what}: ${came}`) ?? 0) + 1)
}

function describe(due: Outcome): string {
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

/** A failure may name what its asker gave, and nothing else that is stored. */
function refuseTelltale(
  { asked, text }: { readonly asked: string; readonly text: string },
  known: ReadonlySet<string>,
  claims: Claims,
): void {
  const told = [...known, ...tenants].filter(
    (value) => text.includes(value) && !asked.includes(value) && value !== claims.tenant,
  )
  if (told.length > 0) throw new Error(`${asked}\nan error tells of ${told.join(', ')}: ${text}`)
}
