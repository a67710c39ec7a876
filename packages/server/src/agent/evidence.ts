/** What a question shows of where its arguments stand: the line with the owner's words, what was pasted, and the results in full. */
import type { ReadResult } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import { revealName } from '../sealed/index.ts'
import { type EntryPlace, loadEntries } from './entries.ts'
import { pastedLabel, pastedOf } from './pasted.ts'
import type { StoredEntry } from './types.ts'

/** What is looked through for one question, newest first. */
const mostCharacters = 4_000_000

/**
 * The evidence of a run: its own results come first, then earlier ones of the conversation, to which references may lead.
 * What was kept sealed from the planner is part of it, for it is for the owner's eyes.
 */
export async function loadEvidence(
  tenant: Tenant,
  handle: Handle,
  { conversation, run }: EntryPlace,
): Promise<{ said: string | null; read: ReadResult[] }> {
  const lines = await loadEntries(tenant, handle, conversation)
  const own = lines.filter((line) => line.run === run)
  const said = own.find((line) => line.content.kind === 'owner')?.id ?? null
  const others = lines.filter((line) => line.run !== run).toReversed()
  return { said, read: upTo(mostCharacters, [...own, ...others].flatMap(textsOf)) }
}

/** The parts of a message that were pasted stand there as a result of no skill. */
function textsOf({ id, content }: StoredEntry): ReadResult[] {
  if (content.kind === 'owner') {
    return pastedOf(content).map(({ from, to }) => ({
      ...{ id, skill: '', args: {}, value: content.text.slice(from, to), labels: { '': pastedLabel } },
    }))
  }
  if (content.kind !== 'call' || content.call.outcome.kind !== 'done') return []
  const { skill, outcome } = content.call
  // What was revealed stands in the result that it was revealed from.
  if (skill === revealName) return []
  return [{ id, skill, args: {}, value: outcome.value, labels: outcome.labels }]
}

function upTo(characters: number, results: readonly ReadResult[]): ReadResult[] {
  let left = characters
  return results.filter(({ value }) => {
    left -= JSON.stringify(value).length
    return left >= 0
  })
}
