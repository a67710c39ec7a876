/** The same operations as SQL, sent as GraphQL's worker sends its own: one transaction of `castellan_api` under the claims. */
import pg from 'pg'
import { settingsOf } from '../../../packages/server/src/database/claims.ts'
import type { Claims, Failure, Operation, Where } from './model.ts'
import type { World } from './world.ts'

/** What came of an operation: rows, or the failures that an answer may stand for; and all that was said. */
export type Told =
  | { readonly rows: readonly (readonly unknown[])[]; readonly asked: string }
  | {
      readonly failures: readonly (Failure | 'nothing')[]
      readonly asked: string
      readonly text: string
    }

/** Asks in some way; rejects for what none of the failures accounts for. */
export type Ask = (claims: Claims, operation: Operation, world: World) => Promise<Told>

/** Asks in SQL over a connection of `castellan_api`. */
export function inSql(api: pg.Client): Ask {
  return async function askSql(claims, operation, world) {
    const asked = statementOf(operation, world)
    const settings = Object.entries(settingsOf(claims))
    const set = settings.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(', ')
    try {
      const text = `begin; select ${set}; ${asked}; commit`
      const results = (await api.query({ text, rowMode: 'array' })) as unknown as { rows: unknown[][] }[]
      return { rows: results[2]?.rows ?? [], asked }
    } catch (error) {
      await api.query('rollback')
      if (!(error instanceof pg.DatabaseError)) throw error
      const { message, detail, hint, where } = error
      return { failures: failureOf(error), asked, text: [message, detail, hint, where].join(' ') }
    }
  }
}

function failureOf({ code, message }: pg.DatabaseError): readonly Failure[] {
  if (code === '42501') return [/row-level security/.test(message) ? 'policy' : 'denied']
  if (code === '23505') return ['unique']
  return code === '23503' ? ['reference'] : []
}

function statementOf(operation: Operation, world: World): string {
  const table = `app.${operation.table}`
  const back =
    'returning' in operation && operation.returning !== null ? ` returning ${operation.returning}` : ''
  switch (operation.do) {
    case 'select':
      return `select ${operation.columns.join(', ')} from ${table}${whereSql(operation.where)} order by ${operation.order}`
    case 'count': {
      const text = `${operation.column}::text`
      return `select count(*)::int, count(distinct ${text})::int, min(${text}), max(${text}) from ${table}${whereSql(operation.where)}`
    }
    case 'relation': {
      const target = world.tables.find((each) => each.name === operation.table)?.target
      return `select a.id, b.id from ${table} a join app.${target} b on a.link_id = b.id`
    }
    case 'insert': {
      const given = Object.entries(operation.values)
      const conflict = operation.conflict ? ' on conflict (tenant_id, n) do nothing' : ''
      return `insert into ${table} (${given.map(([name]) => name).join(', ')}) values (${given.map(([, value]) => sqlOf(value)).join(', ')})${conflict}${back}`
    }
    case 'update': {
      const given = Object.entries(operation.values).map(([name, value]) => `${name} = ${sqlOf(value)}`)
      return `update ${table} set ${given.join(', ')}${whereSql(operation.where)}${back}`
    }
    case 'delete':
      return `delete from ${table}${whereSql(operation.where)}${back}`
  }
}

function whereSql(where: Where): string {
  return where === null ? '' : ` where ${where.column} = ${sqlOf(where.value)}`
}

/** A value as SQL. */
export function sqlOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'number' ? String(value) : `'${value}'`
}
