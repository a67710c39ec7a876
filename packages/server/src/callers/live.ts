/** Calls that are under way, by token: revoking a token ends its calls, here at once and elsewhere within seconds. */
import { CastellanError } from '@castellan/contracts'
import type { Caller } from './types.ts'

/** One call under way. */
export interface LiveCall {
  /** Aborts when the token no longer holds, or when `stop` was called. */
  readonly signal: AbortSignal
  /** The client is gone. */
  stop(): void
  /** To be called on every way out. */
  end(): void
}

export interface LiveCalls {
  /** Throws `budget_spent` when too many calls of this token are under way. */
  begin(caller: Pick<Caller, 'id'>): LiveCall
  /** Ends all calls of a token. */
  revoke(id: string): void
}

/** More at once than a program of a household needs; each holds a connection and an answer in memory. */
const maxAtOnce = 16

/** A registry that asks now and then whether the token of a call still holds; not to be able to tell is a no. */
export function liveCalls(isLive: (id: string) => Promise<boolean>, watchMs: number): LiveCalls {
  const live = new Map<string, Set<AbortController>>()
  return {
    begin({ id }) {
      const own = live.get(id) ?? new Set()
      if (own.size >= maxAtOnce) throw tooMany()
      const controller = new AbortController()
      live.set(id, own.add(controller))
      const look = () =>
        isLive(id)
          .catch(() => false)
          .then((holds) => holds || controller.abort(revoked()))
      const timer = setInterval(look, watchMs).unref()
      // The token may have been revoked after it was looked up and before this call was in the registry.
      void look()
      return {
        signal: controller.signal,
        stop: () => controller.abort(new DOMException('the client is gone', 'AbortError')),
        end() {
          clearInterval(timer)
          own.delete(controller)
          if (own.size === 0 && live.get(id) === own) live.delete(id)
        },
      }
    },
    revoke(id) {
      for (const controller of live.get(id) ?? []) controller.abort(revoked())
    },
  }
}

function revoked(): CastellanError {
  return new CastellanError('not_signed_in', 'This token was revoked or has expired; the answer ends here.')
}

function tooMany(): CastellanError {
  return new CastellanError('budget_spent', `More than ${maxAtOnce} calls of this token are under way.`, {
    hint: 'wait for one of them to end',
    details: { retryAfterMs: 1_000 },
  })
}
