/**
 * A condition of permissions.yaml as SQL and in words. Values are compared by PostgreSQL's own operators, named with their
 * schema, so that nothing of the owner's can stand in for them.
 */
import type { DataRole } from '@castellan/contracts'
import { nearest } from '../configuration/nearest.ts'
import { quoteIdentifier as quoted } from '../database/roles.ts'
import type { Catalog, Column, Relation } from './catalog.ts'
import type { Condition, PlacedProblem, Value } from './permissions.ts'
import { type Relationship, relationshipsOf } from './relationships.ts'

/** A condition, ready to be put into a policy. */
export interface Compiled {
  readonly sql: string
  readonly words: string
  /** Tables it looks at besides its own, each with the columns it reads there. */
  readonly reads: readonly { readonly table: string; readonly column: string }[]
  /** Columns that it fixes to one value each, e.g. to who asks. */
  readonly fixed: ReadonlyMap<string, string>
  /** Whether those comparisons are all that it asks. */
  readonly exact: boolean
}

/** What is wrong in a condition; it names the place. */
export class ConditionProblem extends Error {
  readonly path: readonly PropertyKey[]

  constructor(path: readonly PropertyKey[], message: string) {
    super(message)
    this.path = path
  }
}

interface Scope {
  readonly catalog: Catalog
  readonly relation: Relation
  /** How the row is called in SQL. */
  readonly row: string
  readonly depth: number
  readonly path: readonly PropertyKey[]
}

const always: Compiled = { sql: 'true', words: '', reads: [], fixed: new Map(), exact: true }

/** Fixes nothing. */
const loose = { fixed: new Map<string, string>(), exact: false }

/** Compiles a condition on one table. Throws `ConditionProblem`. */
export function compileCondition(
  condition: Condition,
  catalog: Catalog,
  relation: Relation,
  path: readonly PropertyKey[],
): Compiled {
  return all(condition, { catalog, relation, row: quoted(relation.name), depth: 0, path })
}

function all(condition: Condition, scope: Scope): Compiled {
  return join(
    Object.entries(condition).map(([key, value]) =>
      one(key, value, { ...scope, path: [...scope.path, key] }),
    ),
    'and',
  )
}

function one(key: string, value: unknown, scope: Scope): Compiled {
  if (key === '_and' || key === '_or') {
    if (!Array.isArray(value)) throw new ConditionProblem(scope.path, `${key} takes a list of conditions`)
    const parts = value.map((each, index) =>
      all(record(each, scope), { ...scope, path: [...scope.path, index] }),
    )
    return join(parts, key === '_and' ? 'and' : 'or')
  }
  if (key === '_not') {
    const inner = all(record(value, scope), scope)
    // Null is neither: what cannot be told is not permitted.
    return { ...inner, sql: `not (${inner.sql})`, words: `not (${inner.words})`, ...loose }
  }
  const column = scope.relation.columns.find((each) => each.name === key)
  if (column !== undefined) return compare(column, record(value, scope), scope)
  const relationships = relationshipsOf(scope.catalog, scope.relation)
  const relationship = relationships.get(key)
  if (relationship !== undefined) return related(key, relationship, record(value, scope), scope)
  const known = [
    ...scope.relation.columns.map((each) => each.name),
    ...relationships.keys(),
    '_and',
    '_or',
    '_not',
  ]
  const guess = nearest(key, known)
  throw new ConditionProblem(
    scope.path,
    `${scope.relation.name} has no column or relationship ${key}; ${guess === undefined ? `known here: ${known.join(', ')}` : `did you mean ${guess}?`}`,
  )
}

function record(value: unknown, scope: Scope): Condition {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Condition
  throw new ConditionProblem(scope.path, 'must be a condition in braces, e.g. { _eq: X-Hasura-User-Id }')
}

function join(parts: readonly Compiled[], how: 'and' | 'or'): Compiled {
  if (parts.length === 0)
    return how === 'and' ? always : { ...always, sql: 'false', words: 'never', exact: false }
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return {
    sql: `(${parts.map((part) => part.sql).join(` ${how} `)})`,
    words: parts.map((part) => part.words || 'any row').join(` ${how} `),
    reads: parts.flatMap((part) => part.reads),
    fixed: how === 'and' ? new Map(parts.flatMap((part) => [...part.fixed])) : new Map(),
    exact: how === 'and' && parts.every((part) => part.exact),
  }
}

const operators: Readonly<Record<string, readonly [sql: string, words: string]>> = Object.assign(
  Object.create(null),
  {
    _eq: ['=', 'is'],
    _neq: ['<>', 'is not'],
    _gt: ['>', 'is over'],
    _gte: ['>=', 'is at least'],
    _lt: ['<', 'is under'],
    _lte: ['<=', 'is at most'],
    _like: ['~~', 'is like'],
  },
)

function compare(column: Column, tests: Condition, scope: Scope): Compiled {
  const left = `${scope.row}.${quoted(column.name)}`
  const parts = Object.entries(tests).map(([key, value]): Compiled => {
    const here = { ...scope, path: [...scope.path, key] }
    const plain = { reads: [], ...loose }
    if (key === '_is_null') {
      if (typeof value !== 'boolean') throw new ConditionProblem(here.path, '_is_null takes true or false')
      const what = value ? 'null' : 'not null'
      return {
        ...plain,
        sql: `${left} is ${what}`,
        words: `${column.name} is ${value ? 'empty' : 'not empty'}`,
      }
    }
    if (key === '_in' || key === '_nin') return among(column, left, key, value, here)
    const operator = operators[key]
    if (operator === undefined) {
      const known = [...Object.keys(operators), '_in', '_nin', '_is_null']
      const guess = nearest(key, known)
      throw new ConditionProblem(
        here.path,
        `${key} is no comparison; ${guess === undefined ? `known: ${known.join(', ')}` : `did you mean ${guess}?`}`,
      )
    }
    const right = valueSql(column, value, here.path)
    return {
      ...plain,
      sql: `${left} operator(pg_catalog.${operator[0]}) ${right.sql}`,
      words: `${column.name} ${operator[1]} ${right.words}`,
      ...(key === '_eq' ? { fixed: new Map([[column.name, right.sql]]), exact: true } : {}),
    }
  })
  return join(parts, 'and')
}

function among(column: Column, left: string, key: '_in' | '_nin', value: unknown, scope: Scope): Compiled {
  if (!Array.isArray(value)) throw new ConditionProblem(scope.path, `${key} takes a list`)
  const items = value.map((each, index) => valueSql(column, each, [...scope.path, index]))
  const list = `array[${items.map((item) => item.sql).join(', ')}]::${column.type.replace(/\[\]$/, '')}[]`
  const how = key === '_in' ? 'operator(pg_catalog.=) any' : 'operator(pg_catalog.<>) all'
  const words = `${column.name} is ${key === '_in' ? '' : 'not '}one of ${items.map((item) => item.words).join(', ') || 'none'}`
  return { sql: `${left} ${how} (${list})`, words, reads: [], ...loose }
}

function related(name: string, to: Relationship, condition: Condition, scope: Scope): Compiled {
  const row = `castellan_${scope.depth + 1}`
  const inner = all(condition, { ...scope, relation: to.relation, row, depth: scope.depth + 1 })
  const joined = to.pairs.map(
    ([here, there]) => `${row}.${quoted(there)} operator(pg_catalog.=) ${scope.row}.${quoted(here)}`,
  )
  const there = [...to.pairs.map(([, column]) => column), ...columnsOf(condition, to.relation)]
  // The policy's own row is read by the policy; a row on the way is read by who asks.
  const here = scope.depth === 0 ? [] : to.pairs.map(([column]) => column)
  return {
    sql: `exists (select from app.${quoted(to.relation.name)} ${row} where ${[...joined, inner.sql].join(' and ')})`,
    words: `there is ${name} where ${inner.words || 'any row'}`,
    reads: [
      ...there.map((column) => ({ table: to.relation.name, column })),
      ...here.map((column) => ({ table: scope.relation.name, column })),
      ...inner.reads,
    ],
    ...loose,
  }
}

/** The columns of its own table that a condition reads, at whatever depth of and, or, not. */
function columnsOf(condition: Condition, relation: Relation): string[] {
  return Object.entries(condition).flatMap(([key, value]) => {
    if (key === '_and' || key === '_or') {
      return Array.isArray(value) ? value.flatMap((each) => columnsOf(each as Condition, relation)) : []
    }
    if (key === '_not') return columnsOf(value as Condition, relation)
    return relation.columns.some((column) => column.name === key) ? [key] : []
  })
}

const session: Readonly<Record<string, { sql: string; words: string; type: 'uuid' | 'text' }>> = {
  'x-hasura-user-id': { sql: '(select auth.user_id())', words: 'who asks', type: 'uuid' },
  'x-hasura-tenant-id': { sql: '(select auth.tenant_id())', words: 'the tenant who asks', type: 'uuid' },
  'x-hasura-role': { sql: '(select auth.role())', words: 'the role of who asks', type: 'text' },
}

/** A constant or a session variable as SQL of the column's type. Throws `ConditionProblem`. */
export function valueSql(
  column: Column,
  value: unknown,
  path: readonly PropertyKey[],
): { sql: string; words: string } {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new ConditionProblem(path, 'must be a text, a number, true or false')
  }
  const text = String(value satisfies Value)
  if (!/^x-hasura-/i.test(text)) {
    return { sql: `${literal(text)}::${column.type}`, words: JSON.stringify(value) }
  }
  const variable = session[text.toLowerCase()]
  if (variable === undefined) {
    const known = ['X-Hasura-User-Id', 'X-Hasura-Tenant-Id', 'X-Hasura-Role']
    throw new ConditionProblem(path, `${text} is not known; known: ${known.join(', ')}`)
  }
  if (column.type === variable.type) return variable
  if (column.type === 'text') return { ...variable, sql: `${variable.sql}::text` }
  throw new ConditionProblem(
    path,
    `${column.name} is ${column.type}; ${text} is compared with ${variable.type} or text`,
  )
}

/** A text as an SQL literal, whatever the server's settings. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new TypeError('a literal cannot hold a null character')
  const doubled = text.replaceAll("'", "''")
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

/** One problem for the reader of the file. */
export function asProblem(error: unknown): PlacedProblem {
  if (error instanceof ConditionProblem) return { path: error.path, message: error.message }
  throw error
}

/** For words about roles, e.g. `members`. */
export const rolesInWords: Readonly<Record<DataRole, string>> = {
  owner: 'the owner',
  member: 'members',
  viewer: 'viewers',
  anonymous: 'anyone',
}
