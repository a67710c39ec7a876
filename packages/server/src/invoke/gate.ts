/**
 * The one road to an effect. `invoke` is the only caller of a skill's `run`; everything that can act comes through
 * here and is identified, parsed, budgeted, traced, decided, scanned and recorded before it happens and after.
 */
import { randomUUID } from 'node:crypto'
import { CastellanError, type Decision, type FieldLabels, type Json } from '@castellan/contracts'
import {
  type Authorize,
  bindingOf,
  type Call,
  type Decided,
  decide,
  hashOf,
  joinAll,
  type RunFacts,
  type TracedArgument,
} from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import { append, type LedgerEntry } from '../ledger/index.ts'
import { type Consumed, consumeApproval, saveQuestion, voidQuestions } from '../questions/store.ts'
import type { Breakers } from './breakers.ts'
import { type Budget, Rates, reserve, settleUsage } from './budget.ts'
import type { Clock } from './clock.ts'
import type { Outcome, RefusalReason } from './outcome.ts'
import { type PriorIntent, recall } from './recall.ts'
import { askSentence, decisionView, describeFailure, leavesOf, readArguments } from './say.ts'
import type { AnySkill, Leaving, Skill, SkillContext, SkillResult } from './skill.ts'

/** A call as its caller describes it. */
export interface Invocation {
  readonly tenant: Tenant
  /** Outermost first; the last one acts. */
  readonly principal: readonly string[]
  /** Skills the chain may use at all: the intersection of every link's own. */
  readonly allowed: ReadonlySet<string>
  readonly budget: Budget
  readonly run: string
  /** Unique within the run; the same for every attempt. */
  readonly step: string
  readonly conversation: string | null
  readonly skill: string
  readonly args: Json
  readonly facts: RunFacts
  /** Labels of arguments that refer to stored values, by JSON pointer; all others are traced as literals. */
  readonly references?: FieldLabels
  /** The question whose yes this call brings along. */
  readonly question?: string
  /** What leaves besides the arguments (a prompt): its text is scanned for secrets, its value handed to the skill. */
  readonly outgoing?: { readonly text: string; readonly value: unknown }
  /** Tokens this call may cost; reserved before and settled after. */
  readonly tokens?: { readonly estimate: number; used(value: Json): number }
  /** How long a question stays open, in milliseconds. */
  readonly openMs: number
  readonly signal: AbortSignal
  /** Stores what the caller makes of the outcome in the transaction that records it. */
  readonly keep?: (handle: Handle, outcome: Outcome) => Promise<void>
}

export interface GatePorts {
  readonly database: Database
  readonly authorize: Authorize
  readonly skills: ReadonlyMap<string, AnySkill>
  readonly breakers: Breakers
  readonly clock: Clock
  /** Names of vault secrets that stand in a text, alone or together with what this run has sent before. */
  readonly leaks: (tenant: Tenant, run: string, text: string) => Promise<readonly string[]>
  /** Told of every question that was stored. */
  readonly asked: (tenant: Tenant, question: Awaited<ReturnType<typeof saveQuestion>>) => void
  /** Turns the gate off. Only `castellan demo --unsafe` does, to show what happens without one. */
  readonly unsafeWithoutGate?: boolean
}

export type Invoke = (invocation: Invocation) => Promise<Outcome>

/** Makes the gate over its ports. */
export function createGate(ports: GatePorts): Invoke {
  const rates = new Rates()
  return async function invoke(invocation) {
    const prior = await recall(ports.database, invocation.tenant, invocation.run, invocation.step)
    if (prior.kind === 'outcome') return prior.outcome

    const skill = ports.skills.get(invocation.skill) as Skill<unknown> | undefined
    if (skill === undefined)
      return refuse(ports, invocation, 'unknown_skill', `There is no skill ${invocation.skill}.`)
    if (!invocation.allowed.has(skill.name)) {
      return refuse(
        ports,
        invocation,
        'not_allowed_for_persona',
        `${actor(invocation)} may not use ${skill.name}.`,
      )
    }
    const parsed = readArguments(skill, invocation.args)
    if ('problem' in parsed) return keep(ports, invocation, failed('bad_request', parsed.problem, null))

    const leaving = skill.leaves?.(parsed.args) ?? []
    const prepared = { skill, args: parsed.args, json: parsed.json, leaving }
    if (prior.kind === 'intent') return again(ports, invocation, prepared, prior)

    const rate = rates.take(`${actor(invocation)} ${skill.name}`, skill.perMinute, ports.clock.now())
    if (!rate.ok) {
      const seconds = Math.ceil(rate.retryAfterMs / 1000)
      return refuse(
        ports,
        invocation,
        'rate_limited',
        `${skill.name} was called too often; wait ${seconds} s.`,
      )
    }
    if (!ports.clock.isSound()) {
      return refuse(
        ports,
        invocation,
        'clock',
        'The clock of this machine was set back, so nothing is let through. Set it right or restart Castellan.',
      )
    }
    return pass(ports, invocation, prepared)
  }
}

/** A call with its skill looked up and its arguments parsed. */
interface Prepared {
  readonly skill: Skill<unknown>
  readonly args: unknown
  readonly json: { readonly [name: string]: Json }
  readonly leaving: readonly Leaving[]
}

async function pass(ports: GatePorts, invocation: Invocation, prepared: Prepared): Promise<Outcome> {
  const { skill, json, leaving } = prepared
  const call: Call = {
    principal: invocation.principal,
    skill: { name: skill.name, effect: skill.effect, roles: skill.roles },
    args: json,
    reaches: leaving,
    run: invocation.facts,
    ...(invocation.references === undefined ? {} : { references: invocation.references }),
  }
  const decided = ports.unsafeWithoutGate === true ? letThrough(call, ports) : decide(call, ports.authorize)
  if (decided.decision === 'deny') return refuse(ports, invocation, 'policy', decided.why, decided)

  if (leaving.length > 0 && ports.unsafeWithoutGate !== true) {
    const outgoing = `${JSON.stringify(json)}\n${strings(json).join('\n')}\n${invocation.outgoing?.text ?? ''}`
    const leaked = await ports.leaks(invocation.tenant, invocation.run, outgoing)
    if (leaked.length > 0) {
      return refuse(
        ports,
        invocation,
        'secret_leak',
        `It would carry the secret ${leaked.join(', ')} out of the house.`,
        decided,
      )
    }
  }
  if (decided.decision === 'ask' && invocation.question === undefined)
    return ask(ports, invocation, prepared, decided)
  return begin(ports, invocation, prepared, call, decided)
}

/** Stores the question together with the ledger row that says it was asked. */
async function ask(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  decided: Decided,
): Promise<Outcome> {
  const { skill, args, json, leaving } = prepared
  const nonce = randomUUID()
  const bound = { skill: skill.name, args: json, principal: invocation.principal, run: invocation.run, nonce }
  const decision = decisionView(decided)
  return ports.database
    .as(invocation.tenant)
    .transaction()
    .execute(async (transaction) => {
      const question = await saveQuestion(invocation.tenant, transaction, {
        id: randomUUID(),
        run: invocation.run,
        conversation: invocation.conversation,
        step: invocation.step,
        skill: skill.name,
        effect: skill.effect,
        principal: invocation.principal,
        args: json,
        arguments: decision.arguments,
        leaves: leavesOf(leaving),
        sentence: askSentence(skill.says(args), decided),
        why: decided.why,
        rules: decided.rules,
        factor: decided.factor ?? 'click',
        nonce,
        binding: bindingOf(bound),
        openMs: invocation.openMs,
      })
      const waitMs = Math.max(0, Date.parse(question.expires_at) - ports.clock.now())
      const outcome = { kind: 'asks' as const, question: question.id, decision, waitMs }
      await invocation.keep?.(transaction, outcome)
      await append(transaction, invocation.tenant, {
        ...entryOf(invocation, 'decision', json, decided),
        outcome: 'asked',
        body: bodyOf(json, decision, { question: question.id }),
      })
      ports.asked(invocation.tenant, question)
      return outcome
    })
}

/** Spends the approval, reserves the budget and records the intent in one transaction; then acts. */
async function begin(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  call: Call,
  first: Decided,
): Promise<Outcome> {
  const { skill, json } = prepared
  const { tenant } = invocation
  let decided = first
  const breaker = ports.breakers.admit(
    skill.breaker?.(prepared.args as never) ?? skill.name,
    ports.clock.now(),
  )
  if (!breaker.pass) {
    return keep(
      ports,
      invocation,
      failed('circuit_open', describeFailure('circuit_open', breaker.retryInMs), decisionView(first)),
    )
  }
  const begun = await ports.database
    .as(tenant)
    .transaction()
    .execute(async (transaction): Promise<Outcome | null> => {
      if (invocation.question !== undefined && first.decision === 'ask') {
        const bindingFor = (nonce: string) =>
          bindingOf({
            skill: skill.name,
            args: json,
            principal: invocation.principal,
            run: invocation.run,
            nonce,
          })
        const consumed = await consumeApproval(tenant, transaction, invocation.question, bindingFor)
        if ('refused' in consumed)
          return withdrawn(transaction, invocation, consumed.refused, decisionView(first))
        decided = decide(call, ports.authorize, consumed.factor)
        if (decided.decision !== 'allow')
          return { kind: 'refused', reason: 'policy', why: decided.why, decision: decisionView(decided) }
      }
      const spent = await overBudget(transaction, invocation)
      if (spent !== null)
        return { kind: 'refused', reason: 'budget_spent', why: spent, decision: decisionView(decided) }
      await append(transaction, tenant, {
        ...entryOf(invocation, 'intent', json, decided),
        body: bodyOf(json, decisionView(decided)),
      })
      return null
    })
  if (begun === null)
    return act(ports, invocation, prepared, decided.arguments, decisionView(decided), breaker.settle)
  breaker.settle('unused')
  if (begun.kind === 'asks') return ask(ports, invocation, prepared, first)
  return begun.kind === 'refused' ? refuse(ports, invocation, begun.reason, begun.why, decided) : begun
}

/** What a yes that could not be spent means: wait on, ask anew, or take no for an answer. */
async function withdrawn(
  handle: Handle,
  invocation: Invocation,
  refused: Extract<Consumed, { refused: string }>['refused'],
  decision: Decision,
): Promise<Outcome> {
  if (refused === 'denied')
    return { kind: 'refused', reason: 'owner_said_no', why: 'The owner said no.', decision }
  if (refused === 'expired') {
    return {
      kind: 'refused',
      reason: 'no_answer',
      why: 'Nobody answered in time. Nothing was done.',
      decision,
    }
  }
  if (refused !== 'open') await voidQuestions(invocation.tenant, handle, invocation.run, invocation.step)
  return { kind: 'asks', question: invocation.question ?? '', decision, waitMs: 0 }
}

async function overBudget(handle: Handle, invocation: Invocation): Promise<string | null> {
  const { tenant, budget, tokens } = invocation
  const who = actor(invocation)
  if (!(await reserve(tenant, handle, who, 'calls', 1, budget.callsPerDay))) {
    return `${who} has used up its ${budget.callsPerDay} calls for today.`
  }
  if (
    tokens !== undefined &&
    !(await reserve(tenant, handle, who, 'tokens', tokens.estimate, budget.tokensPerDay))
  ) {
    return `${who} has used up its ${budget.tokensPerDay} tokens for today.`
  }
  return null
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
  const { skill, args, json } = prepared
  const context = contextFor(invocation, traced)
  let outcome: Outcome
  try {
    const result = await withDeadline(skill, invocation.signal, (signal) =>
      skill.run(args as never, { ...context, signal }),
    )
    outcome = { kind: 'done', branch: result.branch, value: result.value, labels: result.labels, decision }
    settle('succeeded')
  } catch (error) {
    outcome = outcomeOfFailure(skill, error, decision)
    settle(invocation.signal.aborted ? 'unused' : 'failed')
  }
  await recordOutcome(ports, invocation, json, outcome)
  return outcome
}

/** After a crash between intent and outcome: neither decided nor asked again (DESIGN §3). */
async function again(
  ports: GatePorts,
  invocation: Invocation,
  prepared: Prepared,
  prior: PriorIntent,
): Promise<Outcome> {
  const { skill } = prepared
  if (skill.repeat === 'never') {
    const why = `Castellan was interrupted while it did this (${skill.name}). Whether it happened cannot be known from here: please look.`
    const outcome: Outcome = { kind: 'unknown', why, decision: prior.decision }
    await recordOutcome(ports, invocation, prepared.json, outcome)
    return outcome
  }
  const call = {
    principal: invocation.principal,
    skill,
    args: prepared.json,
    reaches: prepared.leaving,
    run: invocation.facts,
  }
  return act(ports, invocation, prepared, decide(call, ports.authorize).arguments, prior.decision, () => {})
}

async function recordOutcome(
  ports: GatePorts,
  invocation: Invocation,
  json: { [name: string]: Json },
  outcome: Outcome,
): Promise<void> {
  const { tenant, tokens } = invocation
  await ports.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      if (tokens !== undefined) {
        const used = outcome.kind === 'done' ? tokens.used(outcome.value) : 0
        await settleUsage(tenant, transaction, actor(invocation), 'tokens', used - tokens.estimate)
      }
      await invocation.keep?.(transaction, outcome)
      await append(transaction, tenant, {
        ...entryOf(invocation, 'outcome', json, null),
        outcome:
          outcome.kind === 'done'
            ? `done:${outcome.branch}`
            : outcome.kind === 'failed'
              ? `failed:${outcome.code}`
              : outcome.kind,
        body: { args: json, result: outcome as unknown as Json },
      })
    })
}

/** Records a refusal and hands it back. */
async function refuse(
  ports: GatePorts,
  invocation: Invocation,
  reason: RefusalReason,
  why: string,
  decided: Decided | null = null,
): Promise<Outcome> {
  const decision = decided === null ? null : decisionView(decided)
  const outcome: Outcome = { kind: 'refused', reason, why, decision }
  const json = objectOrEmpty(invocation.args)
  await ports.database
    .as(invocation.tenant)
    .transaction()
    .execute(async (transaction) => {
      await invocation.keep?.(transaction, outcome)
      await append(transaction, invocation.tenant, {
        ...entryOf(invocation, 'decision', json, decided),
        decision: 'deny',
        rules: reason === 'policy' ? [...(decided?.rules ?? [])] : [reason],
        outcome: 'refused',
        body: { args: json, result: outcome as unknown as Json },
      })
    })
  return outcome
}

/** Hands an outcome to the caller's store without a ledger row: nothing was decided and nothing happened. */
async function keep(ports: GatePorts, invocation: Invocation, outcome: Outcome): Promise<Outcome> {
  const store = invocation.keep
  if (store !== undefined) {
    await ports.database
      .as(invocation.tenant)
      .transaction()
      .execute((transaction) => store(transaction, outcome))
  }
  return outcome
}

function contextFor(invocation: Invocation, traced: readonly TracedArgument[]): Omit<SkillContext, 'signal'> {
  const { tenant, principal, run, step } = invocation
  const labels: FieldLabels = { '': joinAll(traced.map((argument) => argument.label)) }
  for (const argument of traced) labels[argument.path] = argument.label
  const outgoing = invocation.outgoing?.value
  return { tenant, principal, run, step, idempotencyKey: `${run}:${step}`, labels, outgoing }
}

/** Ends with the skill's own answer, or at the deadline or the stop button, whichever comes first. */
async function withDeadline(
  skill: Skill<unknown>,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<SkillResult>,
): Promise<SkillResult> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(skill.deadlineMs)])
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([run(signal), ended.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** A failure whose effect may have happened all the same is said to be unknown, never guessed. */
function outcomeOfFailure(skill: Skill<unknown>, error: unknown, decision: Decision): Outcome {
  if (error instanceof CastellanError) {
    if (error.code === 'outcome_unknown') return { kind: 'unknown', why: error.message, decision }
    const retryAfterMs = error.details['retryAfterMs']
    const why = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    return {
      ...failed(error.code, why, decision),
      ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    }
  }
  const aborted =
    error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')
  if (aborted && skill.repeat === 'never') {
    return {
      kind: 'unknown',
      why: `${skill.name} was cut off; whether it happened cannot be known from here.`,
      decision,
    }
  }
  if (aborted) return failed('outside_failed', `${skill.name} did not end in time.`, decision)
  return failed('internal', describeFailure('internal', 0, error), decision)
}

function failed(code: CastellanError['code'], why: string, decision: Decision | null) {
  return { kind: 'failed' as const, code, why, decision }
}

function entryOf(
  invocation: Invocation,
  kind: LedgerEntry['kind'],
  json: { readonly [name: string]: Json },
  decided: Decided | null,
): LedgerEntry {
  return {
    kind,
    run: invocation.run,
    step: invocation.step,
    principal: [...invocation.principal],
    skill: invocation.skill,
    decision: decided?.decision ?? null,
    rules: [...(decided?.rules ?? [])],
    argsHash: hashOf(json),
    outcome: null,
    body: {},
  }
}

function bodyOf(
  json: { readonly [name: string]: Json },
  decision: Decision,
  more: { [name: string]: Json } = {},
): Json {
  return { args: json, decision: decision as unknown as Json, ...more }
}

function letThrough(call: Call, ports: GatePorts): Decided {
  const decided = decide(call, ports.authorize)
  return { ...decided, decision: 'allow', rules: ['gate-switched-off'], why: 'The gate is switched off.' }
}

function actor(invocation: Invocation): string {
  return invocation.principal.at(-1) ?? 'unknown'
}

function objectOrEmpty(args: Json): { [name: string]: Json } {
  return args !== null && typeof args === 'object' && !Array.isArray(args) ? args : {}
}

function strings(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(strings)
}
