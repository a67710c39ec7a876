/**
 * What a run has read for the current request, as the gate traces literals in it. A result is taken apart once and kept
 * for the next calls of its run: only what came since is new to the kernel.
 */
import type { Json, Label } from '@castellan/contracts'
import { joinAll, type ReadResult } from '@castellan/kernel'
import type { AnySkill } from '../invoke/index.ts'
import type { StoredEntry } from './types.ts'

/** Results kept taken apart, of all runs together. */
const mostResults = 256

/** Finds the results of a run among its lines. */
export type ReadSoFar = (lines: readonly StoredEntry[], thought: string) => ReadResult[]

/** Makes it over the skills' declarations. */
export function readings(skills: ReadonlyMap<string, AnySkill>): ReadSoFar {
  const known = new Map<string, ReadResult>()
  return (lines, thought) => {
    const at = lines.findIndex((line) => line.step === thought && line.content.kind === 'agent')
    // What came after the thought was written is nothing that its literals could have come from.
    return lines.slice(0, Math.max(0, at)).flatMap((line) => {
      const result = known.get(line.id) ?? resultOf(line, skills)
      if (result === null) return []
      // Taken out and put back, so that those asked for latest stay longest.
      known.delete(line.id)
      known.set(line.id, result)
      for (const oldest of known.keys()) if (known.size > mostResults) known.delete(oldest)
      return [result]
    })
  }
}

function resultOf({ content }: StoredEntry, skills: ReadonlyMap<string, AnySkill>): ReadResult | null {
  if (content.kind !== 'call' || content.call.outcome.kind !== 'done') return null
  const { skill, args, outcome } = content.call
  const declared = skills.get(skill)
  return {
    ...{ skill, args: objectOf(args), value: outcome.value, labels: outcome.labels },
    ...(declared === undefined ? {} : { roles: declared.roles, platform: declared.platform ?? [] }),
  }
}

function objectOf(args: Json): { [name: string]: Json } {
  return args !== null && typeof args === 'object' && !Array.isArray(args) ? args : {}
}

/** The join of the labels of what the planner has before it besides the results of this run. */
export function labelOfRest(lines: readonly StoredEntry[], run: string): Label {
  const rest = lines.filter((line) => line.run !== run || line.content.kind === 'owner')
  return joinAll(rest.map((line) => line.label))
}
