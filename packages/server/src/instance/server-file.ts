/** `run/server.json`: where a running instance is and the token that lets its owner's programs in. 0600. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerFile } from '@castellan/contracts'
import { pathsOf } from './paths.ts'

/** A local token: 256 bits. It can click; it is never a second factor. */
export function newLocalToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Writes the file whole or not at all. */
export async function writeServerFile(run: string, file: ServerFile): Promise<void> {
  const aside = join(run, `server.json.${process.pid}`)
  await writeFile(aside, `${JSON.stringify(file)}\n`, { mode: 0o600 })
  await rename(aside, join(run, 'server.json'))
}

/** What a running instance left; null when there is none or it is half written. */
export async function readServerFile(directory: string): Promise<ServerFile | null> {
  try {
    return ServerFile.parse(JSON.parse(await readFile(join(pathsOf(directory).run, 'server.json'), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error
    return null
  }
}

/** Removes the file. */
export async function removeServerFile(run: string): Promise<void> {
  await rm(join(run, 'server.json'), { force: true })
}
