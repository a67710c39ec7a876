/**
 * The same operations asked of GraphQL: the worker's own executor, with the schema that it builds for each role, over its
 * own pool. What comes back is held against the same model.
 */
import { randomUUID } from 'node:crypto'
import type { DataRole } from '@castellan/contracts'
import { settingsOf } from '../../../packages/server/src/database/claims.ts'
import { seal } from '../../../packages/server/src/graphql/envelope.ts'
import { openPool } from '../../../packages/server/src/graphql/worker/database.ts'
import { answerRequest } from '../../../packages/server/src/graphql/worker/execute.ts'
import { openOperations } from '../../../packages/server/src/graphql/worker/operations.ts'
import { openSchemas } from '../../../packages/server/src/graphql/worker/schemas.ts'
import type { TestDatabase } from '../../../packages/server/src/testing/database.ts'
import type { Intent } from './draw.ts'
import type { Claims, Failure, Operation, Where } from './model.ts'
import type { Ask, Told } from './sql.ts'
import type { ColumnName, Rows, World } from './world.ts'

/** An operation as GraphQL can say it: rows are changed by their key, one at a time, seen or not. */
export function byKey(operation: Operation, rows: Rows, { picks }: Intent): Operation {
  if (operation.do === 'insert') return { ...operation, conflict: false }
  if (operation.do !== 'update' && operation.do !== 'delete') return operation
  if (operation.where?.column === 'id') return operation
  const there = rows[operation.table]?.filter(({ id }) => !id.startsWith('new')) ?? []
  const row = there[(picks[7] ?? 0) % Math.max(1, there.length)]
  return { ...operation, where: { column: 'id', value: row?.id ?? nowhere } }
}

/** Opens the executor; `changed` tells it that there is another world. */
export function openGraphql(db: TestDatabase) {
  const pool = openPool(db.apiUrl, 5_000, 2)
  const reported: string[] = []
  const parts = {
    ...{ pool, schemas: openSchemas(pool), operations: openOperations('/nonexistent', false) },
    report: (error: Error) => reported.push(`${error.message}\n${error.stack}`),
  }
  let version = ''
  return {
    changed: () => {
      version = randomUUID()
    },
    close: () => pool.end(),
    async ask(claims: Claims, document: string): Promise<Asked> {
      const envelope = {
        ...{ role: claims.role as DataRole, settings: settingsOf(claims), version, introspect: false },
        limits: { depth: 12, cost: 1_000_000 },
      }
      const request = seal(envelope, Buffer.from(JSON.stringify({ query: document })))
      for (;;) {
        const text = (await answerRequest(parts, request)).body.toString()
        if (reported.length > 0) throw new Error(`${document}\n${reported.splice(0).join('\n')}`)
        // On a machine that is busy with something else, planning may run out of its time.
        if (!text.includes('"code":"timeout"')) return { ...JSON.parse(text), text }
      }
    },
  }
}
export type Graphql = ReturnType<typeof openGraphql>

interface Asked {
  readonly data?: { readonly [field: string]: unknown } | null
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
  readonly text: string
}
const nowhere = '00000000-0000-4000-9000-00000000dead'
type Node = { readonly [field: string]: unknown }

/** What a code may stand for; others are nobody's answer here. */
const failures: { readonly [code: string]: readonly (Failure | 'nothing')[] } = {
  not_in_schema: ['denied'],
  not_allowed: ['denied', 'policy'],
  conflict: ['unique', 'reference'],
  invalid: ['reference'],
  not_found: ['nothing'],
}

/** Asks in every way that GraphQL has for it; the ways must agree. */
export function inGraphql(graphql: Graphql): Ask {
  return async function askGraphql(claims, operation, world) {
    const answers: Told[] = []
    for (const { document: asked, read } of documentsOf(operation, world)) {
      const { data, errors, text } = await graphql.ask(claims, asked)
      const codes = errors?.map(({ extensions }) => extensions.code)
      if (codes === undefined) answers.push({ rows: read(data ?? {}), asked })
      else answers.push({ failures: codes.flatMap((code) => failures[code] ?? []), asked, text })
    }
    const [first, ...more] = answers
    if (first === undefined) throw new TypeError('nothing to ask')
    const brief = (told: Told) => JSON.stringify('rows' in told ? told.rows.map(String).sort() : 'failed')
    for (const other of more) {
      if (brief(other) !== brief(first))
        throw new Error(`two ways differ:\n${JSON.stringify([first, other])}`)
    }
    return first
  }
}

interface Way {
  readonly document: string
  readonly read: (data: Node) => unknown[][]
}

function documentsOf(operation: Operation, world: World): Way[] {
  const { table } = operation
  switch (operation.do) {
    case 'select': {
      const fields = operation.columns.map(camel).join(' ')
      const rows = (some: unknown) =>
        (some as Node[]).map((row) => operation.columns.map((c) => row[camel(c)]))
      const order = `orderBy: ${operation.order.toUpperCase()}_DESC`
      const list: Way = {
        document: `{ ${table}SList(${order}${conditionOf(operation.where)}) { ${fields} } }`,
        read: (data) => rows(data[`${table}SList`]),
      }
      const pages: Way = {
        document: `{ ${table}S(first: 1000, ${order}${conditionOf(operation.where)}) { edges { node { ${fields} } } } }`,
        read: (data) =>
          rows((data[`${table}S`] as { edges: { node: Node }[] }).edges.map(({ node }) => node)),
      }
      return [list, pages]
    }
    case 'count':
      return [countOf(operation)]
    case 'relation':
      return relationsOf(table, world)
    default:
      return [changeOf(operation)]
  }
}

function countOf({ table, column, where }: Extract<Operation, { do: 'count' }>): Way {
  const given = where === null ? '' : `(condition: { ${equals(where)} })`
  return {
    document: `{ ${table}S${given} { totalCount nodes { ${camel(column)} } } }`,
    read(data) {
      const { totalCount, nodes } = data[`${table}S`] as { totalCount: number; nodes: Node[] }
      const values = nodes.map((node) => node[camel(column)]).filter((value) => value !== null)
      const texts = values.map(String).sort()
      return [[totalCount, new Set(texts).size, texts[0] ?? null, texts.at(-1) ?? null]]
    },
  }
}

/** From the row to what it refers to, and back. */
function relationsOf(table: string, world: World): Way[] {
  const target = world.tables.find(({ name }) => name === table)?.target ?? table
  return [
    {
      document: `{ ${table}SList { id link { id } } }`,
      read: (data) =>
        (data[`${table}SList`] as { id: string; link: Node | null }[]).flatMap(({ id, link }) =>
          link === null ? [] : [[id, link['id']]],
        ),
    },
    {
      document: `{ ${target}SList { id back: ${table}SList { id } } }`,
      read: (data) =>
        (data[`${target}SList`] as { id: string; back: Node[] }[]).flatMap(({ id, back }) =>
          back.map((row) => [row['id'], id]),
        ),
    },
  ]
}

function changeOf(operation: Extract<Operation, { do: 'insert' | 'update' | 'delete' }>): Way {
  const { table, returning } = operation
  const type = table.toUpperCase()
  const back = returning === null ? '__typename' : `${table} { ${camel(returning)} }`
  const values = 'values' in operation ? Object.entries(operation.values) : []
  const given = values.map(([name, value]) => `${camel(name)}: ${JSON.stringify(value ?? null)}`).join(', ')
  const key = 'where' in operation && operation.where !== null ? equals(operation.where) : ''
  const field = { insert: 'create', update: 'update', delete: 'delete' }[operation.do] + type
  const input = {
    ...{ insert: `${table}: { ${given} }`, update: `${key}, patch: { ${given} }`, delete: key },
  }[operation.do]
  return {
    document: `mutation { ${field}(input: { ${input} }) { ${back} } }`,
    read(data) {
      const row = (data[field] as Node | null)?.[table] as Node | null | undefined
      return returning === null ? [] : [[row?.[camel(returning)]]]
    },
  }
}

function conditionOf(where: Where): string {
  return where === null ? '' : `, condition: { ${equals(where)} }`
}

function equals({ column, value }: NonNullable<Where>): string {
  return `${camel(column)}: ${JSON.stringify(value)}`
}

function camel(name: string | ColumnName): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}
