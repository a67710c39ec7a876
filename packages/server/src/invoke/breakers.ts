/** The breakers of one process, by key; the rules are the kernel's. */
import { admit, type Breaker, closedBreaker, settle } from '@castellan/kernel'

export interface Breakers {
  /** Whether a call may pass now. A call that passed must be settled, whatever became of it. */
  admit(
    key: string,
    now: number,
  ): { pass: boolean; retryInMs: number; settle: (end: 'succeeded' | 'failed' | 'unused') => void }
  /** Forgets what a service suffered: it has since been seen to work, or is another one now. */
  close(key: string): void
  /** Every breaker that is not closed, for the health page. */
  open(): { key: string; openedAt: number | null; failures: number }[]
}

export function createBreakers(now: () => number = Date.now): Breakers {
  const breakers = new Map<string, Breaker>()
  return {
    admit(key, at) {
      const before = breakers.get(key) ?? closedBreaker
      const admitted = admit(before, at)
      if (admitted.pass) breakers.set(key, admitted.breaker)
      return {
        pass: admitted.pass,
        retryInMs: admitted.retryInMs,
        settle(end) {
          const current = breakers.get(key) ?? closedBreaker
          // A call that never went out says nothing about the service; only its probe is given back.
          const after =
            end === 'unused' ? { ...current, probing: false } : settle(current, end === 'succeeded', now())
          if (after.failures === 0 && after.openedAt === null) breakers.delete(key)
          else breakers.set(key, after)
        },
      }
    },
    close: (key) => void breakers.delete(key),
    open: () => [...breakers].map(([key, { openedAt, failures }]) => ({ key, openedAt, failures })),
  }
}
