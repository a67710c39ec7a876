/** Where references of a conversation lead: to its own stored results and to what its owner pasted, and nowhere else. */
import type { Database, Tenant } from '../database/index.ts'
import { type Find, seqOf } from '../sealed/index.ts'
import { loadLines } from './entries.ts'
import { findIn } from './shown.ts'
import type { StoredEntry } from './types.ts'

/** Finds what handles name among the lines at hand; only what they lack is loaded from the rest of the conversation. */
export async function findFor(
  tenant: Tenant,
  database: Database,
  conversation: string,
  lines: readonly StoredEntry[],
  handles: readonly string[],
): Promise<Find> {
  const here = new Set(lines.map((line) => line.seq))
  const missing = [...new Set(handles.map(seqOf))].filter(
    (seq) => Number.isSafeInteger(seq) && !here.has(seq),
  )
  if (missing.length === 0) return findIn(lines)
  return findIn([...lines, ...(await loadLines(tenant, database, conversation, missing))])
}
