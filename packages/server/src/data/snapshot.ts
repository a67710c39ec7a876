/**
 * Everything that decides who may do what in schema app, as lines of text: compared before and after, it is what a change
 * changes; compared with what was stored at the last apply, it is drift. Any role may read it.
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'

/** The lines, sorted. */
export async function takeSnapshot(client: pg.ClientBase | pg.Pool): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(snapshotSql)
  return rows.map(({ line }) => line.replace(/\s+/g, ' ')).sort()
}

/** What goes (`- `) and what comes (`+ `). */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ]
}

/** One word for tables, permissions and migrations together; another one after every change. */
export function versionOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}

const grantee = `case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end`
const inApp = `c.relnamespace = 'app'::regnamespace`

const snapshotSql = `
  select format('grant %s on %s to %s', lower(a.privilege_type), c.relname, ${grantee}) as line
    from pg_class c, aclexplode(c.relacl) a where ${inApp} and a.grantee <> 'castellan_data'::regrole
  union all
  select format('grant %s (%s) on %s to %s', lower(a.privilege_type), t.attname, c.relname, ${grantee})
    from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a where ${inApp} and a.grantee <> 'castellan_data'::regrole
  union all
  select format('grant %s on schema %s to %s', lower(a.privilege_type), n.nspname, ${grantee})
    from pg_namespace n, aclexplode(n.nspacl) a where n.nspname in ('app', 'app_rules') and a.grantee <> 'castellan_data'::regrole
  union all
  select format('grant execute on function %s to %s', p.oid::regprocedure, ${grantee})
    from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.pronamespace = 'app'::regnamespace and a.grantee <> 'castellan_data'::regrole
  union all
  select format('row level security on %s: %s', c.relname,
      case when relrowsecurity and relforcerowsecurity then 'on' when relrowsecurity then 'not for its owner' else 'off' end)
    from pg_class c where ${inApp} and c.relkind in ('r', 'p')
  union all
  select format('policy %s on %s (%s, %s, to %s)%s%s', p.polname, c.relname,
      case when p.polpermissive then 'permissive' else 'restrictive' end,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(case r when 0 then 'public' else pg_get_userbyid(r)::text end, ', ') from unnest(p.polroles) r),
      ' using ' || pg_get_expr(p.polqual, p.polrelid), ' check ' || pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_policy p join pg_class c on c.oid = p.polrelid where ${inApp}
  union all
  select format('trigger %s on %s (%s): %s', t.tgname, c.relname, t.tgenabled, md5(f.prosrc))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc f on f.oid = t.tgfoid
    where ${inApp} and not t.tgisinternal
  union all
  select format('function %s%s: %s', p.oid::regprocedure, case when p.prosecdef then ' with its owner''s rights' else '' end,
      md5(coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '')))
    from pg_proc p where p.pronamespace in ('app'::regnamespace, 'app_rules'::regnamespace)
  union all
  select format('column %s.%s %s%s%s', c.relname, t.attname, format_type(t.atttypid, t.atttypmod),
      case when t.attnotnull then ' not null' else '' end, ' default ' || pg_get_expr(d.adbin, d.adrelid))
    from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = t.attnum where ${inApp} and c.relkind in ('r', 'v', 'm', 'p', 'f')
  union all
  select format('view %s (%s): %s', c.relname, coalesce(array_to_string(c.reloptions, ', '), ''), md5(pg_get_viewdef(c.oid)))
    from pg_class c where ${inApp} and c.relkind in ('v', 'm')
  union all
  select format('constraint %s on %s: %s', k.conname, c.relname, pg_get_constraintdef(k.oid))
    from pg_constraint k join pg_class c on c.oid = k.conrelid where ${inApp} and k.contype in ('p', 'u', 'f', 'x', 'c')
  union all
  select format('index %s on %s: %s', i.relname, c.relname, pg_get_indexdef(i.oid))
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    where ${inApp} and not exists (select from pg_constraint k where k.conindid = i.oid)`
