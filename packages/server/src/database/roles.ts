/**
 * The PostgreSQL roles of an instance and the SQL that makes them. Each logs in with a password of `.env.secrets`;
 * only SCRAM verifiers are sent, so that no password reaches a statement log.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/**
 * `castellan_migrate` owns the house's tables, `castellan_app` serves, `castellan_api` speaks for GraphQL's callers,
 * `castellan_data` owns the owner's own tables (schema app) and nothing else.
 */
export const roleNames = ['castellan_migrate', 'castellan_app', 'castellan_api', 'castellan_data'] as const
export type RoleName = (typeof roleNames)[number]
export type RolePasswords = Readonly<Record<RoleName, string>>

/** Whom permissions on the owner's tables are given to; nobody logs in as these. `castellan_api` becomes one per request. */
export const dataRoles = ['owner', 'member', 'viewer', 'anonymous'] as const
export type DataRole = (typeof dataRoles)[number]

/** The database role of a role of data. */
export function databaseRole(role: DataRole): `app_${DataRole}` {
  return `app_${role}`
}

/** Of `castellan_data`: the owner's tables, and what their permissions compile to beside them. */
export const dataSchemas = ['app', 'app_rules'] as const

/** What every role must not have: the running roles prove it in `doctor`. */
const attributes = {
  castellan_migrate: 'login nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
  castellan_app: 'login nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
  castellan_api: 'login noinherit nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
  castellan_data: 'login nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
} as const satisfies Record<RoleName, string>

/** Makes one role with its attributes and password. */
export function createRoleSql(role: RoleName, password: string): string {
  return `create role ${role} ${attributes[role]} password '${scramVerifier(password)}'`
}

/** Gives a role the password that `.env.secrets` names now. */
export function setPasswordSql(role: RoleName, password: string): string {
  return `alter role ${role} password '${scramVerifier(password)}'`
}

/** Makes those roles of data that are missing and lets `castellan_api`, and nobody else, become them. Repeatable. */
export function dataRolesSql(): string[] {
  const names = dataRoles.map(databaseRole)
  return [
    ...names.map(
      (name) =>
        `do $$ begin if not exists (select from pg_roles where rolname = '${name}') then create role ${name} nologin noinherit; end if; end $$`,
    ),
    `grant ${names.join(', ')} to castellan_api`,
  ]
}

/** Rights on the database itself: the owner makes schemas, the others only connect, nobody else does. */
export function databaseRightsSql(database: string): string[] {
  const name = quoteIdentifier(database)
  return [
    `revoke all on database ${name} from public`,
    `grant connect, create on database ${name} to castellan_migrate`,
    `grant connect on database ${name} to castellan_app, castellan_api, castellan_data`,
  ]
}

/**
 * The schemas of the owner's tables, inside the database; run by who may act as `castellan_data`. Nothing of `public` is
 * anyone's: where it is not ours to change, PostgreSQL only warns.
 */
export function dataSchemasSql(): string[] {
  return [
    ...dataSchemas.map((name) => `create schema if not exists ${name} authorization castellan_data`),
    'revoke all on schema public from public',
  ]
}

/** One row with one boolean: whether all of the above but passwords is there, as every role can see. */
export const isPreparedSql = `select
  (select count(*) from pg_roles where rolname = any (array['${roleNames.join("','")}'])) = ${roleNames.length}
  and (select count(*) from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
       where u.rolname = 'castellan_api' and g.rolname = any (array['${dataRoles.map(databaseRole).join("','")}'])) >= ${dataRoles.length}
  and (select count(*) from pg_namespace where nspname = any (array['${dataSchemas.join("','")}'])) = ${dataSchemas.length} as prepared`

/** An SQL identifier, quoted. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The verifier PostgreSQL stores for a password (RFC 5803 with PostgreSQL's field names). */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
