/**
 * Whose files: the owner's workspace, and beside it a folder for each member, so that what one person's agent writes is not
 * what another's reads. Nobody's path leads into somebody else's folder.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One person's files. */
export interface Workspace {
  /** Absolute path of the folder; it exists. */
  readonly root: string
  /** What a path in it is called in tables that know every person's files. */
  key(path: string): string
}

/** Finds the workspace of a chain of principals: that of the person on whose behalf it acts. */
export type Workspaces = (principal: readonly string[]) => Promise<Workspace>

/** The workspaces of an instance, given the owner's. */
export function openWorkspaces(owners: string): Workspaces {
  return async ([first = 'owner']) => {
    const member = /^member:([0-9a-f-]{36})$/.exec(first)?.[1]
    if (member === undefined) {
      if (first.startsWith('member:')) throw new TypeError(`${first} is no member`)
      return { root: owners, key: (path) => path }
    }
    const root = join(dirname(owners), 'members', member)
    await mkdir(root, { recursive: true, mode: 0o700 })
    // No path within a workspace begins so.
    return { root, key: (path) => `/${member}/${path}` }
  }
}

/** Whose file a key names, and by which path of theirs. */
export function placeOf(key: string): { readonly principal: string; readonly path: string } {
  const [, member, path] = /^\/([0-9a-f-]{36})\/(.*)$/s.exec(key) ?? []
  if (member === undefined || path === undefined) return { principal: 'owner', path: key }
  return { principal: `member:${member}`, path }
}
