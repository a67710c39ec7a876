/** Findings about PostgreSQL, asked with the serving role's own rights. */
import type { Finding } from '@castellan/contracts'
import type pg from 'pg'
import { databaseRole, dataRoles, roleNames } from '../database/roles.ts'
import { ok, problem, warning } from './finding.ts'

/** What was found, and PostgreSQL's clock where it answered, in milliseconds since 1970. */
export interface DatabaseFindings {
  readonly findings: readonly Finding[]
  readonly now: number | undefined
}

interface RoleRow {
  readonly name: string
  readonly can: string[]
}

/** Looks at the live connection: version, who we are, and what each role could do. */
export async function examineDatabase(pool: pg.Pool): Promise<DatabaseFindings> {
  try {
    const began = Date.now()
    const { rows } = await pool.query<{ version: number; who: string; at: Date }>(
      `select current_setting('server_version_num')::int as version, current_user::text as who, clock_timestamp() as at`,
    )
    const took = Date.now() - began
    const roles = await pool.query<RoleRow>(
      `select rolname::text as name, array_remove(array[
         case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypass row level security' end,
         case when rolcreaterole then 'make roles' end, case when rolcreatedb then 'make databases' end,
         case when rolreplication then 'replicate' end], null) as can
       from pg_roles where rolname = any($1) or rolname = current_user`,
      [[...roleNames, ...dataRoles.map(databaseRole)]],
    )
    const connected = await pool.query<{ name: string; pid: number }>(mightyConnectionsSql)
    const open = await pool.query<{ name: string }>(openTablesSql)
    const row = rows[0]
    return {
      findings: [
        versionOf(row?.version ?? 0),
        rolesOf(row?.who ?? '', roles.rows),
        connectionsOf(connected.rows),
        tablesOf(open.rows.map(({ name }) => name)),
      ],
      // The answer took a while; half of that is a fair guess of when it was given.
      now: row === undefined ? undefined : row.at.getTime() + took / 2,
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    const fix = 'see postgresql.log in data/postgres of the instance, or check DATABASE_URL'
    return {
      findings: [problem('database.reachable', 'PostgreSQL does not answer', cause, fix)],
      now: undefined,
    }
  }
}

/** Whoever is connected to this database now and stands above row level security. */
const mightyConnectionsSql = `select u.rolname::text as name, a.pid from pg_stat_activity a
  join pg_roles u on u.oid = a.usesysid
  where a.datname = current_database() and (u.rolsuper or u.rolbypassrls) order by 2`

function connectionsOf(mighty: readonly { name: string; pid: number }[]): Finding {
  const id = 'database.connections'
  if (mighty.length === 0) return ok(id, 'no connection stands above row level security')
  const who = mighty.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')
  return warning(
    id,
    'somebody is connected who stands above row level security',
    `${who}; nothing of castellan uses such a role`,
    'end that session if it is not your own',
  )
}

/** Tables of the owner's that somebody may use and that row level security does not hold. */
const openTablesSql = `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'app' and c.relkind in ('r', 'p', 'm', 'f')
    and not (c.relrowsecurity and c.relforcerowsecurity) order by 1`

function tablesOf(open: readonly string[]): Finding {
  const id = 'data.walls'
  if (open.length === 0) return ok(id, 'row level security holds every table of schema app')
  return problem(
    id,
    'tables of schema app are not held by row level security',
    open.join(', '),
    'castellan db apply puts it back; see docs/guide/data.md',
  )
}

function versionOf(version: number): Finding {
  const id = 'database.version'
  const major = Math.floor(version / 10_000)
  if (major >= 15) return ok(id, `PostgreSQL ${major} answers`)
  return problem(
    id,
    'PostgreSQL is too old',
    `it is ${major}; castellan needs 15 or newer`,
    'upgrade it, or leave DATABASE_URL unset',
  )
}

function rolesOf(who: string, roles: readonly RoleRow[]): Finding {
  const id = 'database.roles'
  const mighty = roles.filter((role) => role.can.length > 0)
  if (mighty.length > 0) {
    const said = mighty.map((role) => `${role.name} can ${role.can.join(', ')}`).join('; ')
    const fix = mighty.map(
      (role) => `alter role ${role.name} nosuperuser nobypassrls nocreaterole nocreatedb noreplication;`,
    )
    return problem(id, 'a database role can do more than it should', said, fix.join(' '))
  }
  if (who !== 'castellan_app') {
    return warning(
      id,
      'the server uses an unexpected database role',
      `it is ${who}`,
      'start castellan again; if it stays so, report it',
    )
  }
  return ok(id, 'database roles can do no more than they need')
}
