/**
 * One step of acting: a call of the planner's, with its references resolved, goes through the gate, and what becomes of it
 * is stored with the label of what of it reaches the planner.
 */
import type { Json, Label } from '@castellan/contracts'
import { foreignSources } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import type { Principal } from '../http/index.ts'
import type { Invocation, Outcome } from '../invoke/index.ts'
import type { ToolCall } from '../models/types.ts'
import { bitsIn, isOnSeals, referencesIn, resolve } from '../sealed/index.ts'
import { type EntryPlace, loadRunEntries, saveEntry } from './entries.ts'
import { loadEvidence } from './evidence.ts'
import type { ReadSoFar } from './read.ts'
import { findFor } from './references.ts'
import { updateRun } from './runs.ts'
import { sealsFor } from './seals.ts'
import { viewOf } from './shown.ts'
import { asSpoken } from './spoken.ts'
import { beginStep, publishEntry, viewOfRun, wordsOf } from './step.ts'
import { labelOfTold } from './tell.ts'
import type { AgentPorts, Persona, StoredCall, StoredEntry } from './types.ts'

/** What the workflow does after a call. */
export type Acted =
  | { readonly next: 'go' }
  | { readonly next: 'stopped' }
  | { readonly next: 'wait'; readonly question: string; readonly waitMs: number }

/** Which call of a run is made, and with which answer. */
export interface Act {
  readonly tenant: Tenant
  readonly run: string
  readonly thought: string
  readonly index: number
  /** The question that was answered meanwhile. */
  readonly question: string | undefined
  readonly signal: AbortSignal
}

/** A call with everything that is known of its run. */
interface Acting {
  readonly ports: AgentPorts
  readonly tenant: Tenant
  readonly persona: Persona
  readonly speaker: Principal
  readonly place: EntryPlace
  readonly lines: readonly StoredEntry[]
  readonly call: ToolCall
  /** The label of what the planner had before it as it wrote the call. */
  readonly written: Label
}

/** Makes the call, or asks the owner. */
export async function act(ports: AgentPorts, read: ReadSoFar, given: Act): Promise<Acted> {
  const { tenant, run, thought, index, question, signal } = given
  const started = await beginStep(ports, tenant, run)
  if (started === null || signal.aborted) return { next: 'stopped' }
  const { persona, conversation, speaker } = started
  const lines = await loadRunEntries(tenant, ports.database, run)
  const { call, label, rest, influence } = callAt(lines, thought, index)
  const place = { conversation, run, step: `${thought.replace('think', 'act')}.${index}` }
  const acting: Acting = { ports, tenant, persona, speaker, place, lines, call, written: label }
  const meant = await meantBy(acting)
  if ('problem' in meant) return keepUnread(acting, meant.problem)
  const base: Omit<Invocation, 'skill' | 'args'> = {
    ...{ tenant, run, step: place.step, conversation, signal },
    principal: [speaker, `agent:${persona.name}`],
    allowed: persona.skills,
    budget: persona.budget,
    facts: {
      ...{ words: wordsOf(lines, run), label, rest, influence },
      results: read(lines, thought, persona.sealed),
    },
    ...(question === undefined ? {} : { question }),
    evidence: (handle) => loadEvidence(tenant, handle, place),
    openMs: ports.questionOpenMs(call.name),
    keep: (handle, result) => keepCall(acting, handle, result, meant.became),
  }
  const outcome = await ports.invoke({
    ...{ ...base, skill: call.name, args: meant.args },
    ...(meant.references === undefined ? {} : { references: meant.references }),
    ...(isOnSeals(call.name) ? { outgoing: { text: '', value: sealsOf(acting, base) } } : {}),
  })
  const isStopped = outcome.kind === 'refused' && outcome.reason === 'stopped'
  if (signal.aborted || isStopped) return { next: 'stopped' }
  if (outcome.kind === 'asks') return { next: 'wait', question: outcome.question, waitMs: outcome.waitMs }
  return { next: 'go' }
}

function sealsOf(
  { ports, tenant, persona, place, lines, written }: Acting,
  invocation: Omit<Invocation, 'skill' | 'args'>,
) {
  const { conversation } = place
  return sealsFor(ports, {
    ...{ tenant, database: ports.database, conversation, persona, lines, written, invocation },
  })
}

interface Meant {
  readonly args: Json
  readonly references?: Invocation['references']
  /** The arguments once their references are resolved; absent where there were none. */
  readonly became?: Json
}

/** What a call's arguments come to: references resolved, but for the skills that take handles. */
async function meantBy({
  ports,
  tenant,
  persona,
  place,
  lines,
  call,
  written,
}: Acting): Promise<Meant | { problem: string }> {
  if (call.problem !== undefined) return { problem: call.problem }
  const handles = persona.sealed && !isOnSeals(call.name) ? referencesIn(call.args) : []
  if (handles.length === 0) return { args: call.args }
  const find = await findFor(tenant, ports.database, place.conversation, lines, handles)
  const resolved = resolve(call.args, find, written)
  return 'problem' in resolved ? resolved : { ...resolved, became: resolved.args }
}

/** What the planner meant cannot be known, so there is nothing to decide; it is told why. */
async function keepUnread(acting: Acting, why: string): Promise<Acted> {
  const unread: Outcome = { kind: 'failed', code: 'bad_request', why, decision: null }
  const tell = await acting.ports.database
    .as(acting.tenant)
    .transaction()
    .execute((handle) => keepCall(acting, handle, unread))
  tell()
  return { next: 'go' }
}

async function keepCall(
  { ports, tenant, persona, speaker, place, lines, call, written }: Acting,
  handle: Handle,
  given: Outcome,
  became?: Json,
): Promise<() => void> {
  const { id: callId, name: skill, args } = call
  const outcome = asSpoken(given, speaker)
  const stored: StoredCall = { callId, skill, args, outcome, ...(became === undefined ? {} : { became }) }
  // The handle is made of the line's number, which is not known yet; nothing that is kept here depends on it.
  const line = { seq: 0, content: { kind: 'call' as const, call: stored } }
  const showing = { skills: ports.skills, sealed: persona.sealed }
  const view = viewOf(line, wordsOf(lines, place.run), showing)
  const label = labelOfTold(stored, view, showing)
  const known = new Set([written, ...lines.map((each) => each.label)].flatMap(foreignSources))
  const reads = foreignSources(label).filter((source) => !known.has(source))
  const kept = {
    sealed: view?.sealed ?? [],
    influence: outcome.kind === 'done' ? bitsIn(skill, outcome.value) : 0,
  }
  const content = { kind: 'call' as const, call: { ...stored, reads } }
  const saved = await saveEntry(tenant, handle, place, content, label, kept)
  const row = await updateRun(tenant, handle, place.run, {
    state: outcome.kind === 'asks' ? 'waiting' : 'running',
  })
  const run = row === null ? null : await viewOfRun(ports, tenant, handle, row)
  return () => {
    publishEntry(ports, tenant, place.conversation, saved)
    if (run !== null) ports.publish(tenant, { type: 'run', run })
  }
}

function callAt(lines: readonly StoredEntry[], thought: string, index: number) {
  const line = lines.find((entry) => entry.step === thought && entry.content.kind === 'agent')
  if (line === undefined || line.content.kind !== 'agent') throw new TypeError(`${thought} wrote no line`)
  const call = line.content.toolCalls[index]
  if (call === undefined) throw new TypeError(`${thought} has no call ${index}`)
  const { rest = line.label, influence = 0 } = line.content
  return { call, label: line.label, rest, influence }
}
