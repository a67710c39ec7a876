/** One step of thinking: the model is asked what to do next, through the gate, and its answer is stored. */
import { CastellanError } from '@castellan/contracts'
import type { Handle, Tenant } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { AnySkill, Invocation, Outcome } from '../invoke/index.ts'
import type { Answer } from '../models/types.ts'
import { isOnSeals } from '../sealed/index.ts'
import { loadEntries, saveEntry } from './entries.ts'
import { modelCall } from './model-call.ts'
import { buildPrompt } from './prompt.ts'
import { settleReceipts } from './receipts.ts'
import { addUsage, endRun, type RunEnd } from './runs.ts'
import { findIn } from './shown.ts'
import { runView, standingOf } from './standing.ts'
import { beginStep, publishEntry, wordsOf } from './step.ts'
import type { AgentPorts, Persona, StoredEntry } from './types.ts'

/** What the workflow does after the model was asked. */
export type Thought =
  | ({ readonly next: 'end' } & RunEnd)
  /** The answer was the last and is stored together with the run's end; `following` is the run that comes next. */
  | { readonly next: 'ended'; readonly following: string | null }
  /** `last`: nothing comes after these calls. */
  | { readonly next: 'act'; readonly step: string; readonly calls: number; readonly last: boolean }
  | { readonly next: 'again'; readonly afterMs: number }

/** A provider that asks for patience gets it; one that fails is tried no more often than its circuit stays closed. */
const retries = { model_rate_limited: 5, other: 2 }

/** Asks the model for the next step of a run. */
export async function think(
  ports: AgentPorts,
  signal: AbortSignal,
  tenant: Tenant,
  run: string,
  round: number,
  attempt: number,
): Promise<Thought> {
  const started = await beginStep(ports, tenant, run)
  if (started === null || signal.aborted) return stopped
  const { persona, conversation, speaker } = started
  if (round >= persona.stepsPerRun) {
    return failed(`Stopped after ${persona.stepsPerRun} answers of the model in one run.`)
  }
  const entries = await loadEntries(tenant, ports.database.as(tenant), conversation)
  const written = entries.find((entry) => entry.run === run && entry.step === `think.${round}`)?.content
  if (written?.kind === 'agent' && written.model === 'none') {
    return { next: 'act', step: `think.${round}`, calls: written.toolCalls.length, last: true }
  }
  const model = await chooseModel(ports, tenant, persona)
  if ('next' in model) return model
  const step = attempt === 0 ? `think.${round}` : `think.${round}.${attempt}`
  const asked = ask(ports, { tenant, run, step, conversation, persona, speaker, signal }, entries, model)
  const outcome = await ports.invoke(asked.invocation)
  return asked.ended() ?? thoughtOf(outcome, step, attempt, signal)
}

const stopped: Thought = { next: 'end', state: 'stopped', error: null }

function failed(error: string): Thought {
  return { next: 'end', state: 'failed', error }
}

type Chosen = Awaited<ReturnType<AgentPorts['models']['choose']>>

async function chooseModel(ports: AgentPorts, tenant: Tenant, persona: Persona): Promise<Chosen | Thought> {
  try {
    return await ports.models.choose(tenant, persona.tier)
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'no_model') throw error
    return failed(error.hint === undefined ? error.message : `${error.message} ${error.hint}`)
  }
}

interface Place {
  readonly tenant: Tenant
  readonly run: string
  readonly step: string
  readonly conversation: string
  readonly persona: Persona
  readonly speaker: Principal
  readonly signal: AbortSignal
}

/** The call that asks, and what its answer ended, once it has come. */
function ask(
  ports: AgentPorts,
  { tenant, run, step, conversation, persona, speaker, signal }: Place,
  entries: readonly StoredEntry[],
  model: Chosen,
): { invocation: Invocation; ended(): Thought | null } {
  const showing = { skills: ports.skills, sealed: persona.sealed }
  const { prompt, label, rest, influence } = buildPrompt(
    persona,
    run,
    entries,
    offered(ports, persona),
    showing,
  )
  let ended: Thought | null = null
  const keep = async (handle: Handle, outcome: Outcome) => {
    if (outcome.kind !== 'done') return () => {}
    const { text, toolCalls, finish, usage } = outcome.value as unknown as Answer
    const content = { kind: 'agent' as const, text, model: model.name, toolCalls, finish, rest, influence }
    const line = await saveEntry(tenant, handle, { conversation, run, step }, content, label)
    const tell = () => publishEntry(ports, tenant, conversation, line, findIn(entries))
    if (toolCalls.length > 0 || finish === 'length') {
      await addUsage(tenant, handle, run, usage)
      return tell
    }
    const end = await endRun(tenant, handle, run, { state: 'done', error: null }, usage)
    const own = [...entries.filter((entry) => entry.run === run), line]
    const settled = await settleReceipts(ports, tenant, handle, conversation, own)
    const view = runView(end.ended, standingOf([...entries, line], run), persona.influenceBits)
    ended = { next: 'ended', following: end.next }
    return () => {
      tell()
      for (const each of settled) publishEntry(ports, tenant, conversation, each, findIn(entries))
      ports.publish(tenant, { type: 'run', run: view })
    }
  }
  const invocation = modelCall({
    ...{ tenant, run, step, conversation, signal, keep, prompt, model, label },
    principal: [speaker, `agent:${persona.name}`],
    budget: persona.budget,
    by: 'planner',
    through: entries.at(-1)?.seq ?? 0,
    words: wordsOf(entries, run),
  })
  return { invocation, ended: () => ended }
}

/** The skills that the model is told of: those on sealed values only where there are any. */
function offered({ skills }: AgentPorts, persona: Persona): AnySkill[] {
  const names = [...persona.skills].filter((name) => persona.sealed || !isOnSeals(name))
  return names.flatMap((name) => skills.get(name) ?? [])
}

function thoughtOf(outcome: Outcome, step: string, attempt: number, signal: AbortSignal): Thought {
  if (signal.aborted) return stopped
  if (outcome.kind === 'done') {
    const { toolCalls, finish } = outcome.value as unknown as Answer
    if (toolCalls.length > 0) return { next: 'act', step, calls: toolCalls.length, last: false }
    const cut = finish === 'length' ? 'The model reached its longest answer; the text above is cut.' : null
    return { next: 'end', state: 'done', error: cut }
  }
  if (outcome.kind === 'failed' && outcome.retryable === true && attempt < retriesFor(outcome.code)) {
    return { next: 'again', afterMs: Math.min(outcome.retryAfterMs ?? 1000 * 2 ** attempt, 60_000) }
  }
  if (outcome.kind === 'refused' && outcome.reason === 'secret_leak') {
    return failed(`${outcome.why} It stands in this conversation: begin a fresh one.`)
  }
  return failed('why' in outcome ? outcome.why : 'The model could not be asked.')
}

function retriesFor(code: string): number {
  return code === 'model_rate_limited' ? retries.model_rate_limited : retries.other
}
