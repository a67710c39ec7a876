/**
 * How a planner acts that sees only the names of strangers' values: it passes them on by reference. What it could not have
 * written without reading one makes it reveal them, and from then on it has read everything.
 */
import type { FieldLabels, Json } from '@castellan/contracts'
import {
  type Call,
  joinAll,
  labelOfAll,
  ownerLabel,
  type ReadResult,
  traceArguments,
} from '@castellan/kernel'
import type { Skill } from '../invoke/index.ts'

/**
 * References for the arguments that stand in strangers' fields, by JSON pointer; null when some argument stands nowhere
 * that the planner has seen, so that it must have read on.
 */
export function sealedStep(
  skill: Skill<unknown>,
  args: { readonly [name: string]: Json },
  words: readonly string[],
  results: readonly ReadResult[],
): FieldLabels | null {
  const label = joinAll([ownerLabel, ...results.map((result) => labelOfAll(result.labels))])
  const { name, effect, roles } = skill
  const call: Call = {
    ...{ principal: ['owner', 'agent:default'], skill: { name, effect, roles }, args },
    ...{ reaches: [], run: { words, label, rest: ownerLabel, results } },
  }
  const references: { [pointer: string]: FieldLabels[string] } = {}
  for (const traced of traceArguments(call)) {
    if (traced.origin !== 'foreign' || traced.isAnchor || traced.role === 'time' || traced.role === 'option')
      continue
    if (traced.takenFrom === null) return null
    references[traced.path] = { sources: traced.takenFrom, readers: label.readers }
  }
  return references
}
