/**
 * What a run has read for the current request, as the gate traces literals in it: of each result what was shown or
 * revealed. A result is taken apart once and kept for the next calls of its run: only what came since is new to the kernel.
 */
import type { Json } from '@castellan/contracts'
import type { ReadResult } from '@castellan/kernel'
import type { AnySkill } from '../invoke/index.ts'
import { askName, revealName, seqOf } from '../sealed/index.ts'
import { revealedBy, revealedIn, type Showing, viewOf, wordsByRun } from './shown.ts'
import type { StoredEntry } from './types.ts'

/** Results kept taken apart, of all runs together. */
const mostResults = 256

/** Finds the results of a run among its lines. */
export type ReadSoFar = (lines: readonly StoredEntry[], thought: string, sealed: boolean) => ReadResult[]

/** Makes it over the skills' declarations. */
export function readings(skills: ReadonlyMap<string, AnySkill>): ReadSoFar {
  const known = new Map<string, ReadResult>()
  return (lines, thought, sealed) => {
    const at = lines.findIndex((line) => line.step === thought && line.content.kind === 'agent')
    // What came after the thought was written is nothing that its literals could have come from.
    const before = lines.slice(0, Math.max(0, at))
    const revealed = revealedIn(before)
    const words = wordsByRun(before)
    return before.flatMap((line) => {
      if (isElsewhere(line, before)) return []
      const opened = revealed.get(line.seq)
      const key = `${line.id} ${sealed} ${[...(opened ?? [])].join(' ')}`
      const result = known.get(key) ?? resultOf(line, words(line.run), { skills, sealed }, opened)
      if (result === null) return []
      // Taken out and put back, so that those asked for latest stay longest.
      known.delete(key)
      known.set(key, result)
      for (const oldest of known.keys()) if (known.size > mostResults) known.delete(oldest)
      return [result]
    })
  }
}

/** What was revealed stands in its own record; a reader's answer stands in none. */
function isElsewhere(line: StoredEntry, lines: readonly StoredEntry[]): boolean {
  if (line.content.kind !== 'call') return true
  if (line.content.call.skill === askName) return true
  const handle = line.content.call.skill === revealName ? revealedBy(line) : null
  return handle !== null && lines.some(({ seq, content }) => seq === seqOf(handle) && content.kind === 'call')
}

function resultOf(
  line: StoredEntry,
  words: readonly string[],
  showing: Showing,
  opened: ReadonlySet<string> | undefined,
): ReadResult | null {
  const view = viewOf(line, words, showing, opened)
  if (view === null || line.content.kind !== 'call') return null
  const { skill, args, became = args } = line.content.call
  const declared = showing.skills.get(skill)
  return {
    ...{ skill, args: objectOf(became), value: view.read.value, labels: view.read.labels },
    ...(declared === undefined
      ? {}
      : { effect: declared.effect, roles: declared.roles, platform: declared.platform ?? [] }),
  }
}

function objectOf(args: Json): { [name: string]: Json } {
  return args !== null && typeof args === 'object' && !Array.isArray(args) ? args : {}
}
