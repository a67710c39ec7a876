/**
 * In a conversation `owner` means whoever speaks in it. The gate knows the speaker by name, so that what a member's call
 * keeps never passes for the owner's; what comes back from it to the conversation is the speaker's own again.
 */
import type { FieldLabels, Label } from '@castellan/contracts'
import { label } from '@castellan/kernel'
import type { Principal } from '../http/index.ts'
import type { Outcome } from '../invoke/index.ts'

/** What came of a call, as the conversation of its speaker has it. */
export function asSpoken(outcome: Outcome, speaker: Principal): Outcome {
  if (speaker === 'owner') return outcome
  const own = ({ sources, readers }: Label) =>
    label(
      sources.map((source) => (source === speaker ? 'owner' : source)),
      readers,
    )
  if (outcome.kind === 'done') return { ...outcome, labels: mapped(outcome.labels, own) }
  if ('label' in outcome && outcome.label !== undefined) return { ...outcome, label: own(outcome.label) }
  return outcome
}

function mapped(labels: FieldLabels, change: (each: Label) => Label): FieldLabels {
  return Object.fromEntries(Object.entries(labels).map(([path, each]) => [path, change(each)]))
}
