/**
 * The steps of a turn. Each may run more than once: what it did before is found by its run and step, in the ledger and
 * among the entries. Steps hand ids and small words to the workflow; bodies stay in our tables.
 */
import { CastellanError, type RunView } from '@castellan/contracts'
import { foreignSources, labelOfAll, type RunFacts, systemLabel } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import type { Outcome } from '../invoke/index.ts'
import type { Answer, Prompt, ToolCall } from '../models/types.ts'
import { type EntryPlace, entryView, loadEntries, loadRunEntries, loadTaint, saveEntry } from './entries.ts'
import { modelSkillName } from './model-skill.ts'
import { buildPrompt } from './prompt.ts'
import { addUsage, endRun, loadRun, type RunRow, runView, updateRun } from './runs.ts'
import type { AgentPorts, Persona, StoredEntry } from './types.ts'

/** What the workflow does after the model was asked. */
export type Thought =
  | { readonly next: 'end'; readonly state: 'done' | 'stopped' | 'failed'; readonly error: string | null }
  /** `last`: nothing comes after these calls. */
  | { readonly next: 'act'; readonly step: string; readonly calls: number; readonly last: boolean }
  | { readonly next: 'again'; readonly afterMs: number }

/** What the workflow does after a call. */
export type Acted =
  | { readonly next: 'go' }
  | { readonly next: 'stopped' }
  | { readonly next: 'wait'; readonly question: string; readonly waitMs: number }

/** Tokens a model may answer with, and is reserved for. */
const maxOutputTokens = 8_192
const charactersPerToken = 4
const retries = 5

export interface Steps {
  think(tenant: Tenant, run: string, round: number, attempt: number): Promise<Thought>
  act(tenant: Tenant, run: string, thought: string, index: number, question?: string): Promise<Acted>
  end(
    tenant: Tenant,
    run: string,
    state: 'done' | 'stopped' | 'failed',
    error: string | null,
  ): Promise<string | null>
}

/** The steps over the agent's ports; `signalOf` gives the stop button of a run. */
export function createSteps(ports: AgentPorts, signalOf: (run: string) => AbortSignal): Steps {
  return {
    think: (tenant, run, round, attempt) => think(ports, signalOf(run), tenant, run, round, attempt),
    act: (tenant, run, thought, index, question) =>
      act(ports, signalOf(run), tenant, run, thought, index, question),
    async end(tenant, run, state, error) {
      if (error !== null)
        await say(ports, tenant, run, 'end', error, state === 'failed' ? 'problem' : 'plain')
      const { ended, next } = await endRun(tenant, ports.database, run, { state, error })
      const view = await viewOfRun(tenant, ports.database.as(tenant), ended)
      ports.publish(tenant, { type: 'run', run: view })
      return next
    },
  }
}

async function think(
  ports: AgentPorts,
  signal: AbortSignal,
  tenant: Tenant,
  run: string,
  round: number,
  attempt: number,
): Promise<Thought> {
  const started = await begin(ports, tenant, run)
  if (started === null || signal.aborted) return { next: 'end', state: 'stopped', error: null }
  const { persona, conversation } = started
  if (round >= persona.stepsPerRun) {
    return {
      next: 'end',
      state: 'failed',
      error: `Stopped after ${persona.stepsPerRun} answers of the model in one run.`,
    }
  }
  const skills = [...persona.skills].flatMap((name) => ports.skills.get(name) ?? [])
  const entries = await loadEntries(tenant, ports.database.as(tenant), conversation)
  const written = entries.find((entry) => entry.run === run && entry.step === `think.${round}`)?.content
  if (written?.kind === 'agent' && written.model === 'none') {
    return { next: 'act', step: `think.${round}`, calls: written.toolCalls.length, last: true }
  }
  const built = buildPrompt(persona, run, entries, skills)
  const prompt: Prompt = { ...built.prompt, maxOutputTokens }
  let model: Awaited<ReturnType<AgentPorts['models']['choose']>>
  try {
    model = await ports.models.choose(tenant, persona.tier)
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'no_model')
      return { next: 'end', state: 'failed', error: sentences(error) }
    throw error
  }
  const step = attempt === 0 ? `think.${round}` : `think.${round}.${attempt}`
  const place = { conversation, run, step }
  const outcome = await ports.invoke({
    tenant,
    principal: ['owner', `agent:${persona.name}`],
    allowed: new Set([modelSkillName]),
    budget: persona.budget,
    run,
    step,
    conversation,
    skill: modelSkillName,
    args: {
      model: model.name,
      local: model.reader.classes.includes('models:local'),
      conversation,
      through: entries.at(-1)?.seq ?? 0,
    },
    references: { '': systemLabel, '/conversation': built.label },
    facts: { words: wordsOf(entries, run), label: built.label },
    outgoing: { text: built.text, value: prompt },
    tokens: {
      estimate: Math.ceil(built.text.length / charactersPerToken) + maxOutputTokens,
      used: (value) => tokensOf(value as unknown as Answer),
    },
    openMs: 0,
    signal,
    keep: async (handle, result) => {
      if (result.kind !== 'done') return () => {}
      const { text, toolCalls, finish, usage } = result.value as unknown as Answer
      const line = await saveEntry(
        tenant,
        handle,
        place,
        { kind: 'agent', text, model: model.name, toolCalls, finish },
        built.label,
      )
      await addUsage(tenant, handle, run, usage)
      return () => publishEntry(ports, tenant, conversation, line)
    },
  })
  return thoughtOf(outcome, step, attempt, signal)
}

function thoughtOf(outcome: Outcome, step: string, attempt: number, signal: AbortSignal): Thought {
  if (signal.aborted) return { next: 'end', state: 'stopped', error: null }
  if (outcome.kind === 'done') {
    const { toolCalls, finish } = outcome.value as unknown as Answer
    if (toolCalls.length > 0) return { next: 'act', step, calls: toolCalls.length, last: false }
    const cut = finish === 'length' ? 'The model reached its longest answer; the text above is cut.' : null
    return { next: 'end', state: 'done', error: cut }
  }
  if (outcome.kind === 'failed' && attempt < retries && outcome.retryable === true) {
    return { next: 'again', afterMs: Math.min(outcome.retryAfterMs ?? 1000 * 2 ** attempt, 60_000) }
  }
  const why = 'why' in outcome ? outcome.why : 'The model could not be asked.'
  return { next: 'end', state: 'failed', error: why }
}

async function act(
  ports: AgentPorts,
  signal: AbortSignal,
  tenant: Tenant,
  run: string,
  thought: string,
  index: number,
  question: string | undefined,
): Promise<Acted> {
  const started = await begin(ports, tenant, run)
  if (started === null || signal.aborted) return { next: 'stopped' }
  const { persona, conversation } = started
  const lines = await loadRunEntries(tenant, ports.database, run)
  const { call, label } = callAt(lines, thought, index)
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
    facts: { words: wordsOf(lines, run), label },
    ...(question === undefined ? {} : { question }),
    openMs: ports.questionOpenMs(call.name),
    signal,
    keep: (handle, result) => keepCall(ports, tenant, handle, place, call, result),
  })
  if (outcome.kind === 'asks') return { next: 'wait', question: outcome.question, waitMs: outcome.waitMs }
  return signal.aborted ? { next: 'stopped' } : { next: 'go' }
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

function callAt(lines: readonly StoredEntry[], thought: string, index: number) {
  const line = lines.find((entry) => entry.step === thought && entry.content.kind === 'agent')
  if (line === undefined || line.content.kind !== 'agent') throw new TypeError(`${thought} wrote no line`)
  const call = line.content.toolCalls[index]
  if (call === undefined) throw new TypeError(`${thought} has no call ${index}`)
  return { call, label: line.label }
}

/** The run's persona and conversation; null when it was asked to stop or has ended. */
async function begin(
  ports: AgentPorts,
  tenant: Tenant,
  run: string,
): Promise<{ persona: Persona; conversation: string } | null> {
  const row = await loadRun(tenant, ports.database.as(tenant), run)
  if (row === null || row.conversation_id === null) throw new TypeError(`no run ${run}`)
  if (row.stop_requested || ['done', 'stopped', 'failed'].includes(row.state)) return null
  const persona = ports.personas.get(row.persona)
  if (persona === undefined)
    throw new CastellanError('bad_configuration', `castellan.yaml has no persona ${row.persona} any more.`)
  return { persona, conversation: row.conversation_id }
}

async function say(
  ports: AgentPorts,
  tenant: Tenant,
  run: string,
  step: string,
  text: string,
  tone: 'plain' | 'problem',
): Promise<void> {
  const row = await loadRun(tenant, ports.database.as(tenant), run)
  if (row === null || row.conversation_id === null) return
  const place = { conversation: row.conversation_id, run, step }
  const line = await saveEntry(
    tenant,
    ports.database.as(tenant),
    place,
    { kind: 'notice', text, tone },
    systemLabel,
  )
  publishEntry(ports, tenant, row.conversation_id, line)
}

async function viewOfRun(tenant: Tenant, handle: Handle, row: RunRow): Promise<RunView> {
  const conversation = row.conversation_id ?? ''
  const taint = await loadTaint(tenant, handle, [conversation])
  return runView(row, taint.get(conversation) ?? [])
}

function publishEntry(ports: AgentPorts, tenant: Tenant, conversation: string, line: StoredEntry): void {
  const entry = entryView(line)
  if (entry !== null) ports.publish(tenant, { type: 'entry', conversation, entry })
}

/** What the owner said in the current request; what they pasted is not theirs. */
function wordsOf(entries: readonly StoredEntry[], run: string): RunFacts['words'] {
  return entries.flatMap(({ run: of, content, label }) =>
    of === run && content.kind === 'owner' && foreignSources(label).length === 0 ? [content.text] : [],
  )
}

function tokensOf(answer: Answer): number {
  return answer.usage.input_tokens + answer.usage.output_tokens
}

function sentences(error: CastellanError): string {
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`
}
