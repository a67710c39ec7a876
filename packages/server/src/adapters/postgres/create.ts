/**
 * Makes a new cluster with its database and roles. PostgreSQL's single-user mode is used for what only a superuser may
 * do, so that no superuser can ever log in: the built-in one has no password.
 */
import { spawn } from 'node:child_process'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import {
  createRoleSql,
  databaseRightsSql,
  dataRolesSql,
  dataSchemasSql,
  type RolePasswords,
  roleNames,
  scramVerifier,
  setPasswordSql,
} from '../../database/roles.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'

/** The database inside an embedded cluster. */
export const databaseName = 'castellan'

export interface ClusterSpec {
  readonly binaries: Binaries
  readonly account: Account | null
  readonly passwords: RolePasswords
  /** Only throw-away clusters: skips syncing to disk. */
  readonly unsafeNoSync?: boolean
  /** Only throw-away clusters: lets the superuser `postgres` log in. */
  readonly unsafeSuperuserPassword?: string
}

/** Makes the cluster at `data`, all or nothing. */
export async function createCluster(data: string, spec: ClusterSpec): Promise<void> {
  const aside = `${data}.new`
  await rm(aside, { recursive: true, force: true })
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C']
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const sync = spec.unsafeNoSync === true ? ['--no-sync'] : []
  await runAs(spec, spec.binaries.initdb, [`--pgdata=${aside}`, ...flags, ...locale, ...sync], '')
  // initdb wants a superuser password unless it trusts everyone; nothing has listened yet.
  await writeFile(join(aside, 'pg_hba.conf'), 'local all all scram-sha-256\n')
  const superuser = spec.unsafeSuperuserPassword
  await runAsSuperuser(aside, spec, [
    ...roleNames.map((role) => createRoleSql(role, spec.passwords[role])),
    ...dataRolesSql(),
    `create database ${databaseName} owner castellan_migrate`,
    ...databaseRightsSql(databaseName),
    'revoke all on database postgres, template1 from public',
    ...(superuser === undefined ? [] : [`alter role postgres password '${scramVerifier(superuser)}'`]),
  ])
  await runAsSuperuser(aside, spec, dataSchemasSql(), databaseName)
  await rename(aside, data)
}

/** Gives a stopped cluster of an earlier version the roles and schemas it lacks, and every role its password. */
export async function completeCluster(data: string, spec: ClusterSpec): Promise<void> {
  await runAsSuperuser(data, spec, [
    ...roleNames.map((role) => {
      const make = createRoleSql(role, spec.passwords[role])
      return `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then ${make}; end if; end $$`
    }),
    ...roleNames.map((role) => setPasswordSql(role, spec.passwords[role])),
    ...dataRolesSql(),
    ...databaseRightsSql(databaseName),
  ])
  await runAsSuperuser(data, spec, dataSchemasSql(), databaseName)
}

/** Runs statements as the superuser of a stopped cluster. Rejects at the first that fails. */
export async function runAsSuperuser(
  data: string,
  spec: Pick<ClusterSpec, 'binaries' | 'account'>,
  statements: readonly string[],
  database = 'postgres',
): Promise<void> {
  const options = ['-c', 'log_min_error_statement=panic', '-c', 'exit_on_error=on', '-c', 'io_method=sync']
  const input = statements.map((statement) => `${statement.replaceAll('\n', ' ')}\n`).join('')
  await runAs(spec, spec.binaries.postgres, ['--single', '-D', data, ...options, database], input)
}

function runAs(
  spec: Pick<ClusterSpec, 'account'>,
  program: string,
  args: readonly string[],
  input: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const identity = spec.account === null ? {} : { uid: spec.account.uid, gid: spec.account.gid }
    const child = spawn(program, args, { ...identity, ...databaseEnvironment, stdio: 'pipe' })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stdout.resume()
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(databaseFailure(program, said))))
  })
}

/** The little that PostgreSQL's programs need of an environment, and a directory every user can stand in. */
export const databaseEnvironment = {
  env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  cwd: '/',
}

/** Words for what PostgreSQL's programs write when they fail. */
export function databaseFailure(program: string, said: string): CastellanError {
  const last = said.trim().split('\n').slice(-3).join('\n')
  if (/no space left on device|check free disk space|disk quota exceeded/i.test(said)) {
    return new CastellanError('database_unavailable', 'the disk is full; postgresql cannot start', {
      hint: 'free some space and start again; nothing that was stored is lost',
    })
  }
  return new CastellanError('database_unavailable', `${program} failed:\n${last}`)
}
