/** What each operation must come to, by the model: rows and what is stored afterwards, or one of the failures that are due. */
import { type Failure, type Model, matches, type Operation, type Outcome, type Where } from './model.ts'
import type { ColumnName, Row } from './world.ts'

const fails = (...failures: Failure[]): Outcome => ({ failures: new Set(failures) })
const whereColumns = (where: Where): ColumnName[] => (where === null ? [] : [where.column])

/** Foretells the outcome. */
export function foretell(model: Model, operation: Operation): Outcome {
  switch (operation.do) {
    case 'select':
      return select(model, operation)
    case 'count':
      return count(model, operation)
    case 'relation':
      return relation(model, operation.table)
    case 'insert':
      return insert(model, operation)
    case 'update':
      return update(model, operation)
    case 'delete':
      return remove(model, operation)
  }
}

function select(
  model: Model,
  { table, columns, where, order }: Extract<Operation, { do: 'select' }>,
): Outcome {
  if (!model.may(table, 'select', [...columns, ...whereColumns(where), order])) return fails('denied')
  const rows = model.visible(table).filter((row) => matches(where, row))
  return { rows: rows.map((row) => columns.map((name) => row[name])), after: model.all }
}

function count(model: Model, { table, column, where }: Extract<Operation, { do: 'count' }>): Outcome {
  if (!model.may(table, 'select', [column, ...whereColumns(where)])) return fails('denied')
  const rows = model.visible(table).filter((row) => matches(where, row))
  const values = rows
    .map((row) => row[column])
    .filter((value) => value !== null)
    .map(String)
    .sort()
  return {
    rows: [[rows.length, new Set(values).size, values[0] ?? null, values.at(-1) ?? null]],
    after: model.all,
  }
}

function relation(model: Model, table: string): Outcome {
  const target = model.target(table)
  if (!model.may(table, 'select', ['id', 'link_id']) || !model.may(target, 'select', ['id']))
    return fails('denied')
  const pairs = model
    .visible(table)
    .flatMap((row) =>
      model.visible(target).flatMap((other) => (other.id === row.link_id ? [[row.id, other.id]] : [])),
    )
  return { rows: pairs, after: model.all }
}

function insert(model: Model, operation: Extract<Operation, { do: 'insert' }>): Outcome {
  const { table, values, returning, conflict } = operation
  const reads = [
    ...(returning === null ? [] : [returning]),
    ...(conflict ? (['tenant_id', 'n'] as const) : []),
  ]
  const names = Object.keys(values) as ColumnName[]
  if (!model.may(table, 'insert', names) || names.length === 0) return fails('denied')
  if (reads.length > 0 && !model.may(table, 'select', reads)) return fails('denied')
  const empty = {
    id: `new ${Object.values(model.all).flat().length}`,
    tenant_id: model.tenant,
    owner_id: null,
    kind: null,
    n: null,
    link_id: null,
  }
  const row = { ...empty, ...values, ...model.preset(table, 'insert') } as Row
  if (!model.passes(table, 'insert', row)) return fails('policy')
  if (reads.length > 0 && !model.sees(table, row)) return fails('policy')
  const after = [...model.rows(table), row]
  if (!model.unique(table, after)) return conflict ? { rows: [], after: model.all } : fails('unique')
  return { rows: returning === null ? [] : [[row[returning]]], after: model.with(table, after) }
}

function update(model: Model, operation: Extract<Operation, { do: 'update' }>): Outcome {
  const { table, values, where, returning } = operation
  const reads = [...whereColumns(where), ...(returning === null ? [] : [returning])]
  if (!model.may(table, 'update', Object.keys(values) as ColumnName[])) return fails('denied')
  if (!model.may(table, 'select', reads)) return fails('denied')
  const filter = model.permission(table, 'update')?.filter ?? {}
  const reached = (row: Row) =>
    matches(where, row) && model.holds(filter, table, row) && (reads.length === 0 || model.sees(table, row))
  const changed = new Map(
    model
      .rows(table)
      .filter(reached)
      .map((row) => [row, { ...row, ...values, ...model.preset(table, 'update') } as Row]),
  )
  const failures = new Set<Failure>()
  for (const row of changed.values()) {
    if (!model.passes(table, 'update', row) || (reads.length > 0 && !model.sees(table, row)))
      failures.add('policy')
  }
  const after = model.rows(table).map((row) => changed.get(row) ?? row)
  if (!model.unique(table, after)) failures.add('unique')
  if (failures.size > 0) return { failures }
  const rows = returning === null ? [] : [...changed.values()].map((row) => [row[returning]])
  return { rows, after: model.with(table, after) }
}

function remove(model: Model, { table, where, returning }: Extract<Operation, { do: 'delete' }>): Outcome {
  const given = model.permission(table, 'delete')
  const reads = [...whereColumns(where), ...(returning === null ? [] : [returning])]
  if (given === undefined || !model.may(table, 'select', reads)) return fails('denied')
  const gone = model
    .rows(table)
    .filter((row) => matches(where, row) && model.holds(given.filter ?? {}, table, row))
    .filter((row) => reads.length === 0 || model.sees(table, row))
  const after = model.without(table, gone)
  if (after === null) return fails('reference')
  return { rows: returning === null ? [] : gone.map((row) => [row[returning]]), after }
}
