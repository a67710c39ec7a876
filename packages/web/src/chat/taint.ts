/** Where a run stops being only the owner's words, and reads what strangers wrote. Pure. */
import type { Entry } from '@castellan/contracts'
import { foreignSources } from '../origin/classes.ts'

/** A line through the conversation. `after` is the id of the entry it follows, null for the very top. */
export interface TaintLine {
  after: string | null
  sources: string[]
}

/** The lines of a conversation: one wherever something foreign reached the agent that had not before. */
export const taintLines = (entries: readonly Entry[], taintedBy: readonly string[]): TaintLine[] => {
  const known = new Set<string>()
  const lines: TaintLine[] = []
  for (const entry of entries) {
    // What a model wrote bears the model's name; that alone is no foreign reading.
    const reads = entry.kind === 'call' ? foreignSources(entry.call.reads) : []
    const sources = reads.filter((source) => !source.startsWith('model:') && !known.has(source))
    if (sources.length > 0) lines.push({ after: entry.id, sources })
    for (const source of sources) known.add(source)
  }
  const rest = foreignSources(taintedBy).filter(
    (source) => !source.startsWith('model:') && !known.has(source),
  )
  // Read in what is not shown here any more, or pasted: true of the whole conversation.
  return rest.length === 0 ? lines : [{ after: null, sources: rest }, ...lines]
}
