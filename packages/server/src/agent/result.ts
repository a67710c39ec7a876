/** How a run stands, in one value: the reply, every decision, every question, what it used. */
import type { RunResult, RunView } from '@castellan/contracts'
import type { Find } from '../sealed/index.ts'
import { valuesIn } from './entries.ts'
import type { StoredEntry } from './types.ts'

/** Folds the lines of a run to its result. `find` finds what references in the reply stand for. */
export function resultOf(run: RunView, lines: readonly StoredEntry[], find: Find): RunResult {
  const result: RunResult = {
    ...{ run, reply: null, values: [], decisions: [], approvals: [], receipts: [], usage: run.usage },
  }
  for (const { step, content } of lines) {
    // What it says beside a call is no answer yet.
    if (content.kind === 'agent' && content.toolCalls.length === 0) {
      result.reply = content.text
      result.values = valuesIn(content.text, find)
    }
    if (content.kind === 'agent') result.receipts.push(...(content.receipts ?? []))
    if (content.kind !== 'call') continue
    const { outcome, skill } = content.call
    const state = outcome.kind === 'asks' ? 'waiting' : outcome.kind
    if (outcome.decision !== null) result.decisions.push({ step, skill, decision: outcome.decision, state })
    if (outcome.kind === 'asks') {
      result.approvals.push({ question: outcome.question, skill, state: 'open', why: outcome.decision.why })
    }
  }
  return result
}
