/**
 * The one road to an effect. `invoke` is the only caller of a skill's `run`; everything that can act comes through
 * here and is identified, parsed, budgeted, traced, decided, scanned and recorded before it happens and after.
 */
import type { Decision, Json } from '@castellan/contracts'
import {
  bindingOf,
  type Call,
  type Decided,
  decide,
  hashOf,
  joinAll,
  labelAt,
  systemLabel,
  type TracedArgument,
} from '@castellan/kernel'
import type { Handle } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import { saveUse, type Use } from '../questions/known.ts'
import { loadEarlier } from '../questions/run.ts'
import { type Consumed, consumeApproval, voidQuestions } from '../questions/store.ts'
import { ask, hashOfCall } from './ask.ts'
import { Rates, reserve, settleUsage } from './budget.ts'
import { callOf } from './call.ts'
import { actor, type GatePorts, type Invocation } from './invocation.ts'
import { blamesService, contextFor, labelsOfSelected, outcomeOfFailure, withDeadline } from './lane.ts'
import type { Outcome } from './outcome.ts'
import { type PriorIntent, recall } from './recall.ts'
import { decidedEntry, outcomeEntry, record, refuse } from './record.ts'
import { decisionView, readArguments } from './say.ts'
import type { Leaving, Skill } from './skill.ts'

export type Invoke = (invocation: Invocation) => Promise<Outcome>

/** A call with its skill looked up and its arguments parsed. */
interface Prepared {
  readonly skill: Skill<unknown>
  readonly args: unknown
  readonly json: { readonly [name: string]: Json }
  readonly leaving: readonly Leaving[]
  readonly call: Call
  readonly says: string
  readonly use: Use
}

/** Makes the gate over its ports. */
export function createGate(ports: GatePorts): Invoke {
  const rates = new Rates()
  return async function invoke(invocation) {
    const prior = await recall(ports.database, invocation.tenant, invocation.run, invocation.step)
    if (prior.kind === 'outcome') return prior.outcome

    const skill = ports.skills.get(invocation.skill) as Skill<unknown> | undefined
    if (skill === undefined) {
      return refuse(ports, invocation, 'unknown_skill', `There is no skill ${invocation.skill}.`)
    }
    if (!invocation.allowed.has(skill.name)) {
      const why = `${actor(invocation)} may not use ${skill.name}.`
      return refuse(ports, invocation, 'not_allowed_for_persona', why)
    }
    const prepared = prepare(skill, invocation)
    if ('problem' in prepared) return record(ports, invocation, prepared.problem, null)
    if (prior.kind === 'intent') return again(ports, invocation, prepared, prior)

    const rate = rates.take(`${actor(invocation)} ${skill.name}`, skill.perMinute, ports.clock.now())
    if (!rate.ok) {
      const why = `${skill.name} was called too often; wait ${Math.ceil(rate.retryAfterMs / 1000)} s.`
      return refuse(ports, invocation, 'rate_limited', why)
    }
    if (!ports.clock.isSound()) return refuse(ports, invocation, 'clock', clockProblem)
    const { endorsed, denied } = await loadEarlier(invocation.tenant, ports.database, invocation.run)
    const call = { ...prepared.call, run: { ...prepared.call.run, endorsed } }
    return pass(ports, invocation, { ...prepared, call }, denied)
  }
}

const clockProblem =
  'The clock of this machine was set back, so nothing is let through. Set it right or restart Castellan.'

function prepare(skill: Skill<unknown>, invocation: Invocation): Prepared | { problem: Outcome } {
  const parsed = readArguments(skill, invocation.args)
  if ('problem' in parsed) {
    // It quotes what the planner wrote, and what its references stood for.
    const label = joinAll([invocation.facts.label, ...Object.values(invocation.references ?? {})])
    return { problem: { kind: 'failed', code: 'bad_request', why: parsed.problem, label, decision: null } }
  }
  const call = callOf(skill, parsed, invocation)
  const { name, effect, roles } = skill
  const accounts = Object.entries(parsed.json).flatMap(([name, value]) =>
    roles[name] === 'account' ? texts(value) : [],
  )
  const [of = 'owner'] = invocation.principal
  const use = { of, skill: name, effect, reached: call.reaches.map(({ to }) => to.name), accounts }
  const says = skill.says(parsed.args as never)
  return { skill, args: parsed.args, json: parsed.json, leaving: call.reaches, call, says, use }
}

/** Decides, scans what would leave, and either asks or begins. */
async function pass(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  denied: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const decided = judge(ports, prepared.call)
  if (decided.decision === 'deny') return refuse(ports, invocation, 'policy', decided.why, decided)
  const no = denied.get(hashOfCall(prepared.call, invocation))
  // The no to this very question is heard where its answer is spent.
  if (no !== undefined && no !== invocation.question) {
    const why = 'The owner said no to exactly this before. It is not asked again in this run.'
    return refuse(ports, invocation, 'owner_said_no', why, decided)
  }
  const leaked = await leakedBy(ports, invocation, prepared)
  if (leaked.length > 0) {
    const why = `It would carry the secret ${leaked.join(', ')} out of the house.`
    return refuse(ports, invocation, 'secret_leak', why, decided)
  }
  if (decided.decision === 'ask' && invocation.question === undefined) {
    return ask(ports, invocation, prepared, decided)
  }
  return begin(ports, invocation, prepared, decided)
}

function judge(ports: GatePorts, call: Call): Decided {
  const decided = decide(call, ports.authorize)
  if (ports.unsafeWithoutGate !== true) return decided
  return { ...decided, decision: 'allow', rules: ['gate-switched-off'], why: 'The gate is switched off.' }
}

async function leakedBy(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
): Promise<readonly string[]> {
  if (prepared.leaving.length === 0 || ports.unsafeWithoutGate === true) return []
  const { json } = prepared
  // As JSON, and as the texts in it: a value that JSON escapes leaves unescaped.
  const text = [JSON.stringify(json), ...texts(json), invocation.outgoing?.text ?? ''].join('\n')
  return ports.leaks(invocation.tenant, invocation.run, text)
}

/** Spends the approval, reserves the budget and records the intent in one transaction; then acts. */
async function begin(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  first: Decided,
): Promise<Outcome> {
  const { skill, json } = prepared
  const breaker = ports.breakers.admit(
    skill.breaker?.(prepared.args as never) ?? skill.name,
    ports.clock.now(),
  )
  if (!breaker.pass) {
    const seconds = Math.ceil(breaker.retryInMs / 1000)
    const why = `The service failed several times in a row and is left alone for ${seconds} s more.`
    const outcome: Outcome = { kind: 'failed', code: 'circuit_open', why, decision: decisionView(first) }
    return record(ports, invocation, outcome, null)
  }
  let started: Decided | Stay
  try {
    started = await ports.database
      .as(invocation.tenant)
      .transaction()
      .execute(async (transaction) => {
        const approved = await approve(ports, transaction, invocation, prepared, first)
        if ('stay' in approved) return approved
        const spent = await overBudget(transaction, invocation)
        if (spent !== null) return { stay: 'refused' as const, reason: 'budget_spent' as const, why: spent }
        await append(transaction, invocation.tenant, decidedEntry(invocation, 'intent', json, approved))
        return approved
      })
  } catch (error) {
    breaker.settle('unused')
    throw error
  }
  if (!('stay' in started)) {
    return act(ports, invocation, prepared, started.arguments, decisionView(started), breaker.settle)
  }
  breaker.settle('unused')
  if (started.stay === 'ask') return ask(ports, invocation, prepared, first)
  return refuse(ports, invocation, started.reason, started.why, first)
}

/** Why a call does not begin after all. */
type Stay =
  | { readonly stay: 'ask' }
  | {
      readonly stay: 'refused'
      readonly reason: 'policy' | 'owner_said_no' | 'no_answer' | 'budget_spent' | 'stopped'
      readonly why: string
    }

/** Spends the yes that the call brings along, where it needs one, and decides again with it. */
async function approve(
  ports: GatePorts,
  handle: Handle,
  invocation: Invocation,
  prepared: Prepared,
  first: Decided,
): Promise<Decided | Stay> {
  const unasked: Decided | Stay = first.decision === 'allow' ? first : { stay: 'ask' }
  // Once asked, an answer counts whatever the policy has come to say meanwhile: a no stays a no.
  if (invocation.question === undefined) return unasked
  const { tenant, run, step, principal } = invocation
  const bindingFor = (nonce: string) =>
    bindingOf({ skill: prepared.skill.name, args: prepared.json, principal, run, nonce })
  const consumed: Consumed = await consumeApproval(tenant, handle, invocation.question, bindingFor)
  if ('goOn' in consumed) return unasked
  if ('factor' in consumed) {
    const decided = decide(prepared.call, ports.authorize, consumed.factor)
    return decided.decision === 'allow' ? decided : { stay: 'refused', reason: 'policy', why: decided.why }
  }
  switch (consumed.refused) {
    case 'denied':
      return { stay: 'refused', reason: 'owner_said_no', why: 'The owner said no.' }
    case 'expired':
      return { stay: 'refused', reason: 'no_answer', why: 'Nobody answered in time. Nothing was done.' }
    case 'stopped':
      return { stay: 'refused', reason: 'stopped', why: 'The owner stopped the run. Nothing was done.' }
    case 'open':
      return { stay: 'ask' }
    case 'late':
    case 'other_call':
      await voidQuestions(tenant, handle, run, step)
      return unasked
  }
}

async function overBudget(handle: Handle, invocation: Invocation): Promise<string | null> {
  const { tenant, budget, tokens } = invocation
  const who = actor(invocation)
  const [subject, amount, limit] =
    tokens === undefined
      ? (['calls', 1, budget.callsPerDay] as const)
      : (['tokens', tokens.estimate, budget.tokensPerDay] as const)
  if (await reserve(tenant, handle, who, subject, amount, limit)) return null
  return `${who} has used up its ${limit} ${subject} for today. Raise the persona's budget in castellan.yaml, or wait until tomorrow.`
}

/** Runs the skill in its lane and records what came of it, whatever came of it. */
async function act(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  traced: readonly TracedArgument[],
  decision: Decision,
  settle: (end: 'succeeded' | 'failed' | 'unused') => void,
): Promise<Outcome> {
  const { skill, args } = prepared
  const context = contextFor(invocation, traced)
  let outcome: Outcome
  try {
    const result = await withDeadline(skill.deadlineMs, invocation.signal, (signal) =>
      skill.run(args as never, { ...context, signal }),
    )
    const { branch, value } = result
    const labels = labelsOfSelected(result.labels, skill, invocation.references)
    const found = [...(result.found ?? []), ...(ports.sense?.(value, labels) ?? [])]
    outcome = { kind: 'done', branch, value, labels, ...(found.length === 0 ? {} : { found }), decision }
    settle('succeeded')
  } catch (error) {
    outcome = outcomeOfFailure(error, { skill, args, given: labelAt(context.labels, ''), decision })
    settle(invocation.signal.aborted || !blamesService(error) ? 'unused' : 'failed')
  }
  return finish(ports, invocation, prepared, outcome)
}

/** After a crash between intent and outcome: neither decided nor asked again (DESIGN §3). */
async function again(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  prior: PriorIntent,
): Promise<Outcome> {
  const { skill, call } = prepared
  if (skill.repeat === 'never') {
    const why = `Castellan was interrupted while it did this (${skill.name}). Whether it happened cannot be known from here: please look.`
    const label = systemLabel
    return finish(ports, invocation, prepared, { kind: 'unknown', why, label, decision: prior.decision })
  }
  const now = decide(call, ports.authorize)
  if (hashOf({ ...call.args }) === hashOf(prior.args) && (prior.unread || !now.request.unread))
    return act(ports, invocation, prepared, now.arguments, prior.decision, () => {})
  return finish(ports, invocation, prepared, changed(skill, prior.decision))
}

/** What was decided over is not what it would be done with now: another model, say, that may not read it. */
function changed({ name, repeat }: Skill<unknown>, decision: Decision): Outcome {
  const said = { label: systemLabel, decision }
  const why = `Castellan was interrupted while it did this (${name}), and since then what it would do it with has changed. It was not done again.`
  if (repeat === 'safe') return { kind: 'failed', code: 'conflict', why, retryable: true, ...said }
  return {
    kind: 'unknown',
    why: `${why} Whether it happened cannot be known from here: please look.`,
    ...said,
  }
}

function finish(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  outcome: Outcome,
): Promise<Outcome> {
  const { tenant, tokens } = invocation
  return record(
    ports,
    invocation,
    outcome,
    outcomeEntry(invocation, prepared.json, outcome),
    async (handle) => {
      const isGood = outcome.kind === 'done' && outcome.branch === prepared.skill.branches[0]
      if (tokens === undefined) return isGood ? saveUse(tenant, handle, prepared.use) : undefined
      const used = outcome.kind === 'done' ? tokens.used(outcome.value) : 0
      await settleUsage(tenant, handle, actor(invocation), 'tokens', used - tokens.estimate)
    },
  )
}

function texts(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(texts)
}
