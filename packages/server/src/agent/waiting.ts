/** Waiting for a run to change, by whoever asked for its result. */

/** Wakes those who wait for a run. */
export interface RunWaits {
  /** Something about a run has changed. */
  changed(run: string): void
  /** Resolves when it changes next, or when the signal aborts. Listening begins at the call, not at the await. */
  next(run: string, signal: AbortSignal): Promise<void>
}

export function runWaits(): RunWaits {
  const waiting = new Map<string, Set<() => void>>()
  return {
    changed(run) {
      for (const wake of waiting.get(run) ?? []) wake()
    },
    next(run, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const here = waiting.get(run) ?? new Set()
      waiting.set(run, here.add(wake))
      signal.addEventListener('abort', wake, { once: true })
      if (signal.aborted) wake()
      function wake(): void {
        here.delete(wake)
        if (here.size === 0 && waiting.get(run) === here) waiting.delete(run)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      return promise
    },
  }
}
