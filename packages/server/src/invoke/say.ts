/** The gate's words and views: arguments read strictly, decisions without their inner labels, sentences for the card. */
import type { Decision, Json } from '@castellan/contracts'
import { type Decided, nameSources } from '@castellan/kernel'
import * as z from 'zod'
import type { Leaving, Skill } from './skill.ts'

/** Arguments parsed by the skill's schema, and the same as JSON, which is what is bound, traced and recorded. */
export function readArguments(
  skill: Skill<unknown>,
  args: Json,
): { args: unknown; json: { [name: string]: Json } } | { problem: string } {
  const parsed = skill.args.safeParse(args)
  if (!parsed.success) return { problem: `${skill.name}: ${z.prettifyError(parsed.error)}` }
  return { args: parsed.data, json: JSON.parse(JSON.stringify(parsed.data)) as { [name: string]: Json } }
}

/** A decision as it is stored and shown. */
export function decisionView(decided: Decided): Decision {
  const { decision, factor, rules, why } = decided
  return {
    decision,
    rules,
    why,
    ...(factor === undefined ? {} : { factor }),
    arguments: decided.arguments.map(({ path, role, origin, sources, value }) => ({
      path,
      role,
      origin,
      sources,
      value,
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

/** Who is reached and by which arguments; null when nothing leaves. */
export function leavesOf(leaving: readonly Leaving[]): { to: string[]; what: string[] } | null {
  if (leaving.length === 0) return null
  return {
    to: leaving.map((each) => each.to.name),
    what: [...new Set(leaving.flatMap((each) => each.what))],
  }
}

/** A fault of ours, saying no more than that. */
export function describeFault(error: unknown): string {
  return `A fault of Castellan's own (${error instanceof Error ? error.name : 'unknown'}). Nothing else is affected.`
}
