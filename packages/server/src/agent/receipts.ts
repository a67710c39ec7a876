/** Sets the answers of a run beside the ledger once it ends; until then a call may still come that does what was said. */
import type { Handle, Tenant } from '../database/index.ts'
import { modelSkillName } from '../models/index.ts'
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
  // A prompt leaves the house as well, but asking a model is no deed that an answer could mean.
  const effectOf = (skill: string) =>
    skill === modelSkillName ? 'read' : (skills.get(skill)?.effect ?? null)
  const acts = await loadActs(tenant, handle, conversation, effectOf)
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
