/**
 * Files that the owner sends along with a message. Each lies in the workspace's inbox under a name that the house chose,
 * counts as pasted whatever is in it, belongs to one message, and goes again when that message is never sent.
 */
import { createHash, randomUUID } from 'node:crypto'
import { type Attachment, CastellanError, type Json } from '@castellan/contracts'
import { label, systemLabel } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Hearer } from '../http/index.ts'
import {
  type FileLabels,
  placeOf,
  removeWorkspaceFile,
  type Workspace,
  type Workspaces,
  workspaceFileHolds,
  writeWorkspaceFile,
} from '../skills/index.ts'
import { endingOf, shownName } from './name.ts'
import { countOf, give, markStored, release, reserve, takeUnsent } from './store.ts'

export { endingOf, shownName } from './name.ts'
export { attachmentRoutes } from './routes.ts'

/** How long a file waits for its message, in milliseconds. */
export const unsentMs = 24 * 3_600_000

/** Whoever wrote it; it stays with the owner and the owner's models, as every workspace file does. */
const attachedLabel = label(['pasted'], ['models', 'owner'])

export interface AttachmentParts {
  readonly database: Database
  readonly workspaces: Workspaces
  readonly labels: FileLabels
  /** Notes in the ledger what became of a file, as the last statement of the transaction. */
  readonly record: (
    handle: Handle,
    what: 'stored' | 'removed',
    facts: { [name: string]: Json },
  ) => Promise<void>
  readonly now: () => Date
}

export interface Attachments {
  /** Stores a file in the person's inbox, under a free name. Rejects with `bad_request`, `path_refused` or `outside_failed`. */
  store(who: Hearer, given: { name: string; content: Buffer }): Promise<Attachment>
  /**
   * Gives uploaded files to the message of a run, in that message's transaction. Rejects with `not_found` unless each was
   * uploaded by that person, still lies there as it was, and came with no other message.
   */
  claim(who: Hearer, handle: Handle, run: string, paths: readonly string[]): Promise<Attachment[]>
  /** Removes files whose message was not sent within a day. */
  clear(tenant: Tenant): Promise<void>
}

/** Makes the inbox of a workspace. */
export function openAttachments(parts: AttachmentParts): Attachments {
  const { database, workspaces, labels, record, now } = parts
  return {
    async store({ tenant, principal }, { name, content }) {
      if (content.length === 0)
        throw new CastellanError('bad_request', 'The file is empty; nothing was stored.')
      const workspace = await workspaces([principal])
      const attachment = await place(parts, tenant, workspace, shownName(name), content)
      const { path, bytes } = attachment
      const key = workspace.key(path)
      await labels.save(tenant, { path: key, content, text: attachedLabel, name: systemLabel })
      await database
        .as(tenant)
        .transaction()
        .execute(async (handle) => {
          await markStored(tenant, handle, key)
          await record(handle, 'stored', { path: key, bytes, sha256: digest(content) })
        })
      return attachment
    },
    async claim({ tenant, principal }, handle, run, paths) {
      if (paths.length === 0) return []
      const { root, key } = await workspaces([principal])
      const given = await give(tenant, handle, run, paths.map(key))
      const byPath = new Map(given.map((each) => [each.path, each]))
      return Promise.all(
        paths.map(async (path) => {
          const found = byPath.get(key(path))
          if (found === undefined || !(await workspaceFileHolds(root, path.split('/'), found.content)))
            throw missing()
          return { path, name: found.name, bytes: found.bytes }
        }),
      )
    },
    async clear(tenant) {
      const before = new Date(now().getTime() - unsentMs)
      const clearOne = async (handle: Handle): Promise<boolean> => {
        const unsent = await takeUnsent(tenant, handle, before)
        if (unsent === null) return false
        const { path: key, content } = unsent
        const { principal, path } = placeOf(key)
        const { root } = await workspaces([principal])
        // What was changed meanwhile, or is a link by now, is the owner's affair, and stays.
        const removed = await removeWorkspaceFile(root, path.split('/'), content).catch(falseIfRefused)
        await release(tenant, handle, key)
        await record(handle, 'removed', { path: key, sha256: content, removed })
        return true
      }
      while (await database.as(tenant).transaction().execute(clearOne));
    },
  }
}

/** Writes the file to the first free place of the day. The place is reserved first, so that a crash leaves nothing unknown. */
async function place(
  { database, now }: AttachmentParts,
  tenant: Tenant,
  { root, key }: Workspace,
  name: string,
  content: Buffer,
): Promise<Attachment> {
  const prefix = `inbox/${now().toISOString().slice(0, 10)}-`
  for (let n = (await countOf(tenant, database, key(prefix))) + 1; ; n++) {
    const path = `${prefix}${n}.${endingOf(name)}`
    const attachment = { path, name, bytes: content.length }
    if (!(await reserve(tenant, database, { ...attachment, path: key(path), content: digest(content) })))
      continue
    const done = await writeWorkspaceFile(root, path.split('/'), content, {
      replace: false,
      key: randomUUID(),
    }).catch(async (error: unknown) => {
      await release(tenant, database.as(tenant), key(path))
      throw error
    })
    if (done === 'created') return attachment
    // Somebody else's file has this name, even if it holds the same.
    await release(tenant, database.as(tenant), key(path))
  }
}

function falseIfRefused(error: unknown): false {
  if (error instanceof CastellanError && error.code === 'path_refused') return false
  throw error
}

function missing(): CastellanError {
  return new CastellanError('not_found', 'An attachment is not there any more; the message was not sent.', {
    hint: 'Attach the file again.',
  })
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
