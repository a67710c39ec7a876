/** How tables are tied by foreign keys, under names as Hasura suggests them; conditions and the export use the same. */
import type { Catalog, Relation } from './catalog.ts'

export interface Relationship {
  readonly relation: Relation
  /** Columns here and there that must agree. */
  readonly pairs: readonly (readonly [here: string, there: string])[]
  readonly many: boolean
  /** The foreign key that ties them, with the table it stands in. */
  readonly key: { readonly table: string; readonly columns: readonly string[] }
}

/**
 * By name: the row a foreign key points at is called by its column without `_id`, the rows that point here by their table.
 * Where two would be called the same, the column (`tasks_by_author_id`) tells them apart.
 */
export function relationshipsOf(catalog: Catalog, relation: Relation): ReadonlyMap<string, Relationship> {
  const found: [string, string, Relationship][] = []
  for (const key of relation.foreignKeys) {
    const target = catalog.relations.get(key.table)
    if (target === undefined) continue
    const own = key.columns.filter((column) => column !== 'tenant_id')
    const name = own.length === 1 ? (own[0] ?? '').replace(/_id$/, '') : key.table
    const pairs = key.columns.map((column, index) => [column, key.keys[index] ?? ''] as const)
    const tie = { table: relation.name, columns: key.columns }
    found.push([name, `${key.table}_by_${own.join('_')}`, { relation: target, pairs, many: false, key: tie }])
  }
  for (const other of catalog.relations.values()) {
    for (const key of other.foreignKeys.filter((each) => each.table === relation.name)) {
      const own = key.columns.filter((column) => column !== 'tenant_id')
      const pairs = key.columns.map((column, index) => [key.keys[index] ?? '', column] as const)
      const tie = { table: other.name, columns: key.columns }
      found.push([
        other.name,
        `${other.name}_by_${own.join('_')}`,
        { relation: other, pairs, many: true, key: tie },
      ])
    }
  }
  const taken = (name: string) =>
    relation.columns.some((column) => column.name === name) ||
    found.filter(([each]) => each === name).length > 1
  return new Map(found.map(([name, longer, relationship]) => [taken(name) ? longer : name, relationship]))
}
