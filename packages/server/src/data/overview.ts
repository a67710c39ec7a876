/** What there is, for the page and `db status`: tables, who may do what, files, and whether the database still agrees. */
import {
  CastellanError,
  type DataMigration,
  type DataOverview,
  type DataTable,
  type Json,
} from '@castellan/contracts'
import type pg from 'pg'
import { type Catalog, readCatalog } from './catalog.ts'
import { readMigrations, readPermissionsText, sha256 } from './files.ts'
import { hasuraMetadata } from './hasura.ts'
import { judge } from './judge.ts'
import { lintMigration } from './lint.ts'
import type { MigrationFile } from './order.ts'
import { type Permissions, readPermissions } from './permissions.ts'
import { cellOf, type Rule, readRules } from './rules.ts'
import { difference, takeSnapshot } from './snapshot.ts'

/** What was remembered at the last apply. */
interface State {
  readonly version: string
  readonly permissions: string
  readonly snapshot: readonly string[]
  readonly applied: ReadonlyMap<string, { readonly sha256: string; readonly at: string }>
}

const nothing: State = { version: '', permissions: '', snapshot: [], applied: new Map() }

/** The permissions as Hasura's metadata, read against the tables there are. Rejects with `bad_request`. */
export async function exportHasura(directory: string, pool: pg.Pool): Promise<Json> {
  const read = readPermissions(await readPermissionsText(directory))
  const client = await pool.connect()
  try {
    await client.query('begin read only')
    await client.query('set local search_path = pg_catalog')
    const catalog = await readCatalog(client)
    const problems = 'problems' in read ? read.problems : read.place(problemsOf(read.value, catalog))
    const [first] = problems
    if ('value' in read && first === undefined) return hasuraMetadata(catalog, read.value)
    throw new CastellanError('bad_request', `${first?.file}:${first?.line ?? 1} ${first?.message}`, {
      hint: 'castellan db status lists all that is wrong',
    })
  } finally {
    await client.query('rollback').catch(() => {})
    client.release()
  }
}

/** Looks at the files and, as the serving role, at the catalog; changes nothing. */
export async function readOverview(directory: string, pool: pg.Pool): Promise<DataOverview> {
  const [files, text] = await Promise.all([readMigrations(directory), readPermissionsText(directory)])
  const client = await pool.connect()
  try {
    await client.query('begin read only')
    await client.query('set local search_path = pg_catalog')
    const state = await readState(client)
    const catalog = await readCatalog(client)
    const drift = state === null ? [] : difference(state.snapshot, await takeSnapshot(client))
    return overviewOf({ files, text, state: state ?? nothing, catalog, drift })
  } finally {
    await client.query('rollback').catch(() => {})
    client.release()
  }
}

async function readState(client: pg.ClientBase): Promise<State | null> {
  const known = await client.query<{ there: boolean }>(
    // Before the first apply the serving role may not even name what lies there.
    `select has_schema_privilege('app_rules', 'usage') and exists (select from pg_class
       where relnamespace = 'app_rules'::regnamespace and relname = 'state') as there`,
  )
  if (known.rows[0]?.there !== true) return null
  const { rows } = await client.query<Omit<State, 'applied'>>(
    'select version, permissions, snapshot from app_rules.state',
  )
  const applied = await client.query<{ name: string; sha256: string; at: Date }>(
    'select name, sha256, applied_at as at from app_rules.app_migrations',
  )
  const [row] = rows
  if (row === undefined) return null
  const files = applied.rows.map(
    ({ name, sha256: hash, at }) => [name, { sha256: hash, at: at.toISOString() }] as const,
  )
  return { ...row, applied: new Map(files) }
}

interface Parts {
  readonly files: readonly MigrationFile[]
  readonly text: string
  readonly state: State
  readonly catalog: Catalog
  readonly drift: string[]
}

function overviewOf({ files, text, state, catalog, drift }: Parts): DataOverview {
  const migrations = migrationsOf(files, state)
  const read = readPermissions(text)
  const inForce = readPermissions(state.permissions)
  const rules = 'value' in inForce ? readRules(inForce.value, catalog).rules : []
  const pending = files.filter((file) =>
    migrations.some((each) => each.name === file.name && each.state === 'pending'),
  )
  const problems = [
    ...pending.flatMap((file) => lintMigration(`db/migrations/${file.name}`, file.sql)),
    ...('problems' in read
      ? read.problems
      : pending.length > 0
        ? []
        : read.place(problemsOf(read.value, catalog))),
  ]
  return {
    tables: tablesOf(catalog, 'value' in inForce ? inForce.value : null, rules),
    functions: functionsOf('value' in inForce ? inForce.value : null),
    permissions: { text, hash: sha256(text), applied: text === state.permissions },
    ...{ migrations, problems, drift },
    version: state.version || null,
  }
}

/** With files still to be run, what the permissions speak of may not be there yet. */
function problemsOf(permissions: Permissions, catalog: Catalog) {
  const { rules, problems } = readRules(permissions, catalog)
  return problems.length > 0 ? problems : judge(catalog, permissions, rules)
}

function migrationsOf(files: readonly MigrationFile[], { applied }: State): DataMigration[] {
  const gone = [...applied].filter(([name]) => !files.some((file) => file.name === name))
  return [
    ...files.map(({ name, sha256: hash }): DataMigration => {
      const row = applied.get(name)
      const state = row === undefined ? 'pending' : row.sha256 === hash ? 'applied' : 'edited'
      return { name, state, applied_at: row?.at ?? null }
    }),
    ...gone.map(([name, { at }]): DataMigration => ({ name, state: 'missing', applied_at: at })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function tablesOf(catalog: Catalog, permissions: Permissions | null, rules: readonly Rule[]): DataTable[] {
  return [...catalog.relations.values()].map(({ name, kind, columns }) => ({
    name,
    kind: kind === 'v' ? 'view' : 'table',
    shared: permissions?.tables[name]?.shared === true,
    columns: columns.map(({ name: column, type, nullable }) => ({ name: column, type, nullable })),
    cells: rules.filter((rule) => rule.table.name === name).map(cellOf),
  }))
}

function functionsOf(permissions: Permissions | null): DataOverview['functions'] {
  return Object.entries(permissions?.functions ?? {}).map(([name, roles]) => ({ name, roles }))
}
