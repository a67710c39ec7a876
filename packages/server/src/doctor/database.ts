/** Findings about PostgreSQL, asked with the serving role's own rights. */
import type { Finding } from '@castellan/contracts'
import type pg from 'pg'
import { roleNames } from '../database/roles.ts'
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
      [[...roleNames]],
    )
    const row = rows[0]
    return {
      findings: [versionOf(row?.version ?? 0), rolesOf(row?.who ?? '', roles.rows)],
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
