/** Running a skill: its deadline, the stop button, and what a failure means. */
import { CastellanError, type Decision, type FieldLabels } from '@castellan/contracts'
import { joinAll, type TracedArgument } from '@castellan/kernel'
import type { Invocation } from './invocation.ts'
import type { Outcome } from './outcome.ts'
import { describeFault } from './say.ts'
import type { Skill, SkillContext, SkillResult } from './skill.ts'

/** What a skill is told besides its arguments, but for the signal. */
export function contextFor(
  invocation: Invocation,
  traced: readonly TracedArgument[],
): Omit<SkillContext, 'signal'> {
  const { tenant, principal, run, step } = invocation
  const labels: FieldLabels = { '': joinAll(traced.map((argument) => argument.label)) }
  for (const argument of traced) labels[argument.path] = argument.label
  const outgoing = invocation.outgoing?.value
  return { tenant, principal, run, step, idempotencyKey: `${run}:${step}`, labels, outgoing }
}

/** Ends with the skill's own answer, or at the deadline or the stop button, whichever comes first. */
export async function withDeadline(
  deadlineMs: number,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<SkillResult>,
): Promise<SkillResult> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(deadlineMs)])
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

/** Failures that say nothing about the service: our own refusals, the caller's mistakes, a plea to come back later. */
const blameless: ReadonlySet<string> = new Set([
  'address_refused',
  'bad_request',
  'conflict',
  'model_rate_limited',
  'no_model',
  'not_found',
  'path_refused',
  'too_large',
])

/** Whether a failure counts towards opening the circuit. Anything unexpected does, and so does a deadline. */
export function blamesService(error: unknown): boolean {
  return !(error instanceof CastellanError && blameless.has(error.code))
}

/** A failure whose effect may have happened all the same is said to be unknown, never guessed. */
export function outcomeOfFailure(skill: Skill<unknown>, error: unknown, decision: Decision): Outcome {
  if (error instanceof CastellanError) {
    if (error.code === 'outcome_unknown') return { kind: 'unknown', why: error.message, decision }
    const retryAfterMs = error.details['retryAfterMs']
    const why = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    const retryable = error.details['retryable'] === true
    const later = typeof retryAfterMs === 'number' ? { retryAfterMs } : {}
    return { kind: 'failed', code: error.code, why, decision, retryable, ...later }
  }
  const cutOff =
    error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')
  if (cutOff && skill.repeat === 'never') {
    const why = `${skill.name} was cut off; whether it happened cannot be known from here.`
    return { kind: 'unknown', why, decision }
  }
  if (cutOff)
    return { kind: 'failed', code: 'outside_failed', why: `${skill.name} did not end in time.`, decision }
  return { kind: 'failed', code: 'internal', why: describeFault(error), decision }
}
