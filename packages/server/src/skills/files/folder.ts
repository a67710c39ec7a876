/**
 * Walks the workspace one folder at a time, each opened without following links and kept open while its children are
 * used, so that nobody can swap a folder for a link between check and use.
 */
import { constants, existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { failureOf, isCode } from './failure.ts'
import { refused } from './path.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** On Linux a path through an open folder's descriptor cannot be redirected; Node has no openat. */
const descriptors = existsSync('/proc/self/fd') ? '/proc/self/fd' : null

/** An open folder inside the workspace. */
export interface Folder extends AsyncDisposable {
  /** The path of a child, to be used while the folder is open. */
  at(name: string): string
  /** The folder itself, to be listed. */
  readonly self: string
  /** Makes renames within the folder durable. */
  sync(): Promise<void>
}

/** Opens the folder that `names` leads to; with `create` missing ones are made (0700). Null when there is none. */
export async function openFolder(
  root: string,
  names: readonly string[],
  create: boolean,
): Promise<Folder | null> {
  let folder = await openRoot(root)
  for (const name of names) {
    await using parent = folder
    const next = await enter(parent, name, create)
    if (next === null) return null
    folder = next
  }
  return folder
}

type Opened = Folder & { readonly path: string }

/** The owner may have put the workspace behind a link; everything below is walked without following any. */
async function openRoot(root: string): Promise<Opened> {
  try {
    const path = await realpath(root)
    return await openOne(path, path)
  } catch (error) {
    throw new CastellanError(
      'outside_failed',
      'The workspace folder cannot be opened; nothing was touched.',
      {
        hint: 'Check that the folder "workspace" of the instance exists and belongs to its user.',
        cause: error,
      },
    )
  }
}

async function enter(parent: Opened, name: string, create: boolean): Promise<Opened | null> {
  try {
    if (create) await mkdir(parent.at(name), { mode: 0o700 }).catch(ignoreExisting)
    return await openOne(parent.at(name), join(parent.path, name))
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    if (isCode(error, 'ELOOP', 'ENOTDIR')) throw refused('goes through a link or a file')
    throw failureOf(error)
  }
}

async function openOne(via: string, path: string): Promise<Opened> {
  const handle = await open(via, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
  if (descriptors === null) await mustStillBe(handle, path)
  const self = descriptors === null ? path : `${descriptors}/${handle.fd}`
  return {
    path,
    self,
    at: (name) => join(self, name),
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** Without descriptor paths: the folder's real path must be the one that was walked. */
async function mustStillBe(handle: FileHandle, path: string): Promise<void> {
  if ((await realpath(path)) === path) return
  await handle.close()
  throw refused('goes through a link')
}

function ignoreExisting(error: unknown): void {
  if (!isCode(error, 'EEXIST')) throw error
}
