/** The gate's words and views: arguments read strictly, decisions without their inner labels, sentences for the card. */
import type { Decision, Json, QuestionView } from '@castellan/contracts'
import { type Decided, joinAll, nameSources, type TracedArgument } from '@castellan/kernel'
import * as z from 'zod'
import type { ReadArguments } from './call.ts'
import type { Leaving, Skill } from './skill.ts'

/** Arguments parsed by the skill's schema, and the same as JSON, which is what is bound, traced and recorded. */
export function readArguments(skill: Skill<unknown>, args: Json): ReadArguments | { problem: string } {
  const parsed = skill.args.safeParse(args)
  if (!parsed.success) return { problem: `${skill.name}: ${z.prettifyError(parsed.error)}` }
  const json = JSON.parse(JSON.stringify(parsed.data)) as { [name: string]: Json }
  const given = args !== null && typeof args === 'object' ? args : {}
  return { args: parsed.data, json, filled: Object.keys(json).filter((name) => !Object.hasOwn(given, name)) }
}

/** A decision as it is stored and shown. */
export function decisionView(decided: Decided): Decision {
  const { decision, factor, rules, why } = decided
  return {
    decision,
    rules,
    why,
    ...(factor === undefined ? {} : { factor }),
    arguments: decided.arguments.map(({ path, role, origin, sources, value, isEndorsed }) => ({
      ...{ path, role, origin, sources, value },
      ...(isEndorsed ? { endorsed: true as const } : {}),
    })),
  }
}

/** The card's first line: what, to whom, and what is unusual about it. */
export function askSentence(says: string, decided: Decided): string {
  const strange = decided.arguments.find(
    (argument) => argument.origin === 'foreign' && argument.role === 'target',
  )
  const first = `Castellan wants to ${says}.`
  if (strange !== undefined) {
    return `${first} Where it goes came from ${nameSources(strange.sources)}, not from you.`
  }
  const { run } = decided.request
  return run.foreign ? `${first} This conversation has read ${nameSources(run.sources)}.` : first
}

/** Who is reached, by which arguments, and who may read these so far; null when nothing leaves. */
export function leavesOf(
  leaving: readonly Leaving[],
  traced: readonly TracedArgument[],
): QuestionView['leaves'] {
  if (leaving.length === 0) return null
  const what = [...new Set(leaving.flatMap((each) => each.what))]
  const reached = traced.filter(({ path }) =>
    what.some((pointer) => path === pointer || path.startsWith(`${pointer}/`)),
  )
  return {
    to: leaving.map((each) => each.to.name),
    // Pointers to arguments that were left out lead to nothing that leaves.
    what: what.filter((pointer) =>
      reached.some(({ path }) => path === pointer || path.startsWith(`${pointer}/`)),
    ),
    readers: joinAll(reached.map((each) => each.label)).readers,
  }
}

/** A fault of ours, saying no more than that. */
export function describeFault(error: unknown): string {
  return `A fault of Castellan's own (${error instanceof Error ? error.name : 'unknown'}). Nothing else is affected.`
}
