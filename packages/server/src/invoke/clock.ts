/**
 * Time as the gate needs it. Approvals and budgets rest on the clock, so a clock that was set back while the process
 * ran closes the gate. Forward is harmless (approvals expire early) and ordinary (a laptop that slept).
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** False while the clock stands well before where the process's own monotonic time says it should. */
  isSound(): boolean
}

const toleratedMs = 5 * 60_000

/** The machine's clock, watched from now on. */
export function systemClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): Clock {
  const offset = wall() - monotonic()
  return { now: wall, isSound: () => wall() - monotonic() > offset - toleratedMs }
}
