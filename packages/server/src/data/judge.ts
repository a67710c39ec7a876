/** What schema app and the permissions may not be. All of it is said at once; nothing is compiled while any of it stands. */
import type { Catalog, Relation } from './catalog.ts'
import { findOracles } from './oracles.ts'
import type { Permissions, PlacedProblem } from './permissions.ts'
import type { Rule } from './rules.ts'

/** Judges the whole. */
export function judge(catalog: Catalog, permissions: Permissions, rules: readonly Rule[]): PlacedProblem[] {
  return [
    ...catalog.strays.map((what) =>
      general(
        `${what} is nothing a migration may leave behind; it makes tables, views, types, functions, triggers and indexes in schema app`,
      ),
    ),
    ...catalog.routines.flatMap((routine) =>
      routine.definer
        ? [general(`${routine.signature} runs with its owner's rights; drop security definer`)]
        : [],
    ),
    ...[...catalog.relations.values()].flatMap((relation) => relationOf(relation, permissions)),
    ...functionsOf(catalog, permissions),
    ...sharedOf(catalog, permissions, rules),
    ...readsOf(rules),
    ...circlesOf(rules),
    ...findOracles(catalog, permissions, rules),
  ]
}

function general(message: string): PlacedProblem {
  return { path: [], message }
}

const kinds: Readonly<Record<string, string>> = {
  m: 'is a materialized view, which holds the rows of everyone',
  p: 'is partitioned, and a partition is a second way to the same rows',
  f: 'is a foreign table, which row level security does not reach',
}

function relationOf(relation: Relation, permissions: Permissions): PlacedProblem[] {
  const { name } = relation
  const table = permissions.tables[name]
  const at = (message: string): PlacedProblem => ({
    path: table === undefined ? [] : ['tables', name],
    message,
  })
  const kind = kinds[relation.kind]
  if (kind !== undefined) return [at(`${name} ${kind}`)]
  if (/^castellan_/.test(name)) return [at(`${name}: names that begin with castellan_ are the house's`)]
  if (relation.inherits) return [at(`${name} inherits, which is a second way to the same rows`)]
  if (relation.hasRules) return [at(`${name} has a rule that rewrites queries`)]
  if (relation.kind === 'v')
    return relation.invoker
      ? []
      : [at(`view ${name} reads with its owner's rights; make it with (security_invoker = true)`)]
  if (table?.shared === true) return []
  const tenant = relation.columns.find((column) => column.name === 'tenant_id')
  if (tenant?.type === 'uuid' && !tenant.nullable && !tenant.generated) return []
  return [
    at(
      `${name} needs a column tenant_id uuid not null, or shared: true in permissions.yaml, which makes it read only`,
    ),
  ]
}

function functionsOf(catalog: Catalog, permissions: Permissions): PlacedProblem[] {
  return Object.keys(permissions.functions).flatMap((name) => {
    const found = catalog.routines.filter((routine) => routine.name === name)
    if (found.length === 0) return [{ path: ['functions', name], message: `there is no function ${name}` }]
    return found.some((routine) => routine.trigger)
      ? [{ path: ['functions', name], message: `${name} belongs to a trigger and is not called` }]
      : []
  })
}

function sharedOf(catalog: Catalog, permissions: Permissions, rules: readonly Rule[]): PlacedProblem[] {
  const writing = rules
    .filter((rule) => rule.command !== 'select')
    .filter((rule) => rule.table.kind === 'v' || permissions.tables[rule.table.name]?.shared === true)
    .map((rule) => ({
      path: rule.path,
      message: `${rule.table.name} ${rule.table.kind === 'v' ? 'is a view' : 'is shared by all tenants'} and can only be selected from`,
    }))
  const filtered = rules
    .filter((rule) => rule.table.kind === 'v' && rule.command === 'select' && rule.filter.sql !== 'true')
    .map((rule) => ({
      path: rule.path,
      message: `${rule.table.name} is a view; the filters of the tables below it apply`,
    }))
  const leaking = [...catalog.relations.values()]
    .filter((relation) => permissions.tables[relation.name]?.shared === true)
    .flatMap((relation) =>
      relation.foreignKeys
        .filter((key) => permissions.tables[key.table]?.shared !== true)
        .map((key) => ({
          path: ['tables', relation.name],
          message: `${relation.name} is shared by all tenants and refers to ${key.table}, which is not`,
        })),
    )
  return [...writing, ...filtered, ...leaking]
}

/** Conditions look at other tables with the eyes of who asks. */
function readsOf(rules: readonly Rule[]): PlacedProblem[] {
  return rules.flatMap((rule) => {
    const reads = [...rule.filter.reads, ...(rule.check?.reads ?? [])]
    const unseen = reads.filter(
      ({ table, column }) =>
        !rules.some(
          (each) =>
            each.command === 'select' &&
            each.role === rule.role &&
            each.table.name === table &&
            each.columns.includes(column),
        ),
    )
    const words = new Set(unseen.map(({ table, column }) => `${table}.${column}`))
    return [...words].map((column) => ({
      path: rule.path,
      message: `the condition looks at ${column}, which ${rule.role} may not select`,
    }))
  })
}

/** PostgreSQL refuses policies that lead back to their own table; this says so before it does. */
function circlesOf(rules: readonly Rule[]): PlacedProblem[] {
  return rules.flatMap((rule) => {
    const seen = new Set<string>()
    const open = tablesOf(rule)
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === rule.table.name) {
        return [
          {
            path: rule.path,
            message: `the condition leads back to ${rule.table.name} by way of other tables' filters`,
          },
        ]
      }
      if (seen.has(next)) continue
      seen.add(next)
      const select = rules.find(
        (each) => each.command === 'select' && each.role === rule.role && each.table.name === next,
      )
      if (select !== undefined) open.push(...tablesOf(select))
    }
    return []
  })
}

function tablesOf(rule: Rule): string[] {
  return [...new Set([...rule.filter.reads, ...(rule.check?.reads ?? [])].map(({ table }) => table))]
}
