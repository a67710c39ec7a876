/** What the planner is told of a call: of a result what is not sealed, of a failure what no stranger could have worded. */
import { errorCodes, type Label } from '@castellan/contracts'
import { foreignSources, join, systemLabel, unknownLabel } from '@castellan/kernel'
import type { Outcome } from '../invoke/index.ts'
import { isOnSeals, type View } from '../sealed/index.ts'
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
      return `Failed: ${isToldInFull(call, outcome, showing) ? outcome.why : `${outcome.code}. ${errorCodes[outcome.code].doc}`}`
    case 'unknown':
      return `Outcome unknown: ${showing.sealed ? '' : `${outcome.why} `}Do not repeat it; tell the owner.`
  }
}

/** The label of what `tell` tells of a call. */
export function labelOfTold(call: StoredCall, view: View | null, showing: Showing): Label {
  if (view !== null) return join(systemLabel, view.label)
  const { outcome } = call
  if (outcome.kind !== 'failed' && outcome.kind !== 'unknown') return systemLabel
  const isTold = outcome.kind === 'failed' ? isToldInFull(call, outcome, showing) : !showing.sealed
  return isTold && !isOnSeals(call.skill) ? join(systemLabel, labelOfWhy(outcome)) : systemLabel
}

/** What the policy says of a call quotes its arguments and where they came from; a reason quotes nobody. */
function refusal({ reason, why, decision }: Extract<Outcome, { kind: 'refused' }>): string {
  if (reason === 'policy') return `the policy forbids it (${decision?.rules.join(', ') ?? ''}).`
  return reason === 'secret_leak' ? 'it would carry a secret out of the house.' : why
}

type Failure = Extract<Outcome, { kind: 'failed' | 'unknown' }>

/** From before the label of a failure was kept, whoever was spoken to may have worded it. */
function labelOfWhy({ label, decision }: Failure): Label {
  return label ?? (decision === null ? systemLabel : unknownLabel)
}

/** Whether a failure is told in its own words: nobody else's are in them, or they speak of what the planner itself wrote. */
function isToldInFull(call: StoredCall, outcome: Failure, { sealed }: Showing): boolean {
  if (!sealed || isOnSeals(call.skill)) return true
  if (outcome.decision === null && call.became === undefined) return true
  return foreignSources(labelOfWhy(outcome)).length === 0
}

function clip(text: string): string {
  if (text.length <= resultCharacters) return text
  return `${text.slice(0, resultCharacters)}\n[cut after ${resultCharacters} of ${text.length} characters]`
}
