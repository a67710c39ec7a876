/** Reads, writes and lists files inside one folder and nowhere else. */
import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { failureOf, isCode } from './failure.ts'
import { type Folder, openFolder } from './folder.ts'
import { refused } from './path.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** Most entries of a folder that are listed. */
export const maxListed = 500
/** Most bytes of a file that are read. */
export const maxReadBytes = 2_000_000

export interface FileContent {
  readonly bytes: Buffer
  /** Of the whole file, also where `bytes` is only its beginning. */
  readonly size: number
  readonly modified: Date
}

export interface FolderEntry {
  readonly name: string
  readonly kind: 'file' | 'folder'
  readonly bytes: number
  readonly modified: Date
}

export interface Listing {
  readonly entries: readonly FolderEntry[]
  /** Hidden names, links and special files, which no skill can use, and everything beyond the limit. */
  readonly leftOut: number
}

export type Written = 'created' | 'replaced' | 'unchanged' | 'exists' | 'folder'

/** The beginning of a file, or null when there is no regular file of that name. Refuses links of both kinds. */
export async function readWorkspaceFile(root: string, names: readonly string[]): Promise<FileContent | null> {
  await using folder = await openFolder(root, names.slice(0, -1), false)
  const name = names.at(-1)
  return folder === null || name === undefined ? null : await read(folder, name)
}

/**
 * Writes a file whole or not at all. `key` names the attempt: the same step, repeated after a crash, cleans up after itself.
 * An existing file with other content is replaced only when `replace` says so.
 */
export async function writeWorkspaceFile(
  root: string,
  names: readonly string[],
  content: Buffer,
  how: { readonly replace: boolean; readonly key: string },
): Promise<Written> {
  const name = names.at(-1)
  if (name === undefined) return 'folder'
  await using folder = await openFolder(root, names.slice(0, -1), true)
  // A folder that was just made can only be missing because somebody takes it away at this moment.
  if (folder === null) throw failureOf(new Error('the folder vanished'))
  const draft = folder.at(`.castellan-${createHash('sha256').update(how.key).digest('hex').slice(0, 24)}`)
  // Left over from a crash it would be a second name of the finished file.
  await rm(draft, { force: true })
  const there = await statOf(folder, name)
  if (there?.isDirectory()) return 'folder'
  if (there !== null && (await sameContent(folder, name, there, content))) return 'unchanged'
  if (there !== null && !how.replace) return 'exists'
  await place(folder, { draft, name, content, replace: how.replace })
  return there === null ? 'created' : 'replaced'
}

/** What is in a folder, by name, or null when there is no such folder. */
export async function listWorkspaceFolder(root: string, names: readonly string[]): Promise<Listing | null> {
  await using folder = await openFolder(root, names, false)
  if (folder === null) return null
  const all = (await readdir(folder.self)).sort()
  const entries: FolderEntry[] = []
  for (const name of all.filter((each) => !each.startsWith('.')).slice(0, maxListed)) {
    const stats = await statOf(folder, name)
    if (stats === null || !(stats.isFile() || stats.isDirectory())) continue
    const kind = stats.isFile() ? 'file' : 'folder'
    entries.push({ name, kind, bytes: stats.isFile() ? stats.size : 0, modified: stats.mtime })
  }
  return { entries, leftOut: all.length - entries.length }
}

/** Whether a regular file of that name holds what has this digest (SHA-256, hex). Refuses links of both kinds. */
export async function workspaceFileHolds(
  root: string,
  names: readonly string[],
  digest: string,
): Promise<boolean> {
  await using folder = await openFolder(root, names.slice(0, -1), false)
  const name = names.at(-1)
  return folder !== null && name !== undefined && (await digestOf(folder, name)) === digest
}

/** Removes a file that holds what has this digest; false when there is none, and anything else under that name stays. */
export async function removeWorkspaceFile(
  root: string,
  names: readonly string[],
  digest: string,
): Promise<boolean> {
  await using folder = await openFolder(root, names.slice(0, -1), false)
  const name = names.at(-1)
  if (folder === null || name === undefined || (await digestOf(folder, name)) !== digest) return false
  await rm(folder.at(name), { force: true }).catch((error: unknown) => {
    throw failureOf(error)
  })
  await folder.sync()
  return true
}

function digestOf(folder: Folder, name: string): Promise<string | null> {
  return withPlainFile(folder, name, async (handle) => {
    const hash = createHash('sha256')
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk)
    return hash.digest('hex')
  })
}

function read(folder: Folder, name: string): Promise<FileContent | null> {
  return withPlainFile(folder, name, async (handle, stats) => {
    const buffer = Buffer.alloc(Math.min(stats.size, maxReadBytes))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
    return { bytes: buffer.subarray(0, bytesRead), size: stats.size, modified: stats.mtime }
  })
}

/** Opens a file of the folder for reading and closes it again; null where there is none, or a folder. */
async function withPlainFile<T>(
  folder: Folder,
  name: string,
  use: (handle: FileHandle, stats: Stats) => Promise<T>,
): Promise<T | null> {
  const handle = await openFile(folder, name)
  if (handle === null) return null
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) return null
    mustBePlain(stats)
    return await use(handle, stats)
  } catch (error) {
    throw failureOf(error)
  } finally {
    await handle.close()
  }
}

async function openFile(folder: Folder, name: string): Promise<FileHandle | null> {
  try {
    // Not blocking: a named pipe would otherwise wait for a writer for ever.
    return await open(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    if (isCode(error, 'ELOOP', 'ENXIO')) throw refused('is a link or a special file')
    throw failureOf(error)
  }
}

/** A file with a second name may lie outside as well: a hard link escapes as surely as a symbolic one. */
function mustBePlain(stats: Stats): void {
  if (!stats.isFile()) throw refused('is a special file')
  if (stats.nlink > 1) throw refused('is a file that also has a name elsewhere')
}

interface Placing {
  readonly draft: string
  readonly name: string
  readonly content: Buffer
  readonly replace: boolean
}

async function place(folder: Folder, { draft, name, content, replace }: Placing): Promise<void> {
  try {
    await writeDraft(draft, content)
    // `link` refuses an existing name in the same instant; `rename` replaces whatever has it, a link included, unfollowed.
    if (replace) await rename(draft, folder.at(name))
    else await link(draft, folder.at(name))
    await rm(draft, { force: true })
    await folder.sync()
  } catch (error) {
    await rm(draft, { force: true })
    throw failureOf(error)
  }
}

async function writeDraft(draft: string, content: Buffer): Promise<void> {
  const handle = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function sameContent(folder: Folder, name: string, there: Stats, content: Buffer): Promise<boolean> {
  if (!there.isFile() || there.nlink > 1 || there.size !== content.length || there.size > maxReadBytes)
    return false
  return (await read(folder, name))?.bytes.equals(content) === true
}

async function statOf(folder: Folder, name: string): Promise<Stats | null> {
  try {
    return await lstat(folder.at(name))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw failureOf(error)
  }
}
