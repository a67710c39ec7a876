/**
 * The PostgreSQL roles of an instance and the SQL that makes them. Each logs in with a password of `.env.secrets`;
 * only SCRAM verifiers are sent, so that no password reaches a statement log.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** `castellan_migrate` owns the tables, `castellan_app` serves, `castellan_api` will authenticate GraphQL callers. */
export const roleNames = ['castellan_migrate', 'castellan_app', 'castellan_api'] as const
export type RoleName = (typeof roleNames)[number]
export type RolePasswords = Readonly<Record<RoleName, string>>

/** What every role must not have: the running roles prove it in `doctor`. */
const attributes = {
  castellan_migrate: 'login nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
  castellan_app: 'login nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
  castellan_api: 'login noinherit nosuperuser nocreatedb nocreaterole nobypassrls noreplication',
} as const satisfies Record<RoleName, string>

/** Makes one role with its attributes and password. */
export function createRoleSql(role: RoleName, password: string): string {
  return `create role ${role} ${attributes[role]} password '${scramVerifier(password)}'`
}

/** Gives a role the password that `.env.secrets` names now. */
export function setPasswordSql(role: RoleName, password: string): string {
  return `alter role ${role} password '${scramVerifier(password)}'`
}

/** Rights on the database itself: the owner makes schemas, the others only connect, nobody else does. */
export function databaseRightsSql(database: string): string[] {
  const name = quoteIdentifier(database)
  return [
    `revoke all on database ${name} from public`,
    `grant connect, create on database ${name} to castellan_migrate`,
    `grant connect on database ${name} to castellan_app, castellan_api`,
  ]
}

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
