/** A parsed call in the kernel's words: the gate, `explain` and the red team judge exactly this. */
import type { FieldLabels, Json } from '@castellan/contracts'
import { type Call, escapePointer, type RunFacts, systemLabel } from '@castellan/kernel'
import type { Skill } from './skill.ts'

/** Who calls, what is known of the run, and which arguments are references. */
export interface Caller {
  readonly principal: readonly string[]
  readonly facts: RunFacts
  readonly references?: FieldLabels | undefined
}

/** Arguments as `readArguments` gives them: `json` is what is traced, `filled` the names that nobody gave. */
export interface ReadArguments {
  readonly args: unknown
  readonly json: { readonly [name: string]: Json }
  readonly filled: readonly string[]
}

/** The call that the kernel decides. */
export function callOf(
  skill: Skill<unknown>,
  parsed: ReadArguments,
  { principal, facts, references }: Caller,
): Call {
  const { name, effect, roles, verbs } = skill
  // An option that was left out is the schema's word. What is reached or touched is the planner's even so.
  const filled = parsed.filled.filter((each) => roles[each] === 'option')
  const own = Object.fromEntries(filled.map((each) => [`/${escapePointer(each)}`, systemLabel]))
  return {
    principal,
    skill: { name, effect, roles, ...(verbs === undefined ? {} : { verbs }) },
    args: parsed.json,
    reaches: skill.leaves?.(parsed.args as never) ?? [],
    run: facts,
    references: { ...own, ...references },
  }
}
