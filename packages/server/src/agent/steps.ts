/**
 * The steps of a turn. Each may run more than once: what it did before is found by its run and step, in the ledger and
 * among the entries. Steps hand ids and small words to the workflow; bodies stay in our tables.
 */
import type { Label } from '@castellan/contracts'
import { labelOfAll, systemLabel } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import type { Outcome } from '../invoke/index.ts'
import type { ToolCall } from '../models/types.ts'
import { loadQuestion, voidQuestions } from '../questions/index.ts'
import { type EntryPlace, loadRunEntries, saveEntry } from './entries.ts'
import { evidenceOf } from './evidence.ts'
import { type ReadSoFar, readings } from './read.ts'
import { endRun, loadRun, type RunEnd, updateRun } from './runs.ts'
import { beginStep, publishEntry, viewOfRun, wordsOf } from './step.ts'
import { type Thought, think } from './think.ts'
import type { AgentPorts, StoredCall, StoredEntry } from './types.ts'

/** What the workflow does after a call. */
export type Acted =
  | { readonly next: 'go' }
  | { readonly next: 'stopped' }
  | { readonly next: 'wait'; readonly question: string; readonly waitMs: number }

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
      act(ports, read, signalOf(run), tenant, run, thought, index, question),
    async end(tenant, run, end) {
      if (end.error !== null) await say(ports, tenant, run, end)
      const closing = await stillAsking(ports, tenant, run)
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
          return { view: await viewOfRun(tenant, handle, ended), next, closed, voided }
        })
      for (const question of voided) ports.publish(tenant, { type: 'question', question })
      for (const line of closed) publishEntry(ports, tenant, view.conversation, line)
      ports.publish(tenant, { type: 'run', run: view })
      return next
    },
  }
}

async function act(
  ports: AgentPorts,
  read: ReadSoFar,
  signal: AbortSignal,
  tenant: Tenant,
  run: string,
  thought: string,
  index: number,
  question: string | undefined,
): Promise<Acted> {
  const started = await beginStep(ports, tenant, run)
  if (started === null || signal.aborted) return { next: 'stopped' }
  const { persona, conversation } = started
  const lines = await loadRunEntries(tenant, ports.database, run)
  const { call, label, rest } = callAt(lines, thought, index)
  const place = { conversation, run, step: `${thought.replace('think', 'act')}.${index}` }
  if (call.problem !== undefined) {
    // What the model meant cannot be read, so there is nothing to decide; it is told why.
    const unread: Outcome = { kind: 'failed', code: 'bad_request', why: call.problem, decision: null }
    const tell = await ports.database
      .as(tenant)
      .transaction()
      .execute((handle) => keepCall(ports, tenant, handle, place, call, unread))
    tell()
    return { next: 'go' }
  }
  const outcome = await ports.invoke({
    tenant,
    principal: ['owner', `agent:${persona.name}`],
    allowed: persona.skills,
    budget: persona.budget,
    run,
    step: place.step,
    conversation,
    skill: call.name,
    args: call.args,
    facts: { words: wordsOf(lines, run), label, rest, results: read(lines, thought) },
    ...(question === undefined ? {} : { question }),
    evidence: () => evidenceOf(lines, run),
    openMs: ports.questionOpenMs(call.name),
    signal,
    keep: (handle, result) => keepCall(ports, tenant, handle, place, call, result),
  })
  const isStopped = outcome.kind === 'refused' && outcome.reason === 'stopped'
  if (signal.aborted || isStopped) return { next: 'stopped' }
  if (outcome.kind === 'asks') return { next: 'wait', question: outcome.question, waitMs: outcome.waitMs }
  return { next: 'go' }
}

async function keepCall(
  ports: AgentPorts,
  tenant: Tenant,
  handle: Handle,
  place: EntryPlace,
  call: ToolCall,
  outcome: Outcome,
): Promise<() => void> {
  const label = outcome.kind === 'done' ? labelOfAll(outcome.labels) : systemLabel
  const stored = { callId: call.id, skill: call.name, args: call.args, outcome }
  const line = await saveEntry(tenant, handle, place, { kind: 'call', call: stored }, label)
  const row = await updateRun(tenant, handle, place.run, {
    state: outcome.kind === 'asks' ? 'waiting' : 'running',
  })
  const view = row === null ? null : await viewOfRun(tenant, handle, row)
  return () => {
    publishEntry(ports, tenant, place.conversation, line)
    if (view !== null) ports.publish(tenant, { type: 'run', run: view })
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

function callAt(lines: readonly StoredEntry[], thought: string, index: number) {
  const line = lines.find((entry) => entry.step === thought && entry.content.kind === 'agent')
  if (line === undefined || line.content.kind !== 'agent') throw new TypeError(`${thought} wrote no line`)
  const call = line.content.toolCalls[index]
  if (call === undefined) throw new TypeError(`${thought} has no call ${index}`)
  return { call, label: line.label, rest: line.content.rest ?? line.label }
}

/** Puts the reason of an end into the conversation. */
async function say(ports: AgentPorts, tenant: Tenant, run: string, { state, error }: RunEnd): Promise<void> {
  const handle = ports.database.as(tenant)
  const conversation = (await loadRun(tenant, handle, run))?.conversation_id
  if (conversation === undefined || conversation === null) return
  const tone = state === 'failed' ? 'problem' : 'plain'
  const content = { kind: 'notice' as const, text: error ?? '', tone } as const
  const line = await saveEntry(tenant, handle, { conversation, run, step: 'end' }, content, systemLabel)
  publishEntry(ports, tenant, conversation, line)
}
