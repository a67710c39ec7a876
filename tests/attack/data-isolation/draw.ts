/** Random callers and what they ask for, with the ids of rows they should not know among the values. */
import * as fc from 'fast-check'
import type { Claims, Operation, Values, Where } from './model.ts'
import { type ColumnName, columns, type Rows, roles, tenants, users, type World } from './world.ts'

/** Who asks: every role, three tenants of which one is empty, three people. */
export const caller: fc.Arbitrary<Claims> = fc
  .record({
    role: fc.constantFrom('owner' as const, 'owner' as const, 'member' as const, 'member' as const, ...roles),
    tenant: fc.constantFrom(0, 0, 1, 1, 2),
    user: fc.nat(2),
  })
  .map(({ role, tenant, user }) => ({
    role,
    tenant: tenants[tenant] ?? '',
    user: role === 'anonymous' ? null : (users[user] ?? null),
  }))

/** An operation before it is known which rows there are. */
export const intent = fc.record({
  what: fc.constantFrom(
    'select',
    'select',
    'count',
    'relation',
    'insert',
    'insert',
    'update',
    'update',
    'delete',
  ),
  table: fc.nat(2),
  columns: fc.subarray([...columns], { minLength: 1 }),
  written: fc.subarray<ColumnName>([...columns], { minLength: 1, maxLength: 3 }),
  column: fc.constantFrom(...columns),
  returning: fc.option(fc.constantFrom(...columns), { freq: 2 }),
  where: fc.option(fc.constantFrom<ColumnName>('id', 'id', 'kind', 'n', 'owner_id', 'tenant_id'), {
    freq: 4,
  }),
  /** Whether a column that this role may not name is left out, so that most operations get past the grants. */
  polite: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
  picks: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
  conflict: fc.boolean(),
})
export type Intent = typeof intent extends fc.Arbitrary<infer T> ? T : never

/** Makes an operation of it. */
export function operationOf(drawn: Intent, world: World, rows: Rows, claims: Claims): Operation {
  const table = world.tables[drawn.table] ?? world.tables[0]
  if (table === undefined) throw new TypeError('a world without tables')
  const granted = (command: 'select' | 'insert' | 'update') =>
    table.permissions[command][claims.role]?.columns ?? []
  const polite = (names: readonly ColumnName[], command: 'select' | 'insert' | 'update') => {
    const kept = names.filter((name) => granted(command).includes(name))
    return drawn.polite
      ? kept.length > 0
        ? kept
        : granted(command).length > 0
          ? granted(command).slice(0, 2)
          : names
      : names
  }
  const one = (name: ColumnName): ColumnName => polite([name], 'select')[0] ?? name
  const base = { table: table.name }
  const where: Where = drawn.where === null ? null : condition(one(drawn.where), drawn, rows)
  const returning = drawn.returning === null ? null : one(drawn.returning)
  switch (drawn.what) {
    case 'count':
      return { do: 'count', ...base, column: one(drawn.column), where }
    case 'relation':
      return { do: 'relation', ...base }
    case 'insert':
      return {
        do: 'insert',
        ...base,
        values: valuesOf(polite(drawn.written, 'insert'), drawn, rows),
        returning,
        conflict: drawn.conflict && table.unique,
      }
    case 'update':
      return {
        do: 'update',
        ...base,
        values: valuesOf(polite(drawn.written, 'update'), drawn, rows),
        where,
        returning,
      }
    case 'delete':
      return { do: 'delete', ...base, where, returning }
    default:
      return {
        do: 'select',
        ...base,
        columns: polite(drawn.columns, 'select'),
        where,
        order: one(drawn.column),
      }
  }
}

function condition(column: ColumnName, drawn: Intent, rows: Rows): Where {
  const value = pickOf(column, drawn, rows)
  return value === null ? null : { column, value }
}

function valuesOf(names: readonly ColumnName[], drawn: Intent, rows: Rows): Values {
  return Object.fromEntries(names.map((name) => [name, pickOf(name, drawn, rows)]))
}

/** Ids are of any row of any tenant, or of none. */
function pickOf(column: ColumnName, { picks }: Intent, rows: Rows): string | number | null {
  const pick = picks[columns.indexOf(column)] ?? 0
  const ids = [
    ...Object.values(rows).flatMap((some) => some.map((row) => row.id).filter((id) => !id.startsWith('new'))),
    '00000000-0000-4000-9000-00000000dead',
  ]
  if (column === 'id') return ids[pick % ids.length] ?? null
  if (column === 'link_id') return pick % 9 === 0 ? null : (ids[pick % ids.length] ?? null)
  if (column === 'tenant_id') return tenants[pick % tenants.length] ?? null
  if (column === 'owner_id') return pick % 7 === 0 ? null : (users[pick % users.length] ?? null)
  if (column === 'kind') return ['a', 'b', 'c'][pick % 3] ?? null
  return pick % 6 === 0 ? null : pick % 5
}
