/** What the built-in skills keep in PostgreSQL: feed items that were handed out, and notices for the owner. */
import { createHash, randomUUID } from 'node:crypto'
import type { Json } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'

/**
 * Which of these items this run is the first to see; they are remembered as seen. The same run gets the same answer again,
 * so a step that is repeated after a crash loses nothing.
 */
export async function claimNewItems(
  tenant: Tenant,
  handle: Handle,
  claim: { readonly feed: string; readonly items: readonly string[]; readonly run: string },
): Promise<ReadonlySet<string>> {
  if (claim.items.length === 0) return new Set()
  const feed = fit(claim.feed)
  const byKey = new Map(claim.items.map((item) => [fit(item), item]))
  await handle
    .insertInto('castellan.feed_items')
    .values([...byKey.keys()].map((item) => ({ tenant_id: tenant, feed, item, first_seen_run: claim.run })))
    .onConflict((conflict) => conflict.columns(['tenant_id', 'feed', 'item']).doNothing())
    .execute()
  const rows = await handle
    .selectFrom('castellan.feed_items')
    .select('item')
    .where('tenant_id', '=', tenant)
    .where('feed', '=', feed)
    .where('first_seen_run', '=', claim.run)
    .where('item', 'in', [...byKey.keys()])
    .execute()
  return new Set(rows.map((row) => byKey.get(row.item) ?? row.item))
}

/** Puts a notice for the owner into the outbox; the same key puts it there once. */
export async function queueNotice(
  tenant: Tenant,
  handle: Handle,
  notice: { readonly key: string; readonly body: Json },
): Promise<void> {
  await handle
    .insertInto('castellan.outbox')
    .values({
      id: randomUUID(),
      tenant_id: tenant,
      channel: 'web',
      external_key: notice.key,
      body: JSON.stringify(notice.body),
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'channel', 'external_key']).doNothing())
    .execute()
}

/** A key that fits an index row: PostgreSQL refuses entries over 2.7 kB. */
function fit(key: string): string {
  return key.length <= 500 ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}
