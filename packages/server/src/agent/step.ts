/** What the steps of a turn share: finding their run, telling of it, the owner's words. */
import { CastellanError, type RunView } from '@castellan/contracts'
import { foreignSources, type RunFacts } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { Find } from '../sealed/index.ts'
import { entryView } from './entries.ts'
import { ownWords, pastedOf } from './pasted.ts'
import { loadActing, type RunRow } from './runs.ts'
import { loadStanding, runView } from './standing.ts'
import type { AgentPorts, Persona, StoredEntry } from './types.ts'

/** The run's persona, conversation and speaker; null when it was asked to stop, has ended, or its speaker must not act. */
export async function beginStep(
  ports: AgentPorts,
  tenant: Tenant,
  run: string,
): Promise<{ persona: Persona; conversation: string; speaker: Principal } | null> {
  const row = await loadActing(tenant, ports.database.as(tenant), run)
  if (row === null) throw new TypeError(`no run ${run}`)
  const { speaker } = row
  if (speaker === null || row.stop_requested || ['done', 'stopped', 'failed'].includes(row.state)) return null
  ports.speaks(row.conversation_id, speaker)
  const persona = ports.personas.get(row.persona)
  if (persona === undefined)
    throw new CastellanError('bad_configuration', `castellan.yaml has no persona ${row.persona} any more.`)
  return { persona, conversation: row.conversation_id, speaker }
}

/** A run as clients are told of it. */
export async function viewOfRun(
  ports: AgentPorts,
  tenant: Tenant,
  handle: Handle,
  row: RunRow,
): Promise<RunView> {
  const standing = await loadStanding(tenant, handle, row.conversation_id ?? '', row.id)
  return runView(row, standing, influenceBudget(ports, row.persona))
}

/** Bits that reader's answers may tell a run of this persona; none when it is gone. */
export function influenceBudget({ personas }: AgentPorts, persona: string): number {
  return personas.get(persona)?.influenceBits ?? 0
}

/** Tells clients of a line. */
export function publishEntry(
  ports: AgentPorts,
  tenant: Tenant,
  conversation: string,
  line: StoredEntry,
  find?: Find,
): void {
  const entry = entryView(line, find)
  if (entry !== null) ports.publish(tenant, { type: 'entry', conversation, entry })
}

/** What the owner said in the current request. What they pasted is not theirs, nor what somebody else is known to have sent. */
export function wordsOf(entries: readonly StoredEntry[], run: string): RunFacts['words'] {
  return entries.flatMap(({ run: of, content, label }) => {
    if (of !== run || content.kind !== 'owner') return []
    const isOwners = foreignSources(label).every((source) => source === 'pasted')
    return isOwners ? ownWords(content.text, pastedOf(content)) : []
  })
}
