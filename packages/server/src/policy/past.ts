/** Calls of the ledger, with what they were decided over. */
import {
  CastellanError,
  type Decision,
  type DecisionResult,
  type Json,
  type LedgerDetail,
} from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'
import type { Decided } from '../ledger/index.ts'
import { readRequest } from './request.ts'

/** A call as it was decided unasked; `request` is null where that was erased or never recorded. */
export interface PastCall {
  readonly seq: number
  readonly at: string
  readonly skill: string
  readonly run: string | null
  readonly was: DecisionResult
  readonly request: PolicyRequest | null
}

/** The calls among rows of decisions, each once: the first row of a step, where the policy decided it. */
export function callsOf(rows: readonly Decided[]): PastCall[] {
  const steps = new Map<string, PastCall>()
  // Newest first as they come: an earlier row of the same step takes the later one's place.
  for (const row of rows) {
    const request = readRequest(row.request)
    if (row.decision === null || isOtherwiseRefused(row) || isApproved(row, request)) continue
    const { seq, at, skill, run, decision } = row
    steps.set(`${run} ${row.step}`, { seq, at, skill, run, was: decision, request })
  }
  return [...steps.values()].sort((a, b) => b.seq - a.seq)
}

/** Refused by a budget, a limit, a leak or the owner, and so not by a rule. */
function isOtherwiseRefused({ reason }: Decided): boolean {
  return reason !== null && reason !== 'policy'
}

/** Begun after a yes: its question has a row of its own. */
function isApproved(row: Decided, request: PolicyRequest | null): boolean {
  return request !== null && row.kind === 'intent' && request.approval !== 'none'
}

/** A row's decision and what it was made over. Rejects with `bad_request` where the row is no decision of a rule. */
export function decisionOf({ row, body }: LedgerDetail): {
  decision: Decision
  request: PolicyRequest | null
  /** Why it was refused besides. */
  refused: string | null
} {
  const { decision, result, request } = (body ?? {}) as { [name: string]: Json }
  const ended = (result ?? {}) as { decision?: Json; reason?: string; why?: string }
  const stored = decision ?? ended.decision
  if (row.decision !== null && stored !== null && stored !== undefined) {
    const refused = (ended.reason ?? 'policy') === 'policy' ? null : (ended.why ?? null)
    return { decision: stored as unknown as Decision, request: readRequest(request), refused }
  }
  throw new CastellanError(
    'bad_request',
    `Row ${row.seq} of the ledger is no decision of a rule, or what it said was erased.`,
    {
      hint: 'choose a row of kind decision or intent',
    },
  )
}
