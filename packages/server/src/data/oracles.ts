/**
 * What PostgreSQL would tell beside the rows: that a unique value is taken, that a row is still referred to, how far a
 * counter has come. Between tenants each is refused; between roles of one tenant a table must name it under `reveals`.
 */
import type { Catalog, ForeignKey, Relation, Unique } from './catalog.ts'
import type { Permissions, PlacedProblem } from './permissions.ts'
import type { Rule } from './rules.ts'

/** All that is found in tables with tenants; shared tables are read only, so they tell nothing. */
export function findOracles(
  catalog: Catalog,
  permissions: Permissions,
  rules: readonly Rule[],
): PlacedProblem[] {
  const tables = [...catalog.relations.values()].filter(
    (each) => each.kind === 'r' && permissions.tables[each.name]?.shared !== true,
  )
  return tables.flatMap((table) => {
    const reveals = permissions.tables[table.name]?.reveals ?? []
    const about = rules.filter((rule) => rule.table.name === table.name)
    return [
      ...unknownNames(table, reveals),
      ...table.uniques.flatMap((unique) => uniqueOf(table, unique, about, reveals)),
      ...table.foreignKeys.flatMap((key) => foreignKeyOf(table, key, catalog, permissions, rules, reveals)),
      ...counters(table, about),
    ]
  })
}

function unknownNames(table: Relation, reveals: readonly string[]): PlacedProblem[] {
  const known = [...table.uniques, ...table.foreignKeys].map((each) => each.name)
  return reveals.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [
          {
            path: ['tables', table.name, 'reveals', index],
            message: `${table.name} has no unique key or foreign key ${name}; known here: ${known.join(', ')}`,
          },
        ],
  )
}

function uniqueOf(
  table: Relation,
  unique: Unique,
  rules: readonly Rule[],
  reveals: readonly string[],
): PlacedProblem[] {
  const columns = unique.columns.map((name) => table.columns.find((column) => column.name === name))
  const writers = rules.filter((rule) => rule.command === 'insert' || rule.command === 'update')
  const writes = (name: string) => writers.some((rule) => rule.columns.includes(name) || rule.set.has(name))
  // Nobody can hit upon a value that PostgreSQL made and nobody may give.
  if (columns.some((column) => column?.unguessable === true && !writes(column.name))) return []
  const path = ['tables', table.name]
  const name = `${table.name}'s unique key ${unique.name}`
  if (!unique.columns.includes('tenant_id')) {
    return [
      {
        path,
        message: `${name} spans all tenants, so that a refused value tells of another one; make it unique (tenant_id, …), or let PostgreSQL make the value (default gen_random_uuid()) and let nobody write it`,
      },
    ]
  }
  if (reveals.includes(unique.name)) return []
  const telling = writers.filter(
    (rule) =>
      (rule.command === 'insert' ||
        unique.columns.some((each) => each === null || rule.columns.includes(each) || rule.set.has(each))) &&
      !seesCollisions(rule, unique, rules),
  )
  return telling.map((rule) => ({
    path: rule.path,
    message: `${name} tells ${rule.role} that a value is taken in a row or column that ${rule.role} does not see; permit select of ${unique.columns.filter((each) => each !== 'tenant_id').join(', ')} without a filter, add the filter's column to the key, or name ${unique.name} under reveals`,
  }))
}

/** Whether a role sees every row that its own could collide with: all of the tenant, or all with the value it is held to. */
function seesCollisions(rule: Rule, unique: Unique, rules: readonly Rule[]): boolean {
  const select = rules.find((each) => each.command === 'select' && each.role === rule.role)
  if (select === undefined) return false
  const visible = (name: string | null) =>
    name === 'tenant_id' || (name !== null && select.columns.includes(name))
  if (!unique.columns.every(visible)) return false
  if (select.filter.sql === 'true') return true
  // Only where the filter is exactly this one comparison does the key's column cover all of it.
  const [only, ...more] = select.filter.fixed
  if (only === undefined || more.length > 0 || select.filter.exact !== true) return false
  const [name, value] = only
  const held = rule.check?.fixed.get(name) ?? rule.set.get(name)?.sql
  return unique.columns.includes(name) && held === value
}

function foreignKeyOf(
  table: Relation,
  key: ForeignKey,
  catalog: Catalog,
  permissions: Permissions,
  rules: readonly Rule[],
  reveals: readonly string[],
): PlacedProblem[] {
  const name = `${table.name}'s foreign key ${key.name}`
  const parent = catalog.relations.get(key.table)
  if (parent === undefined) {
    return [{ path: ['tables', table.name], message: `${name} leads out of schema app` }]
  }
  const blind = rules
    .filter((rule) => rule.table === table && (rule.command === 'insert' || rule.command === 'update'))
    .filter((rule) =>
      key.columns.some((each) => each !== 'tenant_id' && (rule.columns.includes(each) || rule.set.has(each))),
    )
    .filter((rule) => !key.keys.every((each) => selects(rules, rule.role, key.table, each)))
    .map((rule) => ({
      path: rule.path,
      message: `${rule.role} may write ${key.columns.join(', ')}, which refers to ${key.table}, but may not select ${key.keys.join(', ')} there`,
    }))
  if (permissions.tables[key.table]?.shared === true || reveals.includes(key.name)) return blind
  const reaching = rules.filter(
    (rule) =>
      rule.table.name === key.table &&
      (rule.command === 'delete' ||
        (rule.command === 'update' &&
          key.keys.some((each) => rule.columns.includes(each) || rule.set.has(each)))),
  )
  const telling = reaching.filter((rule) => !coversChildren(rule, table, key, rules))
  return [
    ...blind,
    ...telling.map((rule) => ({
      path: rule.path,
      message: `${rule.command === 'delete' ? 'deleting' : 'changing'} a row of ${key.table} ${effect(rule, key)} rows of ${table.name} that ${rule.role} may not see or touch; permit that without a filter, or name ${key.name} under reveals of ${table.name}`,
    })),
  ]
}

function effect(rule: Rule, key: ForeignKey): string {
  const action = rule.command === 'delete' ? key.onDelete : key.onUpdate
  if (action === 'c') return rule.command === 'delete' ? 'deletes' : 'changes'
  return action === 'n' || action === 'd' ? 'changes' : 'is refused because of'
}

/** Whether what a deletion meets in another table is all the role's own to see, and to do. */
function coversChildren(rule: Rule, child: Relation, key: ForeignKey, rules: readonly Rule[]): boolean {
  const action = rule.command === 'delete' ? key.onDelete : key.onUpdate
  const own = rules.filter((each) => each.table.name === child.name && each.role === rule.role)
  const select = own.find((each) => each.command === 'select')
  const sees =
    select?.filter.sql === 'true' &&
    key.columns.every((each) => each === 'tenant_id' || select.columns.includes(each))
  if (!sees) return false
  if (action === 'a' || action === 'r') return true
  if (rule.command === 'delete' && action === 'c') {
    return own.some((each) => each.command === 'delete' && each.filter.sql === 'true')
  }
  return false
}

function selects(rules: readonly Rule[], role: string, table: string, column: string): boolean {
  return rules.some(
    (rule) =>
      rule.command === 'select' &&
      rule.role === role &&
      rule.table.name === table &&
      rule.columns.includes(column),
  )
}

function counters(table: Relation, rules: readonly Rule[]): PlacedProblem[] {
  return rules
    .filter((rule) => rule.command === 'select')
    .flatMap((rule) =>
      table.columns
        .filter((column) => column.counts && rule.columns.includes(column.name))
        .map((column) => ({
          path: rule.path,
          message: `${table.name}.${column.name} counts the rows of all tenants; use uuid with default gen_random_uuid(), or leave it out of columns`,
        })),
    )
}
