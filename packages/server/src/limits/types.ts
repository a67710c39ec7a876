/** The words of limits: how often something may be done, how often it may fail, and what an attempt is told. */

/** One call and `burst` more at once, then `perMinute`. */
export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

/** How many failures within a window (counted from the last one) block, and for how long. */
export interface LockRule {
  readonly failures: number
  readonly windowMs: number
  readonly blockMs: number
}

/** An attempt that may be evaluated (the count includes it), or until when none may. */
export type Attempt = { readonly count: number } | { readonly blockedUntil: Date; readonly waitMs: number }

/**
 * Limits that all processes of an instance share, counted on the database's clock. `name` is a word of ours (it labels
 * the metrics), `key` is whom it counts: an address by `limiterKey`, an account's id. Everything rejects when the
 * database cannot tell: that is never a pass.
 */
export interface Limits {
  /** Takes one turn; gives back the milliseconds to wait, 0 when the call may pass. A refused call costs nothing. */
  take(name: string, key: string, rate: Rate): Promise<number>
  /**
   * Counts an attempt as failed before it is evaluated, so that of any number at once no more are evaluated than may
   * fail. An attempt while blocked changes nothing: it neither counts nor prolongs the block.
   */
  reserve(name: string, key: string, rule: LockRule): Promise<Attempt>
  /** The attempt that was just counted was right after all; those before it still count. */
  giveBack(name: string, key: string): Promise<void>
  /** What was tried was right: the failures before it are forgotten. */
  forgive(name: string, key: string): Promise<void>
  /** Removes rows that mean nothing any more. */
  prune(): Promise<void>
  /** Refusals since the start of this process, by name. */
  refusals(): ReadonlyMap<string, number>
}
