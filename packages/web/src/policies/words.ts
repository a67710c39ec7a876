/** The sentences of the policies room. */
import type { DecisionResult, PolicyCheck, PolicyReplay } from '@castellan/contracts'

/** What a check comes to. */
export const checkInWords = (found: PolicyCheck | null): string => {
  if (found === null) return 'Not checked yet.'
  const count = found.rules.length === 1 ? '1 rule' : `${found.rules.length} rules`
  if (!found.ok) return 'This cannot be put in force. What is in force stays.'
  if (found.rules.length === 0 && found.findings.length === 0) return 'No rules of your own.'
  if (found.findings.length === 0) return `${count}, nothing to say against.`
  return `${count}. This can be put in force; read the notes first.`
}

/** What a replay comes to: "12 of 431 past calls would have been decided otherwise." */
export const replayInWords = ({ calls, changed, days, unknown, cut }: PolicyReplay): string => {
  const span = cut ? 'the newest past calls' : `past calls of the last ${days} days`
  const untold =
    unknown === 0 ? '' : ` Of ${unknown} more it cannot be told: what they were decided over is not recorded.`
  if (calls === 0) return `There are no ${span} to compare with.${untold}`
  const number = changed === 0 ? 'None' : String(changed)
  return `${number} of ${calls} ${span} would have been decided otherwise.${untold}`
}

/** A decision in the past: "was asked about". */
export const decidedWords: Readonly<Record<DecisionResult, string>> = {
  allow: 'allowed',
  ask: 'asked about',
  deny: 'refused',
}
