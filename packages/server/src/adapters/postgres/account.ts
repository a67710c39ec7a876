/**
 * The operating system user that PostgreSQL runs as. PostgreSQL refuses to run as root, so root hands it to the user
 * `postgres`, or to one made for it; everyone else runs it as themselves.
 */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { CastellanError } from '@castellan/contracts'

const run = promisify(execFile)

/** A user that is not ourselves; `null` elsewhere means ourselves. */
export interface Account {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

const madeByUs = 'castellan-db'

/** Whom to run PostgreSQL as: the owner of an existing data directory, else `postgres`, else a new system user. */
export async function databaseAccount(data: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const owner = await stat(data).catch(() => null)
  if (owner !== null && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: `user ${owner.uid}` }
  }
  return (await lookUp('postgres')) ?? (await lookUp(madeByUs)) ?? (await makeUser())
}

async function lookUp(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), name }
  } catch {
    // `id` fails for a user that does not exist; the caller goes on to the next name.
    return null
  }
}

async function makeUser(): Promise<Account> {
  const attempts: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', madeByUs]],
    ['adduser', ['-S', '-D', '-H', madeByUs]],
  ]
  let cause: unknown
  for (const [command, args] of attempts) {
    try {
      await run(command, args)
      const account = await lookUp(madeByUs)
      if (account !== null) return account
    } catch (error) {
      cause = error
    }
  }
  throw new CastellanError(
    'bad_configuration',
    'postgresql cannot run as root, and no other user could be made for it',
    { cause, hint: 'start castellan as an ordinary user, create a user named postgres, or set DATABASE_URL' },
  )
}

/** Whether `account` can walk down to `path`, judged by the directories that exist on the way. */
export async function canReach(path: string, account: Account | null): Promise<boolean> {
  if (account === null) return true
  for (let step = resolve(path); ; step = dirname(step)) {
    const found = await stat(step).catch(() => null)
    if (found?.isDirectory() && !mayEnter(found, account)) return false
    if (step === dirname(step)) return true
  }
}

function mayEnter(directory: { mode: number; uid: number; gid: number }, account: Account): boolean {
  if (directory.uid === account.uid) return (directory.mode & 0o100) !== 0
  if (directory.gid === account.gid) return (directory.mode & 0o010) !== 0
  return (directory.mode & 0o001) !== 0
}
