/**
 * What the database itself says of the owner's tables: a fingerprint of everything a GraphQL schema is made from, so that
 * a change is noticed however it was made, and whether the role anonymous may do anything.
 */
import { databaseRole } from '../database/roles.ts'
import type { DataSource } from './ports.ts'

/** Asks the catalogue, which every role may read. */
export interface Asks {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

const text = `
  with tables as (
    select c.oid, c.relname, c.relkind, c.relacl, c.reltype from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and c.relkind in ('r', 'v', 'm', 'f', 'p')
  )
  select md5(concat_ws('|',
    (select string_agg(concat_ws(':', oid, relname, relkind, relacl, obj_description(oid, 'pg_class')), ',' order by oid) from tables),
    (select string_agg(concat_ws(':', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef,
        a.attidentity, a.attgenerated, a.attisdropped, a.attacl, col_description(a.attrelid, a.attnum)), ',' order by a.attrelid, a.attnum)
       from pg_attribute a join tables t on t.oid = a.attrelid where a.attnum > 0),
    (select string_agg(concat_ws(':', k.conrelid, k.conname, k.contype, k.conkey, k.confrelid, k.confkey), ',' order by k.oid)
       from pg_constraint k join tables t on t.oid = k.conrelid),
    (select string_agg(concat_ws(':', e.enumtypid, e.enumlabel, e.enumsortorder), ',' order by e.oid) from pg_enum e),
    (select nspacl::text from pg_namespace where nspname = 'app')
  )) as version,
  exists (select from tables where has_any_column_privilege($1, oid, 'select, insert, update')
    or has_table_privilege($1, oid, 'delete')) as anonymous`

interface Known {
  readonly version: string
  readonly anonymous: boolean
}

/** How old what is known may be, in milliseconds; older, it is asked for again while it still serves. */
const freshMs = 1_000
/** So old, it does not serve any more. */
const staleMs = 10_000

/** Makes the source. `forget` has the next question wait for the truth, e.g. after `castellan db apply`. */
export function openCatalog(database: Asks, now: () => number): DataSource & { forget(): void } {
  let known: Known | null = null
  let at = Number.NEGATIVE_INFINITY
  let asking: Promise<Known> | null = null
  const ask = () => {
    asking ??= read(database)
      .then((found) => {
        known = found
        at = now()
        return found
      })
      .finally(() => {
        asking = null
      })
    return asking
  }
  const current = async (): Promise<Known> => {
    const age = now() - at
    if (known === null || age > staleMs) return ask()
    if (age > freshMs) ask().catch(() => {})
    return known
  }
  return {
    version: async () => (await current()).version,
    hasAnonymous: async () => (await current()).anonymous,
    forget() {
      at = Number.NEGATIVE_INFINITY
    },
  }
}

async function read(database: Asks): Promise<Known> {
  const { rows } = await database.query(text, [databaseRole('anonymous')])
  const { version, anonymous } = rows[0] as Known
  return { version, anonymous }
}
