/** Random tables, permissions and rows for the proof of isolation. Names are fixed, everything else is drawn. */
import * as fc from 'fast-check'

export const roles = ['owner', 'member', 'viewer', 'anonymous'] as const
export type Role = (typeof roles)[number]
/** What is drawn of a table's columns besides `id` and `tenant_id`; `link_id` refers to another table or its own. */
export const columns = ['id', 'tenant_id', 'owner_id', 'kind', 'n', 'link_id'] as const
export type ColumnName = (typeof columns)[number]

export type Condition = { readonly [key: string]: unknown }

export interface Permission {
  readonly columns?: readonly ColumnName[]
  readonly filter?: Condition
  readonly check?: Condition
  readonly set?: { readonly [column: string]: string }
}

export type Command = 'select' | 'insert' | 'update' | 'delete'

export interface Table {
  readonly name: string
  /** What `link_id` refers to. */
  readonly target: string
  readonly onDelete: 'no action' | 'cascade' | 'set null'
  readonly unique: boolean
  readonly reveals: boolean
  readonly permissions: { readonly [C in Command]: { readonly [R in Role]?: Permission } }
}

export interface Row {
  readonly id: string
  readonly tenant_id: string
  readonly owner_id: string | null
  readonly kind: string
  readonly n: number | null
  readonly link_id: string | null
}

/** Rows by table. */
export type Rows = { readonly [table: string]: readonly Row[] }

export interface World {
  readonly tables: readonly Table[]
}

export const tenants = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000f00${n}`)
export const users = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000e00${n}`)
const kinds = ['a', 'b', 'c']
const tableNames = ['t0', 't1', 't2']

const comparison = fc.oneof(
  fc.record({ kind: fc.record({ _eq: fc.constantFrom(...kinds) }) }),
  fc.record({ kind: fc.record({ _neq: fc.constantFrom(...kinds) }) }),
  fc.record({ kind: fc.record({ _in: fc.subarray(kinds) }) }),
  fc.record({ kind: fc.record({ _nin: fc.subarray(kinds) }) }),
  fc.record({ n: fc.record({ _gt: fc.integer({ min: -1, max: 4 }) }) }),
  fc.record({ n: fc.record({ _lte: fc.integer({ min: -1, max: 4 }) }) }),
  fc.record({ n: fc.record({ _is_null: fc.boolean() }) }),
  fc.record({ owner_id: fc.record({ _is_null: fc.boolean() }) }),
)
const own = fc.constant<Condition>({ owner_id: { _eq: 'X-Hasura-User-Id' } })

/** Conditions; a relationship is the reference `link`, or the rows of a table that refer here. */
function condition(depth: number, incoming: readonly string[]): fc.Arbitrary<Condition> {
  const flat: fc.Arbitrary<Condition> = fc.oneof(
    { weight: 3, arbitrary: comparison },
    { weight: 2, arbitrary: own },
  )
  if (depth === 0) return flat
  const inner = condition(depth - 1, [])
  return fc.oneof(
    { weight: 6, arbitrary: flat },
    { weight: 1, arbitrary: fc.array(inner, { minLength: 1, maxLength: 2 }).map((_and) => ({ _and })) },
    { weight: 2, arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((_or) => ({ _or })) },
    { weight: 1, arbitrary: inner.map((_not) => ({ _not })) },
    { weight: 2, arbitrary: flat.map((link) => ({ link })) },
    ...incoming.map((table) => ({ weight: 1, arbitrary: flat.map((some) => ({ [table]: some })) })),
  )
}

const some = <T>(arbitrary: fc.Arbitrary<T>, weight = 3) =>
  fc.option(arbitrary, { nil: undefined, freq: weight })
const readable = fc.subarray([...columns], { minLength: 2 })
const writable = fc.subarray<ColumnName>(['owner_id', 'kind', 'n', 'link_id'], { minLength: 1 })
const preset = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ owner_id: 'X-Hasura-User-Id' }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'b' }) },
)

function permission(command: Command, incoming: readonly string[]): fc.Arbitrary<Permission> {
  const where = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Condition>({}) },
    { weight: 5, arbitrary: condition(2, incoming) },
  )
  if (command === 'select')
    return fc.record({ columns: fc.oneof(fc.constant([...columns]), readable), filter: where })
  if (command === 'delete') return fc.record({ filter: where })
  return fc
    .record({ columns: writable, filter: where, check: fc.option(where, { nil: undefined }), set: preset })
    .map(({ columns: listed, filter, check, set }) => ({
      set,
      columns: listed.filter((name) => !(name in set)),
      ...(command === 'update' ? { filter } : {}),
      ...(check === undefined ? {} : { check }),
    }))
}

const byRole = (command: Command, incoming: readonly string[]) =>
  fc.record({
    owner: some(permission(command, incoming), 8),
    member: some(permission(command, incoming), 8),
    viewer: some(permission(command, incoming), command === 'select' ? 4 : 2),
    anonymous: some(permission(command, incoming), 2),
  })

const shape = fc.record({
  target: fc.nat(2),
  onDelete: fc.constantFrom('no action' as const, 'cascade' as const, 'set null' as const),
  unique: fc.boolean(),
  reveals: fc.boolean(),
})

/** A world before the house has judged it. */
export const world: fc.Arbitrary<World> = fc.tuple(shape, shape, shape).chain((shapes) => {
  const targets = shapes.map(({ target }) => tableNames[target] ?? 't0')
  const tables = shapes.map((each, index) => {
    const name = tableNames[index] ?? ''
    // Several references from one table would be called by longer names; there is one from each.
    const incoming = tableNames.filter((_, other) => targets[other] === name)
    return fc
      .record({
        select: byRole('select', incoming),
        insert: byRole('insert', incoming),
        update: byRole('update', incoming),
        delete: byRole('delete', incoming),
      })
      .map((permissions) => ({ ...each, name, target: targets[index] ?? 't0', permissions }) as Table)
  })
  return fc.tuple(...tables).map((found) => ({ tables: found }))
})

/** Rows as they are sown: references stay within a tenant, as the house keeps them. */
export const sowing = fc.array(
  fc.record({
    table: fc.nat(2),
    tenant: fc.nat(1),
    owner: fc.option(fc.nat(2), { freq: 6 }),
    kind: fc.constantFrom(...kinds),
    n: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 5 }),
    link: fc.option(fc.nat(10), { freq: 3 }),
  }),
  { minLength: 6, maxLength: 14 },
)
export type Sowing = typeof sowing extends fc.Arbitrary<infer T> ? T : never

/** The rows of a sowing; what would break a unique key or a reference is left out. */
export function sow(w: World, seeds: Sowing): Rows {
  const rows: { [table: string]: Row[] } = Object.fromEntries(tableNames.map((name) => [name, []]))
  seeds.forEach((seed, index) => {
    const table = w.tables[seed.table]
    if (table === undefined) return
    const tenant_id = tenants[seed.tenant] ?? ''
    const taken = rows[table.name]?.some((row) => row.tenant_id === tenant_id && row.n === seed.n)
    if (table.unique && seed.n !== null && taken === true) return
    const targets = rows[table.target]?.filter((row) => row.tenant_id === tenant_id) ?? []
    const link = seed.link === null ? undefined : targets[seed.link % Math.max(1, targets.length)]
    rows[table.name]?.push({
      id: `00000000-0000-4000-9000-0000000000${String(index + 10)}`,
      tenant_id,
      owner_id: seed.owner === null ? null : (users[seed.owner] ?? null),
      kind: seed.kind,
      n: seed.n,
      link_id: link?.id ?? null,
    })
  })
  return rows
}

/** The migration that makes the tables. */
export function migrationOf(w: World): string {
  const tables = w.tables.map(
    ({
      name,
      unique,
    }) => `create table ${name} (id uuid primary key default gen_random_uuid(), tenant_id uuid not null,
      owner_id uuid, kind text, n int, link_id uuid${unique ? `, constraint ${name}_n unique (tenant_id, n)` : ''});`,
  )
  const links = w.tables.map(
    ({ name, target, onDelete }) =>
      `alter table ${name} add constraint ${name}_link foreign key (link_id) references ${target} on delete ${onDelete};`,
  )
  return [...tables, ...links].join('\n')
}

/** permissions.yaml with one permission a line, and what stands in each line. */
export function permissionsOf(w: World): {
  text: string
  at: ReadonlyMap<number, readonly [string, Command, Role]>
} {
  const lines = ['tables:']
  const at = new Map<number, readonly [string, Command, Role]>()
  for (const table of w.tables) {
    lines.push(`  ${table.name}:`)
    const named = [`${table.name}_link`, ...(table.unique ? [`${table.name}_n`] : [])]
    if (table.reveals) lines.push(`    reveals: ${JSON.stringify(named)}`)
    for (const command of ['select', 'insert', 'update', 'delete'] as const) {
      lines.push(`    ${command}:`)
      const given = roles.flatMap((role) => {
        const one = table.permissions[command][role]
        return one === undefined ? [] : [[role, one] as const]
      })
      if (given.length === 0) lines[lines.length - 1] += ' {}'
      for (const [role, one] of given) {
        lines.push(`      ${role}: ${JSON.stringify(one)}`)
        at.set(lines.length, [table.name, command, role])
      }
    }
  }
  return { text: lines.join('\n'), at }
}
