/**
 * The permissions of every role on every table, read against the tables there are: which columns, which rows. This is
 * what SQL is made from, what the matrix shows, and what Hasura is told.
 */
import { type DataCell, type DataCommand, DataRole } from '@castellan/contracts'
import { nearest } from '../configuration/nearest.ts'
import type { Catalog, Column, Relation } from './catalog.ts'
import { asProblem, type Compiled, ConditionProblem, compileCondition, valueSql } from './condition.ts'
import type { Condition, Permissions, PlacedProblem, TablePermissions } from './permissions.ts'

/** One role's right to one command on one table. */
export interface Rule {
  readonly table: Relation
  readonly role: DataRole
  readonly command: DataCommand
  readonly columns: readonly string[]
  /** Rows it reaches. Of insert: every one. */
  readonly filter: Compiled
  /** What a new or changed row must be; null where the command makes none. */
  readonly check: Compiled | null
  /** Columns that are filled in, each with SQL and words. */
  readonly set: ReadonlyMap<string, { readonly sql: string; readonly words: string }>
  readonly path: readonly PropertyKey[]
}

export interface ReadRules {
  readonly rules: readonly Rule[]
  readonly problems: readonly PlacedProblem[]
}

const commands = ['select', 'insert', 'update', 'delete'] as const satisfies readonly DataCommand[]

/** Reads all of the file's tables against the catalog. */
export function readRules(permissions: Permissions, catalog: Catalog): ReadRules {
  const problems: PlacedProblem[] = []
  const rules = Object.entries(permissions.tables).flatMap(([name, table]) => {
    const relation = catalog.relations.get(name)
    if (relation !== undefined) return rulesOf(table, relation, catalog, problems)
    const guess = nearest(name, catalog.relations.keys())
    const advice = guess === undefined ? 'make it by a migration first' : `did you mean ${guess}?`
    problems.push({ path: ['tables', name], message: `there is no table ${name}; ${advice}` })
    return []
  })
  return { rules, problems }
}

function rulesOf(
  table: TablePermissions,
  relation: Relation,
  catalog: Catalog,
  problems: PlacedProblem[],
): Rule[] {
  return commands.flatMap((command) =>
    DataRole.options.flatMap((role) => {
      const given = table[command][role]
      if (given === undefined) return []
      const path = ['tables', relation.name, command, role]
      try {
        return [ruleOf({ relation, role, command, path }, given, catalog)]
      } catch (error) {
        problems.push(asProblem(error))
        return []
      }
    }),
  )
}

interface Given {
  readonly columns?: '*' | readonly string[]
  readonly filter?: Condition
  readonly check?: Condition | undefined
  readonly set?: Readonly<Record<string, unknown>>
}

function ruleOf(
  at: { relation: Relation; role: DataRole; command: DataCommand; path: readonly string[] },
  given: Given,
  catalog: Catalog,
): Rule {
  const { relation, role, command, path } = at
  const condition = (key: 'filter' | 'check', value: Condition) =>
    compileCondition(value, catalog, relation, [...path, key])
  const filter = given.filter ?? {}
  const writes = command === 'insert' || command === 'update'
  const set = new Map(
    Object.entries(given.set ?? {}).map(([name, value]) => {
      const column = writable(relation, name, [...path, 'set', name])
      return [name, valueSql(column, value, [...path, 'set', name])]
    }),
  )
  return {
    ...{ table: relation, role, command, path, set },
    columns: columnsOf(relation, given.columns ?? [], command, set, path),
    filter: condition('filter', filter),
    check: writes
      ? condition(
          given.check === undefined && command === 'update' ? 'filter' : 'check',
          given.check ?? filter,
        )
      : null,
  }
}

function columnsOf(
  relation: Relation,
  asked: '*' | readonly string[],
  command: DataCommand,
  set: ReadonlyMap<string, unknown>,
  path: readonly string[],
): string[] {
  const writes = command === 'insert' || command === 'update'
  if (asked === '*') {
    // tenant_id and what PostgreSQL makes up itself are nobody's to write, so that `*` means all the rest.
    return relation.columns
      .filter(
        (each) =>
          !writes ||
          (each.name !== 'tenant_id' && !each.unguessable && !each.generated && !set.has(each.name)),
      )
      .map((each) => each.name)
  }
  asked.forEach((name, index) => {
    const place = [...path, 'columns', index]
    if (!writes) found(relation, name, place)
    else if (set.has(writable(relation, name, place).name)) {
      throw new ConditionProblem(place, `${name} is filled in by set, so nobody gives it`)
    }
  })
  if (asked.length === 0 && command !== 'delete') {
    throw new ConditionProblem([...path, 'columns'], `${command} needs at least one column`)
  }
  return [...new Set(asked)]
}

function found(relation: Relation, name: string, path: readonly PropertyKey[]): Column {
  const column = relation.columns.find((each) => each.name === name)
  if (column !== undefined) return column
  const known = relation.columns.map((each) => each.name)
  const guess = nearest(name, known)
  const advice = guess === undefined ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`
  throw new ConditionProblem(path, `${relation.name} has no column ${name}; ${advice}`)
}

function writable(relation: Relation, name: string, path: readonly PropertyKey[]): Column {
  const column = found(relation, name, path)
  if (name === 'tenant_id')
    throw new ConditionProblem(path, 'tenant_id is filled in from who asks and written by nobody')
  if (column.generated) throw new ConditionProblem(path, `${name} is generated and cannot be written`)
  return column
}

/** The matrix's cell of a rule, in words a person reads. */
export function cellOf(rule: Rule): DataCell {
  const { role, command, columns, filter, check, set } = rule
  const rows =
    command === 'insert'
      ? 'add rows'
      : filter.words === ''
        ? `${verb[command]} every row`
        : `${verb[command]} rows where ${filter.words}`
  return {
    ...{ role, command, rows },
    columns: [...columns],
    check: check === null || check.words === '' ? null : check.words,
    set: [...set].map(([name, value]) => `${name} is ${value.words}`),
  }
}

const verb: Readonly<Record<DataCommand, string>> = {
  select: 'see',
  insert: 'add',
  update: 'change',
  delete: 'delete',
}
