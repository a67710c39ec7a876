/** Keeps an instance's private files private: `.env*` 0600, `run/` and `data/` not for others; links are refused. */
import { constants } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { pathsOf } from './paths.ts'

/** Tightens what is too open and makes what is missing. Gives back, in words, what was changed. */
export async function tighten(directory: string): Promise<string[]> {
  const repairs: string[] = []
  for (const name of await readdir(directory)) {
    if (name.startsWith('.env') && (await tightenFile(directory, name))) {
      repairs.push(`${name} could be read by others; it is now yours alone (0600)`)
    }
  }
  const { run, data, workspace } = pathsOf(directory)
  await privateDirectory(run, 0o700)
  // PostgreSQL's own user must get through to the database inside when castellan runs as root.
  await privateDirectory(data, 0o711)
  await mkdir(workspace, { recursive: true, mode: 0o700 })
  return repairs
}

async function tightenFile(directory: string, name: string): Promise<boolean> {
  const file = await open(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') throw link(name)
      throw error
    },
  )
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) === 0) return false
    await file.chmod(0o600)
    return true
  } finally {
    await file.close()
  }
}

async function privateDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  const found = await lstat(path)
  if (!found.isDirectory()) throw link(path)
  if ((found.mode & 0o777 & ~mode) !== 0) await chmod(path, mode)
}

function link(name: string): CastellanError {
  return new CastellanError(
    'bad_configuration',
    `${name} is a link; secrets and data are kept in real files only`,
    {
      hint: 'put the file itself there, or name its place with a _FILE option',
    },
  )
}
