/** Where a conversation stops being only the owner's words. Pure. */
import type { Entry } from '@castellan/contracts'
import { foreignSources } from '../origin/classes.ts'

const sourcesOf = (entry: Entry): readonly string[] => {
  if (entry.kind === 'agent') return entry.label.sources
  if (entry.kind === 'call') return entry.call.label?.sources ?? []
  return []
}

/** What a model wrote bears the model's name; that alone is no foreign reading. */
const readSources = (entry: Entry): string[] =>
  foreignSources(sourcesOf(entry)).filter((s) => !s.startsWith('model:'))

/** The line's place and what was read. `after` is the id of the entry it follows, null for the very top. */
export interface TaintLine {
  after: string | null
  sources: string[]
}

/** Finds the first entry that holds something foreign; null while there is none. */
export const taintLine = (entries: readonly Entry[], taintedBy: readonly string[]): TaintLine | null => {
  const first = entries.find((entry) => readSources(entry).length > 0)
  const sources = first === undefined ? foreignSources(taintedBy) : readSources(first)
  if (sources.length === 0) return null
  return { after: first?.id ?? null, sources }
}
