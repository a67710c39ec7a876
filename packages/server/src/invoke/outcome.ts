/** What comes of a call, as values: a refusal is an answer, not an exception. */
import type { Decision, ErrorCode, FieldLabels, Found, Json, Label } from '@castellan/contracts'

/** Why a call was not made, beyond what the policy said. */
export type RefusalReason =
  | 'policy'
  | 'not_allowed_for_persona'
  | 'unknown_skill'
  | 'secret_leak'
  | 'budget_spent'
  | 'rate_limited'
  | 'owner_said_no'
  | 'no_answer'
  | 'clock'
  | 'stopped'

export type Outcome =
  | {
      readonly kind: 'done'
      readonly branch: string
      readonly value: Json
      readonly labels: FieldLabels
      /** The sensor's marks: recorded and shown, never looked at by a decision. Absent when there are none. */
      readonly found?: readonly Found[]
      readonly decision: Decision
    }
  /** The run must wait for this question and then call again, naming it. */
  | { readonly kind: 'asks'; readonly question: string; readonly decision: Decision; readonly waitMs: number }
  | {
      readonly kind: 'refused'
      readonly reason: RefusalReason
      readonly why: string
      readonly decision: Decision | null
    }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly why: string
      /** Who could have worded `why`; absent in rows from before it was kept. */
      readonly label?: Label
      readonly decision: Decision | null
      /** The same call may succeed a little later. */
      readonly retryable?: boolean
      readonly retryAfterMs?: number
    }
  /** The effect was begun, and nobody can tell from here whether it happened. */
  | {
      readonly kind: 'unknown'
      readonly why: string
      readonly label?: Label
      readonly decision: Decision | null
    }
