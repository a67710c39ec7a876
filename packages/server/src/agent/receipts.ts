/** Sets the answers of a run beside the ledger once it ends; until then a call may still come that does what was said. */
import type { Handle, Tenant } from '../database/index.ts'
import { claimsAnything, loadActs, receiptsFor } from '../receipts/index.ts'
import { saveEntry } from './entries.ts'
import type { AgentPorts, StoredEntry } from './types.ts'

/** Writes receipts to those of a run's lines that claim something, and gives these back. */
export async function settleReceipts(
  { skills }: Pick<AgentPorts, 'skills'>,
  tenant: Tenant,
  handle: Handle,
  conversation: string,
  lines: readonly StoredEntry[],
): Promise<StoredEntry[]> {
  const claiming = lines.filter(({ content }) => content.kind === 'agent' && claimsAnything(content.text))
  if (claiming.length === 0) return []
  const acts = await loadActs(tenant, handle, conversation, (skill) => skills.get(skill)?.effect ?? null)
  const settled: StoredEntry[] = []
  for (const { run, step, content, label } of claiming) {
    if (content.kind !== 'agent') continue
    const receipts = receiptsFor(content.text, run, acts)
    settled.push(
      await saveEntry(tenant, handle, { conversation, run, step }, { ...content, receipts }, label),
    )
  }
  return settled
}
