/**
 * Permissions as SQL: column grants, policies, presets, checks of references. What was there before is taken away first, so
 * that the result depends on nothing but the file and the tables. Run as `castellan_data`, in one transaction.
 */
import { createHash } from 'node:crypto'
import { databaseRole, dataRoles, quoteIdentifier as quoted } from '../database/roles.ts'
import type { Catalog, ForeignKey, Relation } from './catalog.ts'
import { literal } from './condition.ts'
import type { Permissions } from './permissions.ts'
import type { Rule } from './rules.ts'

const everyone = dataRoles.map(databaseRole).join(', ')
const trigger = 'zz_castellan_presets'

/**
 * Queries whose rows (`sql`) are statements: what anybody was given in schema app, every policy, everything that was
 * compiled. An owner's migration may have left any of it.
 */
export const clearingQueries: readonly string[] = [
  `select format('drop policy %I on app.%I', polname, c.relname) as sql from pg_policy p
     join pg_class c on c.oid = p.polrelid where c.relnamespace = 'app'::regnamespace`,
  `select format('drop trigger %I on app.%I', tgname, c.relname) as sql from pg_trigger t
     join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'app'::regnamespace and tgname = '${trigger}'`,
  `select format('drop routine %s', p.oid::regprocedure) as sql from pg_proc p
     where p.pronamespace = 'app_rules'::regnamespace`,
  ...[
    [
      'table',
      'pg_class',
      'relacl',
      `t.relkind in ('r', 'v', 'm', 'p', 'f') and t.relnamespace`,
      'oid::regclass',
    ],
    ['sequence', 'pg_class', 'relacl', `t.relkind = 'S' and t.relnamespace`, 'oid::regclass'],
    [
      'routine',
      'pg_proc',
      `coalesce(proacl, acldefault('f', proowner))`,
      't.pronamespace',
      'oid::regprocedure',
    ],
    [
      'type',
      'pg_type',
      `coalesce(typacl, acldefault('T', typowner))`,
      `t.typtype in ('e', 'd', 'r') and t.typnamespace`,
      'oid::regtype',
    ],
  ].map(
    ([kind, table, acl, where, name]) =>
      `select distinct format('revoke all on ${kind} %s from %s', t.${name},
         case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as sql
       from ${table} t, aclexplode(${acl}) a
       where ${where} = any (array['app'::regnamespace, 'app_rules'::regnamespace])
         and a.grantee <> 'castellan_data'::regrole`,
  ),
  `select distinct format('revoke all on table %s from %s', t.oid::regclass,
     case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as sql
   from pg_attribute c join pg_class t on t.oid = c.attrelid, aclexplode(c.attacl) a
   where t.relnamespace = 'app'::regnamespace and a.grantee <> 'castellan_data'::regrole`,
  `select distinct format('revoke all on schema %I from %s', n.nspname,
     case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as sql
   from pg_namespace n, aclexplode(n.nspacl) a
   where n.nspname in ('app', 'app_rules') and a.grantee <> 'castellan_data'::regrole`,
]

/** All statements, in order. */
export function compile(catalog: Catalog, permissions: Permissions, rules: readonly Rule[]): string[] {
  const tables = [...catalog.relations.values()].filter((relation) => relation.kind === 'r')
  return [
    'alter default privileges for role castellan_data revoke all on functions from public',
    'alter default privileges for role castellan_data revoke all on types from public',
    `grant usage on schema app, app_rules to ${everyone}`,
    'grant usage on schema app_rules to castellan_app',
    'grant select on app_rules.app_migrations, app_rules.state to castellan_app',
    ...tables.flatMap((table) => tableSql(table, permissions.tables[table.name]?.shared === true)),
    ...tables.flatMap((table) => table.foreignKeys.flatMap((key) => seesSql(table, key))),
    ...rules.flatMap((rule) => ruleSql(rule)),
    ...tables.flatMap((table) => presetsSql(table, rules)),
    ...catalog.routines.flatMap(({ name, signature }) =>
      (permissions.functions[name] ?? []).map(
        (role) => `grant execute on function ${signature} to ${databaseRole(role)}`,
      ),
    ),
  ]
}

/** Row level security, for the owner of the tables as well; and the wall between tenants, whatever else is permitted. */
function tableSql(table: Relation, shared: boolean): string[] {
  const name = `app.${quoted(table.name)}`
  const security = [
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
  ]
  if (shared) return security
  const own = `${quoted(table.name)}.tenant_id operator(pg_catalog.=) (select auth.tenant_id())`
  return [
    ...security,
    `alter table ${name} alter column tenant_id set default auth.tenant_id()`,
    `create policy castellan_tenant on ${name} as restrictive for all to public using (${own}) with check (${own})`,
  ]
}

function ruleSql(rule: Rule): string[] {
  const { table, role, command, columns, filter, check, set } = rule
  const name = `app.${quoted(table.name)}`
  const to = databaseRole(role)
  const listed = command === 'delete' ? '' : ` (${columns.map(quoted).join(', ')})`
  const grant = `grant ${command}${listed} on ${name} to ${to}`
  if (table.kind === 'v') return [grant]
  const presets = [...set].map(
    ([column, { sql }]) => `${quoted(table.name)}.${quoted(column)} operator(pg_catalog.=) ${sql}`,
  )
  const written = (key: ForeignKey) =>
    command === 'insert' || key.columns.some((each) => columns.includes(each) || set.has(each))
  const references = table.foreignKeys.filter(written).map((key) => referenceSql(table, key))
  const using = command === 'insert' ? '' : ` using (${filter.sql})`
  const withCheck =
    check === null ? '' : ` with check (${[check.sql, ...presets, ...references].join(' and ')})`
  return [
    grant,
    `create policy castellan_${command}_${role} on ${name} for ${command} to ${to}${using}${withCheck}`,
  ]
}

/** A name that is short enough whatever the owner's are. */
function compiledName(kind: 'sees' | 'preset', ...of: readonly string[]): string {
  return `app_rules.${kind}_${createHash('sha256').update(of.join('.')).digest('hex').slice(0, 16)}`
}

function referenceSql(table: Relation, key: ForeignKey): string {
  const columns = key.columns.map((column) => `${quoted(table.name)}.${quoted(column)}`)
  const empty = columns.map((column) => `${column} is null`).join(' or ')
  return `(${empty} or ${compiledName('sees', table.name, key.name)}(${columns.join(', ')}))`
}

/**
 * Whether who asks sees the row that a reference names. As a function of its own with the caller's rights, because a policy
 * whose tables lead back to it is refused by PostgreSQL; in plpgsql, because others are put into the policy again.
 */
function seesSql(table: Relation, key: ForeignKey): string[] {
  const types = key.columns.map(
    (each) => table.columns.find((column) => column.name === each)?.type ?? 'text',
  )
  const match = key.keys.map((column, index) => `t.${quoted(column)} operator(pg_catalog.=) $${index + 1}`)
  const name = compiledName('sees', table.name, key.name)
  const body = ` begin return exists (select from app.${quoted(key.table)} t where ${match.join(' and ')}); end `
  return [
    `create function ${name}(${types.join(', ')}) returns boolean language plpgsql stable as ${literal(body)}`,
    `revoke all on function ${name} from public`,
    `grant execute on function ${name} to ${everyone}`,
  ]
}

/** Presets are set by a trigger, since only that reaches a column nobody may write; the policy looks at them again. */
function presetsSql(table: Relation, rules: readonly Rule[]): string[] {
  const own = rules.filter((rule) => rule.table === table && rule.set.size > 0)
  if (own.length === 0) return []
  const name = compiledName('preset', table.name)
  const blocks = own.map(({ role, command, set }) => {
    const values = [...set].map(([column, { sql }]) => `new.${quoted(column)} := ${sql};`)
    return `if current_user = ${literal(databaseRole(role))} and tg_op = ${literal(command.toUpperCase())} then ${values.join(' ')} end if;`
  })
  const body = ` begin ${blocks.join(' ')} return new; end `
  return [
    `create function ${name}() returns trigger language plpgsql set search_path = pg_catalog as ${literal(body)}`,
    `revoke all on function ${name} from public`,
    `create trigger ${trigger} before insert or update on app.${quoted(table.name)} for each row execute function ${name}()`,
  ]
}
