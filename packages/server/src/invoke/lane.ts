/** Running a skill: its deadline, the stop button, and what a failure means. */
import { CastellanError, type Decision, type FieldLabels, type Label } from '@castellan/contracts'
import { join, joinAll, systemLabel, type TracedArgument, unknownLabel } from '@castellan/kernel'
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

/** What a stranger's value selects is a stranger's choice, and what a private one selects tells of it: the result is both. */
export function labelsOfSelected(
  labels: FieldLabels,
  { effect }: Pick<Skill<unknown>, 'effect'>,
  references: FieldLabels = {},
): FieldLabels {
  const selecting = Object.values(references)
  if (effect !== 'read' || selecting.length === 0) return labels
  const all = Object.entries({ '': unknownLabel, ...labels })
  return Object.fromEntries(all.map(([pointer, own]) => [pointer, joinAll([own, ...selecting])]))
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

/** Refusals that the house itself words, before anything from outside was heard; a plugin's failures have other codes. */
const ownWords: ReadonlySet<string> = new Set(['address_refused', 'bad_request', 'path_refused'])

/** Who could have worded a failure: the arguments, which it may quote, and whoever is spoken to. */
function labelOfError(error: CastellanError, skill: Skill<unknown>, args: unknown, given: Label): Label {
  if (ownWords.has(error.code)) return given
  try {
    return join(given, skill.output(args as never))
  } catch {
    return join(given, unknownLabel)
  }
}

/** The call that failed. */
export interface Failed {
  readonly skill: Skill<unknown>
  readonly args: unknown
  /** The label of all of the arguments. */
  readonly given: Label
  readonly decision: Decision
}

/** A failure whose effect may have happened all the same is said to be unknown, never guessed. */
export function outcomeOfFailure(error: unknown, { skill, args, given, decision }: Failed): Outcome {
  if (error instanceof CastellanError) {
    const label = labelOfError(error, skill, args, given)
    if (error.code === 'outcome_unknown') return { kind: 'unknown', why: error.message, label, decision }
    const retryAfterMs = error.details['retryAfterMs']
    const why = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
    const retryable = error.details['retryable'] === true
    const later = typeof retryAfterMs === 'number' ? { retryAfterMs } : {}
    return { kind: 'failed', code: error.code, why, label, decision, retryable, ...later }
  }
  const cutOff =
    error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')
  if (cutOff && skill.repeat === 'never') {
    const why = `${skill.name} was cut off; whether it happened cannot be known from here.`
    return { kind: 'unknown', why, label: systemLabel, decision }
  }
  const own = { kind: 'failed', label: systemLabel, decision } as const
  if (cutOff) return { ...own, code: 'outside_failed', why: `${skill.name} did not end in time.` }
  return { ...own, code: 'internal', why: describeFault(error) }
}
