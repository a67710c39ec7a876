/** What schema app holds, read from PostgreSQL's catalog; any role may read that. */
import type pg from 'pg'

export interface Column {
  readonly name: string
  /** As SQL, with its schema unless that is pg_catalog. */
  readonly type: string
  readonly nullable: boolean
  /** A value of PostgreSQL's own making that no two rows share: a random uuid, or an identity nobody may give. */
  readonly unguessable: boolean
  /** Counts up over all tenants: serial or identity. */
  readonly counts: boolean
  readonly generated: boolean
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly table: string
  readonly keys: readonly string[]
  /** What deleting the row it points at does: a no action, r restrict, c cascade, n set null, d set default. */
  readonly onDelete: string
  readonly onUpdate: string
}

export interface Unique {
  readonly name: string
  /** null: an expression. */
  readonly columns: readonly (string | null)[]
}

export interface Relation {
  readonly name: string
  /** r table, v view, m materialized view, p partitioned, f foreign. */
  readonly kind: string
  readonly columns: readonly Column[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly uniques: readonly Unique[]
  readonly inherits: boolean
  readonly hasRules: boolean
  /** Of a view: whether it reads with its caller's rights. */
  readonly invoker: boolean
}

export interface Routine {
  readonly name: string
  /** `app.name(types)`, quoted as SQL. */
  readonly signature: string
  readonly definer: boolean
  readonly trigger: boolean
}

export interface Catalog {
  readonly relations: ReadonlyMap<string, Relation>
  readonly routines: readonly Routine[]
  /** Enumerations, domains and composite types, quoted as SQL. */
  readonly types: readonly { readonly signature: string; readonly domain: boolean }[]
  /** What castellan_data owns that it should not, in PostgreSQL's words. */
  readonly strays: readonly string[]
}

type Row = Record<string, unknown>

/** Reads all of it with pg_catalog as the search path, so that types come with their schema. */
export async function readCatalog(client: pg.ClientBase): Promise<Catalog> {
  const [relations, columns, keys, uniques, routines, types, strays] = [
    await client.query<Relation & Row>(relationsSql),
    await client.query<Column & { table: string } & Row>(columnsSql),
    await client.query<ForeignKey & { of: string } & Row>(foreignKeysSql),
    await client.query<Unique & { of: string } & Row>(uniquesSql),
    await client.query<Routine & Row>(routinesSql),
    await client.query<{ signature: string; domain: boolean }>(typesSql),
    await client.query<{ what: string }>(straysSql),
  ]
  const whole = relations.rows.map((row): [string, Relation] => [
    row.name,
    {
      ...row,
      columns: columns.rows.filter((column) => column.table === row.name),
      foreignKeys: keys.rows.filter((key) => key.of === row.name),
      uniques: uniques.rows.filter((unique) => unique.of === row.name),
    },
  ])
  return {
    relations: new Map(whole),
    routines: routines.rows,
    types: types.rows,
    strays: strays.rows.map((row) => row.what),
  }
}

const relationsSql = `
  select c.relname::text as name, c.relkind::text as kind,
    c.relispartition or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) as inherits,
    exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN') as "hasRules",
    coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions)
      or 'security_invoker=1' = any (c.reloptions) or 'security_invoker=yes' = any (c.reloptions), false) as invoker
  from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f') order by 1`

const columnsSql = `
  select c.relname::text as table, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
    not a.attnotnull as nullable, a.attgenerated <> '' as generated,
    coalesce(a.attidentity = 'a'
      or pg_get_expr(d.adbin, d.adrelid) ~ '^(gen_random_uuid|uuidv4|uuidv7)\\(\\)$', false) as unguessable,
    coalesce(a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) ~ 'nextval\\(', false) as counts
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f')
    and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`

const names = (relation: string, numbers: string) =>
  `(select array_agg(a.attname::text order by u.n) from unnest(${numbers}) with ordinality u(k, n)
    left join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.k and u.k > 0)`

const foreignKeysSql = `
  select c.relname::text as of, k.conname::text as name, ${names('k.conrelid', 'k.conkey')} as columns,
    r.relname::text as table, ${names('k.confrelid', 'k.confkey')} as keys,
    k.confdeltype::text as "onDelete", k.confupdtype::text as "onUpdate"
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid
  where k.contype = 'f' and c.relnamespace = 'app'::regnamespace order by 1, 2`

const uniquesSql = `
  select c.relname::text as of, i.relname::text as name,
    ${names('x.indrelid', '(x.indkey::int2[])[0:x.indnkeyatts - 1]')} as columns
  from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
  where (x.indisunique or x.indisexclusion) and c.relnamespace = 'app'::regnamespace order by 1, 2`

const routinesSql = `
  select p.proname::text as name, p.oid::regprocedure::text as signature, p.prosecdef as definer,
    p.prorettype = 'trigger'::regtype as trigger
  from pg_proc p where p.pronamespace = 'app'::regnamespace order by 2`

const typesSql = `
  select t.oid::regtype::text as signature, t.typtype = 'd' as domain
  from pg_type t left join pg_class c on c.oid = t.typrelid
  where t.typnamespace = 'app'::regnamespace and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c') order by 1`

/** Everything that castellan_data owns but relations, routines and types of its two schemas; and casts, which have no owner. */
const straysSql = `
  select pg_describe_object(d.classid, d.objid, d.objsubid) as what
  from pg_shdepend d left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
    left join pg_type t on d.classid = 'pg_type'::regclass and t.oid = d.objid
  where d.refclassid = 'pg_authid'::regclass and d.refobjid = 'castellan_data'::regrole and d.deptype = 'o'
    and d.dbid = (select oid from pg_database where datname = current_database())
    and coalesce(c.relnamespace, p.pronamespace, t.typnamespace, 0)
      not in ('app'::regnamespace::oid, 'app_rules'::regnamespace::oid)
    and not (d.classid = 'pg_namespace'::regclass
      and d.objid in ('app'::regnamespace::oid, 'app_rules'::regnamespace::oid))
    and d.classid <> 'pg_default_acl'::regclass
  union all
  select 'cast from ' || s.oid::regtype::text from pg_cast k join pg_type s on s.oid = k.castsource
    join pg_type g on g.oid = k.casttarget
    where 'app'::regnamespace in (s.typnamespace, g.typnamespace)`
