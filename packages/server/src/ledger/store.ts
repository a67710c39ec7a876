/** Reading the ledger's tables. */
import type { DecisionResult, LedgerKind } from '@castellan/contracts'

/** Which rows to show; an absent field does not restrict. */
export interface LedgerFilter {
  /** Rows below this `seq`. */
  readonly before?: number | undefined
  /** At most this many, 1–1,000. */
  readonly limit?: number | undefined
  readonly skill?: string | undefined
  readonly kind?: LedgerKind | undefined
  readonly decision?: DecisionResult | undefined
  readonly run?: string | undefined
}
