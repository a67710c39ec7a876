/**
 * What the permissions mean, in memory and written a second time: which rows a role sees, what it may write, and how the
 * database answers. Knows nothing of the house's compiler.
 */
import type { ColumnName, Command, Condition, Permission, Role, Row, Rows, Table, World } from './world.ts'

export interface Claims {
  readonly role: Role
  readonly tenant: string
  readonly user: string | null
}

export type Values = { readonly [C in ColumnName]?: string | number | null }

/** What is asked. `where` compares one column with one value; null: all rows. */
export type Where = { readonly column: ColumnName; readonly value: string | number } | null

export type Operation =
  | {
      readonly do: 'select'
      readonly table: string
      readonly columns: readonly ColumnName[]
      readonly where: Where
      readonly order: ColumnName
    }
  | { readonly do: 'count'; readonly table: string; readonly column: ColumnName; readonly where: Where }
  | { readonly do: 'relation'; readonly table: string }
  | {
      readonly do: 'insert'
      readonly table: string
      readonly values: Values
      readonly returning: ColumnName | null
      readonly conflict: boolean
    }
  | {
      readonly do: 'update'
      readonly table: string
      readonly values: Values
      readonly where: Where
      readonly returning: ColumnName | null
    }
  | {
      readonly do: 'delete'
      readonly table: string
      readonly where: Where
      readonly returning: ColumnName | null
    }

export type Failure = 'denied' | 'policy' | 'unique' | 'reference'

/** Rows that come back and all rows afterwards; or the failures of which one is due. */
export type Outcome =
  | { readonly rows: readonly (readonly unknown[])[]; readonly after: Rows }
  | { readonly failures: ReadonlySet<Failure> }

/** True, false, or null where it cannot be told, as SQL has it. */
type Truth = boolean | null

const not = (value: Truth): Truth => (value === null ? null : !value)
const all = (values: readonly Truth[]): Truth =>
  values.includes(false) ? false : values.includes(null) ? null : true
const any = (values: readonly Truth[]): Truth => not(all(values.map(not)))

export class Model {
  readonly #world: World
  readonly #rows: Rows
  readonly #claims: Claims

  constructor(world: World, rows: Rows, claims: Claims) {
    this.#world = world
    this.#rows = rows
    this.#claims = claims
  }

  #table(name: string): Table {
    const found = this.#world.tables.find((table) => table.name === name)
    if (found === undefined) throw new TypeError(`no table ${name}`)
    return found
  }

  permission(table: string, command: Command): Permission | undefined {
    return this.#table(table).permissions[command][this.#claims.role]
  }

  may(table: string, command: Command, names: readonly ColumnName[]): boolean {
    const granted = this.permission(table, command)?.columns ?? []
    return names.every((name) => granted.includes(name))
  }

  rows(table: string): readonly Row[] {
    return this.#rows[table] ?? []
  }

  /** The rows of one's own tenant that the select permission lets through. */
  visible(table: string): readonly Row[] {
    return this.rows(table).filter((row) => this.sees(table, row))
  }

  sees(table: string, row: Row): boolean {
    const given = this.permission(table, 'select')
    return given !== undefined && this.holds(given.filter ?? {}, table, row)
  }

  /** A condition on one's own tenant's row. */
  holds(condition: Condition, table: string, row: Row): boolean {
    return row.tenant_id === this.#claims.tenant && this.#truth(condition, table, row) === true
  }

  #truth(condition: Condition, table: string, row: Row): Truth {
    return all(Object.entries(condition).map(([key, value]) => this.#one(key, value, table, row)))
  }

  #one(key: string, value: unknown, table: string, row: Row): Truth {
    if (key === '_not') return not(this.#truth(value as Condition, table, row))
    if (key === '_and' || key === '_or') {
      const parts = (value as Condition[]).map((each) => this.#truth(each, table, row))
      return key === '_and' ? all(parts) : any(parts)
    }
    if (key === 'link') {
      const { target } = this.#table(table)
      return this.visible(target).some(
        (other) => other.id === row.link_id && this.#truth(value as Condition, target, other) === true,
      )
    }
    if (/^t\d$/.test(key)) {
      return this.visible(key).some(
        (other) => other.link_id === row.id && this.#truth(value as Condition, key, other) === true,
      )
    }
    return all(
      Object.entries(value as Condition).map(([operator, given]) =>
        compare(operator, row[key as ColumnName], this.value(given)),
      ),
    )
  }

  /** A constant, or who asks. */
  value(given: unknown): unknown {
    return given === 'X-Hasura-User-Id' ? this.#claims.user : given
  }

  /** Whether a new or changed row passes: tenant, check, presets, and its reference where that is written. */
  passes(table: string, command: 'insert' | 'update', row: Row): boolean {
    const given = this.permission(table, command)
    const check = given?.check ?? (command === 'update' ? (given?.filter ?? {}) : {})
    if (!this.holds(check, table, row)) return false
    const presets = Object.entries(given?.set ?? {})
    if (
      presets.some(([column, value]) => compare('_eq', row[column as ColumnName], this.value(value)) !== true)
    ) {
      return false
    }
    const written = command === 'insert' || (given?.columns ?? []).includes('link_id')
    if (!written || row.link_id === null) return true
    return this.visible(this.#table(table).target).some((other) => other.id === row.link_id)
  }

  preset(table: string, command: 'insert' | 'update'): Partial<Row> {
    const set = Object.entries(this.permission(table, command)?.set ?? {})
    return Object.fromEntries(set.map(([column, value]) => [column, this.value(value)]))
  }

  unique(table: string, rows: readonly Row[]): boolean {
    if (!this.#table(table).unique) return true
    const keys = rows.filter((row) => row.n !== null).map((row) => `${row.tenant_id} ${row.n}`)
    return new Set(keys).size === keys.length
  }

  /** What is left when rows go: rows that refer to them go too, lose the reference, or stand against it (null). */
  without(table: string, gone: readonly Row[]): Rows | null {
    let left: { [table: string]: readonly Row[] } = { ...this.#rows }
    const open = gone.map((row) => ({ table, id: row.id }))
    const ids = new Set<string>()
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { table: from, id } = next
      ids.add(id)
      left = { ...left, [from]: left[from]?.filter((row) => row.id !== id) ?? [] }
      for (const { name, target, onDelete } of this.#world.tables) {
        if (target !== from) continue
        const hit = left[name]?.filter((row) => row.link_id === id) ?? []
        if (onDelete === 'cascade') open.push(...hit.map((row) => ({ table: name, id: row.id })))
        if (onDelete === 'set null') {
          left = {
            ...left,
            [name]: left[name]?.map((row) => (hit.includes(row) ? { ...row, link_id: null } : row)) ?? [],
          }
        }
      }
    }
    const stands = Object.values(left).some((rows) =>
      rows.some((row) => row.link_id !== null && ids.has(row.link_id)),
    )
    return stands ? null : left
  }

  with(table: string, rows: readonly Row[]): Rows {
    return { ...this.#rows, [table]: rows }
  }

  get tenant(): string {
    return this.#claims.tenant
  }

  get all(): Rows {
    return this.#rows
  }

  target(table: string): string {
    return this.#table(table).target
  }
}

function compare(operator: string, left: string | number | null | undefined, right: unknown): Truth {
  const value = left ?? null
  if (operator === '_is_null') return (value === null) === right
  if (operator === '_in' || operator === '_nin') {
    const found = any((right as unknown[]).map((each) => compare('_eq', value, each)))
    return operator === '_in' ? found : not(found)
  }
  if (value === null || right === null) return null
  if (operator === '_eq') return value === right
  if (operator === '_neq') return value !== right
  if (operator === '_gt') return Number(value) > Number(right)
  return Number(value) <= Number(right)
}

/** Whether a row is what was asked for. */
export function matches(where: Where, row: Row): boolean {
  return where === null || row[where.column] === where.value
}
