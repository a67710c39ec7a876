/**
 * A circuit breaker as a pure state machine: three consecutive failures open it for five minutes, after which one
 * probe may pass; its success closes the circuit, its failure opens it again (Nygard, Release It!, 2007).
 */

export const failuresToOpen = 3
export const openMs = 5 * 60_000

export interface Breaker {
  readonly failures: number
  /** Epoch milliseconds at which it opened; null while closed. */
  readonly openedAt: number | null
  readonly probing: boolean
}

export const closedBreaker: Breaker = Object.freeze({ failures: 0, openedAt: null, probing: false })

/** Whether a call may pass now, and the breaker afterwards. `retryInMs` says when a refused one may try again. */
export function admit(breaker: Breaker, now: number): { breaker: Breaker; pass: boolean; retryInMs: number } {
  if (breaker.openedAt === null) return { breaker, pass: true, retryInMs: 0 }
  const remaining = breaker.openedAt + openMs - now
  // A clock that jumped back would keep the circuit open for as long as it jumped; never longer than one full wait.
  if (remaining > 0 && remaining <= openMs) return { breaker, pass: false, retryInMs: remaining }
  if (breaker.probing) return { breaker, pass: false, retryInMs: openMs }
  return { breaker: { ...breaker, probing: true }, pass: true, retryInMs: 0 }
}

/** The breaker after a call that passed has ended. Exceptions and timeouts count as failures. */
export function settle(breaker: Breaker, succeeded: boolean, now: number): Breaker {
  // A call that passed before the circuit opened says nothing about the service as it is now; only the probe does.
  if (breaker.openedAt !== null && !breaker.probing) return breaker
  if (succeeded) return closedBreaker
  const failures = breaker.failures + 1
  if (breaker.probing || failures >= failuresToOpen) return { failures, openedAt: now, probing: false }
  return { ...breaker, failures }
}
