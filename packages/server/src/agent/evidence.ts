/** What a question shows of where its arguments stand: the line with the owner's words, and every result in full. */
import type { ReadResult } from '@castellan/kernel'
import type { StoredEntry } from './types.ts'

/** The evidence of a run. What was kept sealed from the planner is part of it: it is for the owner's eyes. */
export function evidenceOf(
  lines: readonly StoredEntry[],
  run: string,
): { said: string | null; read: ReadResult[] } {
  const said = lines.find((line) => line.run === run && line.content.kind === 'owner')?.id ?? null
  const read = lines.flatMap(({ id, content }): ReadResult[] => {
    if (content.kind !== 'call' || content.call.outcome.kind !== 'done') return []
    const { skill, outcome } = content.call
    return [{ id, skill, args: {}, value: outcome.value, labels: outcome.labels }]
  })
  return { said, read }
}
