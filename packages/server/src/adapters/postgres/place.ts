/**
 * Where an embedded cluster lives on disk, and its socket. As root the database's user must be able to walk there, which
 * a 0700 home prevents; then both go under /var/lib/castellan.
 */
import { randomBytes } from 'node:crypto'
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { type Account, canReach } from './account.ts'
import { sharedDirectory } from './binaries.ts'

/** Length of `sun_path` on Linux and macOS less the terminator, the smaller of the two. */
const longestSocketPath = 103
/** The name of the socket inside its directory. */
export const socketName = '.s.PGSQL.5432'
const majorVersion = '18'

/** The directory named by an earlier start's pointer, else the asked one. */
export async function findHome(directory: string): Promise<string> {
  const pointer = await readFile(`${directory}.path`, 'utf8').catch(() => '')
  return join(pointer.trim() === '' ? directory : pointer.trim(), 'data')
}

/**
 * Decides where the cluster lives and makes that directory: inside the instance where PostgreSQL's user can reach it,
 * else under /var/lib/castellan, remembered in `<directory>.path`, so that it is found again wherever the instance moves.
 */
export async function place(directory: string, account: Account | null): Promise<string> {
  const pointer = `${directory}.path`
  const remembered = (await readFile(pointer, 'utf8').catch(() => '')).trim()
  if (remembered !== '') {
    await mkdirFor(remembered, account)
    return remembered
  }
  await mkdir(dirname(directory), { recursive: true, mode: 0o711 })
  if (await canReach(dirname(directory), account)) {
    await mkdirFor(directory, account)
    return directory
  }
  if ((await readVersion(join(directory, 'data'))) !== null) {
    throw new CastellanError(
      'bad_configuration',
      `the database in ${directory} can no longer be reached by ${account?.name ?? 'its user'}`,
      { hint: 'make every directory above it enterable again (chmod o+x), then start again' },
    )
  }
  const instance = basename(dirname(dirname(directory)))
  const elsewhere = join(sharedDirectory, `${instance}-${randomBytes(4).toString('hex')}`)
  await mkdir(sharedDirectory, { recursive: true, mode: 0o755 })
  await mkdirFor(elsewhere, account)
  await writeFile(pointer, `${elsewhere}\n`, { flag: 'wx', mode: 0o600 })
  return elsewhere
}

/** A private directory of PostgreSQL's user; links are refused. */
async function mkdirFor(directory: string, account: Account | null): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const found = await lstat(directory)
  if (!found.isDirectory()) {
    throw new CastellanError('bad_configuration', `${directory} is not a directory (links are refused)`)
  }
  if (account !== null && found.uid !== account.uid) await chown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
}

/** The major version of the cluster at `data`, null where there is none. Rejects when it is not ours to start. */
export async function readVersion(data: string): Promise<string | null> {
  let version: string
  try {
    version = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new CastellanError('bad_configuration', `the database in ${data} belongs to another user`, {
      cause: error,
      hint: 'start castellan as the user who started it before (root, perhaps)',
    })
  }
  if (version === majorVersion) return version
  throw new CastellanError(
    'bad_configuration',
    `the database in ${data} is postgresql ${version}; this castellan brings ${majorVersion}`,
    { hint: 'start it with the castellan it was made with' },
  )
}

/** A directory short enough for a socket path (108 bytes with its terminator on Linux). */
export async function socketHome(home: string, account: Account | null): Promise<string> {
  const inside = join(home, 'socket')
  if (Buffer.byteLength(join(inside, socketName)) <= longestSocketPath) {
    await mkdirFor(inside, account)
    return inside
  }
  const outside = await mkdtemp(join(tmpdir(), 'castellan-'))
  await mkdirFor(outside, account)
  return outside
}
