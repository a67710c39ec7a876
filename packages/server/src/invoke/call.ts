/** A parsed call in the kernel's words: the gate, `explain` and the red team judge exactly this. */
import type { FieldLabels, Json } from '@castellan/contracts'
import type { Call, RunFacts } from '@castellan/kernel'
import type { Skill } from './skill.ts'

/** Who calls, what is known of the run, and which arguments are references. */
export interface Caller {
  readonly principal: readonly string[]
  readonly facts: RunFacts
  readonly references?: FieldLabels | undefined
}

/** The call that the kernel decides. `parsed` is what `readArguments` made of the arguments. */
export function callOf(
  skill: Skill<unknown>,
  parsed: { readonly args: unknown; readonly json: { readonly [name: string]: Json } },
  { principal, facts, references }: Caller,
): Call {
  const { name, effect, roles, verbs } = skill
  return {
    principal,
    skill: { name, effect, roles, ...(verbs === undefined ? {} : { verbs }) },
    args: parsed.json,
    reaches: skill.leaves?.(parsed.args as never) ?? [],
    run: facts,
    ...(references === undefined ? {} : { references }),
  }
}
