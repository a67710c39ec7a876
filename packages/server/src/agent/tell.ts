/** What the planner is told of a call: of a result what is not sealed, of a failure what no stranger could have worded. */
import { errorCodes, type Label } from '@castellan/contracts'
import { foreignSources, join, systemLabel, unknownLabel } from '@castellan/kernel'
import type { AnySkill, Outcome, Skill } from '../invoke/index.ts'
import { askName, revealName, type View } from '../sealed/index.ts'
import { resultText } from './entries.ts'
import type { Showing } from './shown.ts'
import type { StoredCall } from './types.ts'

/** Characters of one result that the model is shown. */
const resultCharacters = 24_000

/** The words for the model. `view` is that of the call's result, where it has one. */
export function tell(call: StoredCall, view: View | null, showing: Showing): string {
  const { outcome } = call
  switch (outcome.kind) {
    case 'done':
      return clip(
        `${outcome.branch === 'success' ? '' : `[${outcome.branch}] `}${resultText(view?.told ?? null)}`,
      )
    case 'asks':
      return 'Waiting for the owner.'
    case 'refused':
      return `Refused: ${showing.sealed ? refusal(outcome) : outcome.why}`
    case 'failed':
      return `Failed: ${isOurs(call, outcome, showing) ? outcome.why : `${outcome.code}. ${errorCodes[outcome.code].doc}`}`
    case 'unknown':
      return `Outcome unknown: ${showing.sealed ? '' : `${outcome.why} `}Do not repeat it; tell the owner.`
  }
}

/** The label of what `tell` tells of a call. */
export function labelOfTold(call: StoredCall, view: View | null, showing: Showing): Label {
  if (view !== null) return join(systemLabel, view.label)
  const { outcome } = call
  if (outcome.kind !== 'failed' && outcome.kind !== 'unknown') return systemLabel
  const isTold = outcome.kind === 'failed' ? isOurs(call, outcome, showing) : !showing.sealed
  if (!isTold) return systemLabel
  // From before the label of a failure was kept: whoever was spoken to may have worded it.
  const { label = outcome.decision === null ? systemLabel : unknownLabel } = outcome
  return join(systemLabel, label)
}

/** What the policy says of a call quotes its arguments and where they came from; a reason quotes nobody. */
function refusal({ reason, why, decision }: Extract<Outcome, { kind: 'refused' }>): string {
  if (reason === 'policy') return `the policy forbids it (${decision?.rules.join(', ') ?? ''}).`
  return reason === 'secret_leak' ? 'it would carry a secret out of the house.' : why
}

/** Whether the words of a failure are the house's own: nothing foreign went in, and nothing foreign can have come back. */
function isOurs(call: StoredCall, { decision }: { decision: unknown }, { sealed, skills }: Showing): boolean {
  if (!sealed) return true
  if (call.became !== undefined) return false
  if (decision === null || call.skill === askName || call.skill === revealName) return true
  return speaksForHouse(skills.get(call.skill), call)
}

function speaksForHouse(skill: AnySkill | undefined, { args }: StoredCall): boolean {
  try {
    const output = (skill as Skill<unknown> | undefined)?.output(args)
    return output !== undefined && foreignSources(output).length === 0
  } catch {
    return false
  }
}

function clip(text: string): string {
  if (text.length <= resultCharacters) return text
  return `${text.slice(0, resultCharacters)}\n[cut after ${resultCharacters} of ${text.length} characters]`
}
