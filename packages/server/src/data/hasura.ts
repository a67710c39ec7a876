/**
 * The same permissions as Hasura's metadata (version 3), for those who attach Hasura to this database. Hasura adds no wall
 * between tenants by itself, so it is written into every condition here.
 */
import type { Json } from '@castellan/contracts'
import type { Catalog, Relation } from './catalog.ts'
import type { Condition, Permissions, TablePermissions } from './permissions.ts'
import { relationshipsOf } from './relationships.ts'

const tenantOnly = { tenant_id: { _eq: 'X-Hasura-Tenant-Id' } }

/** The metadata as an object; `castellan db hasura` prints it. */
export function hasuraMetadata(catalog: Catalog, permissions: Permissions): Json {
  const tables = [...catalog.relations.values()]
    .filter((relation) => permissions.tables[relation.name] !== undefined)
    .map((relation) =>
      tableOf(catalog, relation, permissions.tables[relation.name] as TablePermissions, permissions),
    )
  return {
    version: 3,
    sources: [
      {
        name: 'castellan',
        kind: 'postgres',
        configuration: { connection_info: { database_url: { from_env: 'HASURA_GRAPHQL_DATABASE_URL' } } },
        tables,
      },
    ],
  }
}

function tableOf(
  catalog: Catalog,
  relation: Relation,
  table: TablePermissions,
  permissions: Permissions,
): Json {
  const walled = relation.kind === 'r' && !table.shared
  const where = (condition: Condition): Json =>
    (walled ? { _and: [tenantOnly, condition] } : condition) as Json
  const columns = (asked: '*' | readonly string[], writes: boolean, set: object): Json =>
    asked === '*'
      ? relation.columns
          .filter(
            (each) =>
              !writes ||
              (each.name !== 'tenant_id' && !each.unguessable && !each.generated && !(each.name in set)),
          )
          .map((each) => each.name)
      : [...asked]
  const tenant = walled ? { tenant_id: 'x-hasura-tenant-id' } : {}
  return {
    table: { schema: 'app', name: relation.name },
    ...relationships(catalog, relation, permissions),
    ...listed('select_permissions', table.select, (one) => ({
      columns: columns(one.columns, false, {}),
      filter: where(one.filter),
      ...(one.limit === undefined ? {} : { limit: one.limit }),
      allow_aggregations: one.aggregate,
    })),
    ...listed('insert_permissions', table.insert, (one) => ({
      columns: columns(one.columns, true, one.set),
      check: where(one.check),
      set: { ...presets(one.set), ...tenant },
    })),
    ...listed('update_permissions', table.update, (one) => ({
      columns: columns(one.columns, true, one.set),
      filter: where(one.filter),
      check: where(one.check ?? one.filter),
      set: presets(one.set),
    })),
    ...listed('delete_permissions', table.delete, (one) => ({ filter: where(one.filter) })),
  }
}

/** Hasura's presets know session variables by their lower case. */
function presets(set: Readonly<Record<string, string | number | boolean>>): { [column: string]: Json } {
  const entries = Object.entries(set).map(([column, value]) => [
    column,
    typeof value === 'string' && /^x-hasura-/i.test(value) ? value.toLowerCase() : value,
  ])
  return Object.fromEntries(entries)
}

function listed<T>(
  key: string,
  byRole: Readonly<Record<string, T>> | Partial<Record<string, T>>,
  permission: (one: T) => Json,
): object {
  const entries = Object.entries(byRole).flatMap(([role, one]) =>
    one === undefined ? [] : [{ role, permission: permission(one) }],
  )
  return entries.length === 0 ? {} : { [key]: entries }
}

function relationships(catalog: Catalog, relation: Relation, permissions: Permissions): object {
  const known = [...relationshipsOf(catalog, relation)].filter(
    ([, { relation: to }]) => permissions.tables[to.name] !== undefined,
  )
  const object = known.flatMap(([name, { many, key }]) =>
    many
      ? []
      : [
          {
            name,
            using: {
              foreign_key_constraint_on: key.columns.length === 1 ? (key.columns[0] ?? '') : key.columns,
            },
          },
        ],
  )
  const array = known.flatMap(([name, { many, key }]) =>
    many
      ? [
          {
            name,
            using: {
              foreign_key_constraint_on: {
                table: { schema: 'app', name: key.table },
                ...(key.columns.length === 1 ? { column: key.columns[0] ?? '' } : { columns: key.columns }),
              },
            },
          },
        ]
      : [],
  )
  return {
    ...(object.length === 0 ? {} : { object_relationships: object }),
    ...(array.length === 0 ? {} : { array_relationships: array }),
  }
}
