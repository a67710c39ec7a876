/** What of a conversation's lines reaches the planner, the label of just that, and what references find in them. */
import type { Label } from '@castellan/contracts'
import { foreignSources, join, joinAll, ownerLabel } from '@castellan/kernel'
import type { AnySkill } from '../invoke/index.ts'
import {
  askName,
  type Find,
  handleIn,
  handleOf,
  type Named,
  openView,
  pointerIn,
  revealName,
  sealedView,
  seqOf,
  type View,
} from '../sealed/index.ts'
import { labelOfMessage, pastedLabel, pastedOf } from './pasted.ts'
import { wordsOf } from './step.ts'
import { labelOfTold } from './tell.ts'
import type { StoredEntry } from './types.ts'

/** What showing rests on besides the lines. */
export interface Showing {
  readonly skills: ReadonlyMap<string, AnySkill>
  /** Whether the persona's foreign results are sealed. */
  readonly sealed: boolean
}

/** The view of a line that holds a result; null for any other. `words` are the owner's in the line's own run. */
export function viewOf(
  line: Pick<StoredEntry, 'seq' | 'content'>,
  words: readonly string[],
  { skills, sealed }: Showing,
  revealed?: ReadonlySet<string>,
): View | null {
  if (line.content.kind !== 'call' || line.content.call.outcome.kind !== 'done') return null
  const { skill, outcome } = line.content.call
  if (!sealed || skill === revealName) return openView(outcome)
  return sealedView(handleOf(skill, line.seq), outcome, skills.get(skill) ?? {}, words, revealed)
}

/** Whether the pasted parts of a line of the owner's are kept from the planner. Of old lines nobody knows them. */
export function isPasteSealed({ content, label }: StoredEntry, { sealed }: Showing): boolean {
  if (!sealed || content.kind !== 'owner' || content.pasted === undefined) return false
  return content.pasted.length > 0 && foreignSources(label).every((source) => source === 'pasted')
}

/** The label of what a line shows the planner. */
export function shownLabel(line: StoredEntry, words: readonly string[], showing: Showing): Label {
  if (line.content.kind === 'call') {
    return labelOfTold(line.content.call, viewOf(line, words, showing), showing)
  }
  if (line.content.kind !== 'owner') return line.label
  if (isPasteSealed(line, showing)) return ownerLabel
  // What was sealed as it came is not any more, should the persona have been changed meanwhile.
  return join(line.label, labelOfMessage(pastedOf(line.content)))
}

/** The same for many lines of one conversation. */
export function shownLabels(
  entries: readonly StoredEntry[],
  lines: readonly StoredEntry[],
  showing: Showing,
): Label[] {
  const words = wordsByRun(entries)
  return lines.map((line) => shownLabel(line, words(line.run), showing))
}

/** The owner's words of each run among some lines, looked up once. */
export function wordsByRun(entries: readonly StoredEntry[]): (run: string) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return (run) => {
    const words = known.get(run) ?? wordsOf(entries, run)
    known.set(run, words)
    return words
  }
}

/** The join of the labels of what the planner has before it besides the results of this run that it is traced in. */
export function labelOfRest(
  entries: readonly StoredEntry[],
  lines: readonly StoredEntry[],
  run: string,
  showing: Showing,
): Label {
  const rest = lines.filter(
    ({ run: of, content }) =>
      of !== run || content.kind === 'owner' || (content.kind === 'call' && content.call.skill === askName),
  )
  return joinAll(shownLabels(entries, rest, showing))
}

/** What references find among some lines: results of calls, what the owner pasted, and what attached files were called. */
export function findIn(lines: readonly StoredEntry[]): Find {
  const bySeq = new Map(lines.map((line) => [line.seq, line]))
  return (seq) => {
    const line = bySeq.get(seq)
    return line === undefined ? undefined : namedBy(line)
  }
}

function namedBy({ content }: StoredEntry): Named | undefined {
  if (content.kind === 'owner') {
    const pasted = pastedOf(content).map(({ from, to }) => content.text.slice(from, to))
    const names = (content.attachments ?? []).map(({ name }) => name)
    return { skill: 'paste', value: [...pasted, ...names], labels: { '': pastedLabel } }
  }
  if (content.kind !== 'call' || content.call.outcome.kind !== 'done') return undefined
  const { value, labels } = content.call.outcome
  return { skill: content.call.skill, value, labels }
}

/** Pointers that the planner has had opened, by the number of the line they lead into. */
export function revealedIn(lines: readonly StoredEntry[]): ReadonlyMap<number, ReadonlySet<string>> {
  const revealed = new Map<number, Set<string>>()
  for (const line of lines) {
    const handle = revealedBy(line)
    if (handle === null) continue
    const seq = seqOf(handle)
    revealed.set(seq, (revealed.get(seq) ?? new Set()).add(pointerIn(handle)))
  }
  return revealed
}

/** The handle that a line has opened; null for any other line. */
export function revealedBy({ content }: StoredEntry): string | null {
  if (content.kind !== 'call' || content.call.outcome.kind !== 'done') return null
  const { skill, args } = content.call
  if (skill !== revealName || args === null || typeof args !== 'object' || Array.isArray(args)) return null
  return typeof args['handle'] === 'string' ? handleIn(args['handle']) : null
}
