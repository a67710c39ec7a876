/** Attachments in PostgreSQL: a place in the inbox is reserved, then filled, then sent with one message or given up. */
import type { Attachment } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'

/** An attachment with its `content` as SHA-256, hex. */
export interface Known extends Attachment {
  readonly content: string
}

/** Reserves a path; false when it was given away before. */
export async function reserve(tenant: Tenant, database: Database, file: Known): Promise<boolean> {
  const { path, name, bytes, content } = file
  const row = await database
    .as(tenant)
    .insertInto('castellan.attachments')
    .values({ tenant_id: tenant, path, name, bytes, content })
    .onConflict((conflict) => conflict.doNothing())
    .returning('path')
    .executeTakeFirst()
  return row !== undefined
}

/** Gives a reserved path back. */
export async function release(tenant: Tenant, handle: Handle, path: string): Promise<void> {
  await handle
    .deleteFrom('castellan.attachments')
    .where('tenant_id', '=', tenant)
    .where('path', '=', path)
    .execute()
}

/** Notes that the file lies at its path, whole. */
export async function markStored(tenant: Tenant, handle: Handle, path: string): Promise<void> {
  await handle
    .updateTable('castellan.attachments')
    .set({ stored_at: new Date() })
    .where('tenant_id', '=', tenant)
    .where('path', '=', path)
    .execute()
}

/** Gives stored files that no message has to a run's message, and returns those that were. */
export async function give(
  tenant: Tenant,
  handle: Handle,
  run: string,
  paths: readonly string[],
): Promise<Known[]> {
  return handle
    .updateTable('castellan.attachments')
    .set({ run_id: run })
    .where('tenant_id', '=', tenant)
    .where('path', 'in', paths)
    .where('run_id', 'is', null)
    .where('stored_at', 'is not', null)
    .returning(['path', 'name', 'bytes', 'content'])
    .execute()
}

/** How many places are taken whose path begins so. */
export async function countOf(tenant: Tenant, database: Database, prefix: string): Promise<number> {
  const { count } = await database
    .as(tenant)
    .selectFrom('castellan.attachments')
    .select((row) => row.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenant)
    .where((row) => row.fn('starts_with', ['path', row.val(prefix)]), '=', true)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** One file older than `before` whose message was never sent, locked so that none can take it now; null when there is none. */
export async function takeUnsent(
  tenant: Tenant,
  handle: Handle,
  before: Date,
): Promise<{ path: string; content: string } | null> {
  const row = await handle
    .selectFrom('castellan.attachments')
    .select(['path', 'content'])
    .where('tenant_id', '=', tenant)
    .where('run_id', 'is', null)
    .where('uploaded_at', '<', before)
    .orderBy('uploaded_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row ?? null
}
