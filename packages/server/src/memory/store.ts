/** Memories in PostgreSQL: each keeps the label it was saved with, so that an injection remembered is still an injection. */
import type { Label } from '@castellan/contracts'
import { storedLabel } from '@castellan/kernel'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'
import type { Principal } from '../http/index.ts'

export interface Memory {
  readonly id: string
  /** Whose memory it is: a persona's name, or `owner`. */
  readonly scope: string
  readonly text: string
  readonly label: Label
  readonly savedAt: Date
}

export interface NewMemory {
  readonly id: string
  readonly scope: string
  readonly text: string
  readonly label: Label
  readonly run: string | null
}

export interface MemoryQuery {
  /** Search words as one would type them into a search engine; empty for the newest memories. */
  readonly words: string
  /** One scope, or all those of a person. */
  readonly of: { readonly scope: string } | { readonly person: Principal }
  readonly limit: number
}

/** Saves a memory. Saving the same id again changes nothing. */
export async function saveMemory(tenant: Tenant, handle: Handle, memory: NewMemory): Promise<void> {
  const { sources, readers } = memory.label
  await handle
    .insertInto('castellan.memories')
    .values({
      id: memory.id,
      tenant_id: tenant,
      scope: memory.scope,
      text: memory.text,
      sources: [...sources],
      readers: readers === 'everyone' ? null : [...readers],
      run_id: memory.run,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Memories that hold all the words, best first; where there are none, those with a word that begins like one of them. */
export async function searchMemories(tenant: Tenant, handle: Handle, query: MemoryQuery): Promise<Memory[]> {
  const words = query.words.replaceAll('\0', '').trim()
  if (words === '') return find(tenant, handle, query, null)
  const whole = await find(tenant, handle, query, sql`websearch_to_tsquery('simple', ${words})`)
  if (whole.length > 0) return whole
  const prefixes = prefixQuery(words)
  return prefixes === '' ? [] : find(tenant, handle, query, sql`to_tsquery('simple', ${prefixes})`)
}

/** Forgets a memory of a person's for good; false when there is none with this id. */
export async function forgetMemory(
  tenant: Tenant,
  handle: Handle,
  person: Principal,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await handle
    .deleteFrom('castellan.memories')
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where(isOf(person))
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** A member's scopes bear their name; all others are the owner's. */
function isOf(person: Principal) {
  const members = person === 'owner' ? 'member:' : `${person}/`
  return sql<boolean>`starts_with(scope, ${members}) = ${person !== 'owner'}`
}

async function find(
  tenant: Tenant,
  handle: Handle,
  { of, limit }: MemoryQuery,
  words: ReturnType<typeof sql> | null,
): Promise<Memory[]> {
  let select = handle
    .selectFrom('castellan.memories')
    .select(['id', 'scope', 'text', 'sources', 'readers', 'created_at'])
    .where('tenant_id', '=', tenant)
    .limit(limit)
  select = 'scope' in of ? select.where('scope', '=', of.scope) : select.where(isOf(of.person))
  if (words !== null)
    select = select.where(sql<boolean>`words @@ ${words}`).orderBy(sql`ts_rank(words, ${words})`, 'desc')
  const rows = await select.orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    scope: row.scope,
    text: row.text,
    label: storedLabel(row),
    savedAt: row.created_at,
  }))
}

/** Letters and digits only: the operators of tsquery must not be written by whoever wrote the words. */
function prefixQuery(words: string): string {
  const parts = words.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []
  return [...new Set(parts)]
    .slice(0, 16)
    .map((part) => `${part}:*`)
    .join(' | ')
}
