/**
 * The steps of a turn. Each may run more than once: what it did before is found by its run and step, in the ledger and
 * among the entries. Steps hand ids and small words to the workflow; bodies stay in our tables.
 */
import type { Label } from '@castellan/contracts'
import { systemLabel } from '@castellan/kernel'
import type { Tenant } from '../database/index.ts'
import type { Outcome } from '../invoke/index.ts'
import { loadQuestion, voidQuestions } from '../questions/index.ts'
import { type Acted, act } from './act.ts'
import { loadRunEntries, saveEntry } from './entries.ts'
import { readings } from './read.ts'
import { settleReceipts } from './receipts.ts'
import { endRun, loadActing, type RunEnd } from './runs.ts'
import { findIn } from './shown.ts'
import { publishEntry, viewOfRun } from './step.ts'
import { type Thought, think } from './think.ts'
import type { AgentPorts, StoredCall, StoredEntry } from './types.ts'

export interface Steps {
  think(tenant: Tenant, run: string, round: number, attempt: number): Promise<Thought>
  act(tenant: Tenant, run: string, thought: string, index: number, question?: string): Promise<Acted>
  /** Ends a run and names the one that comes next in its conversation. */
  end(tenant: Tenant, run: string, end: RunEnd): Promise<string | null>
}

/** The steps over the agent's ports; `signalOf` gives the stop button of a run. */
export function createSteps(ports: AgentPorts, signalOf: (run: string) => AbortSignal): Steps {
  const read = readings(ports.skills)
  return {
    think: (tenant, run, round, attempt) => think(ports, signalOf(run), tenant, run, round, attempt),
    act: (tenant, run, thought, index, question) =>
      act(ports, read, { tenant, run, thought, index, question, signal: signalOf(run) }),
    async end(tenant, run, end) {
      const acting = await loadActing(tenant, ports.database.as(tenant), run)
      // Gone with the person whose it was.
      if (acting === null) return null
      if (acting.speaker !== null) ports.speaks(acting.conversation_id, acting.speaker)
      if (end.error !== null) await say(ports, tenant, run, acting.conversation_id, end)
      const closing = await stillAsking(ports, tenant, run)
      const lines = await loadRunEntries(tenant, ports.database, run)
      const { view, next, closed, voided } = await ports.database
        .as(tenant)
        .transaction()
        .execute(async (handle) => {
          const { ended, next } = await endRun(tenant, handle, run, end)
          const voided = await voidQuestions(tenant, handle, run)
          const closed: StoredEntry[] = []
          for (const { step, call, label } of closing) {
            const place = { conversation: ended.conversation_id ?? '', run, step }
            closed.push(await saveEntry(tenant, handle, place, { kind: 'call', call }, label))
          }
          closed.push(...(await settleReceipts(ports, tenant, handle, ended.conversation_id ?? '', lines)))
          return { view: await viewOfRun(ports, tenant, handle, ended), next, closed, voided }
        })
      for (const question of voided) ports.publish(tenant, { type: 'question', question })
      for (const line of closed) publishEntry(ports, tenant, view.conversation, line, findIn(lines))
      ports.publish(tenant, { type: 'run', run: view })
      return next
    },
  }
}

/** What still asks when its run ends, as it is from then on: neither the owner nor the model is to take it for waiting. */
async function stillAsking({ database }: AgentPorts, tenant: Tenant, run: string) {
  const closing: { step: string; call: StoredCall; label: Label }[] = []
  for (const { step, content, label } of await loadRunEntries(tenant, database, run)) {
    if (content.kind !== 'call' || content.call.outcome.kind !== 'asks') continue
    const { question, decision } = content.call.outcome
    // A yes is spent as the call begins, so one that was spent says that it did.
    const begun = (await loadQuestion(tenant, database, question))?.state === 'consumed'
    const why = begun
      ? 'The run ended while this was done. Whether it happened cannot be known from here: please look.'
      : 'The run ended before this began. Nothing was done.'
    const outcome: Outcome = begun
      ? { kind: 'unknown', why, decision }
      : { kind: 'refused', reason: 'stopped', why, decision }
    closing.push({ step, call: { ...content.call, outcome }, label })
  }
  return closing
}

/** Puts the reason of an end into the conversation. */
async function say(
  ports: AgentPorts,
  tenant: Tenant,
  run: string,
  conversation: string,
  { state, error }: RunEnd,
): Promise<void> {
  const tone = state === 'failed' ? 'problem' : 'plain'
  const content = { kind: 'notice' as const, text: error ?? '', tone } as const
  const line = await saveEntry(
    tenant,
    ports.database.as(tenant),
    { conversation, run, step: 'end' },
    content,
    systemLabel,
  )
  publishEntry(ports, tenant, conversation, line)
}
