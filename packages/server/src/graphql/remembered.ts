/**
 * Who sends a request, remembered for a second: a page or an app asks many things in a row, and finding out who it is costs
 * more than the answer. A session that ends is forgotten at once; what else was taken back, within that second.
 */
import type { Identity } from '../http/env.ts'
import type { Claim, Identify } from '../http/guards.ts'

/** For how long, in milliseconds. */
export const rememberedMs = 1_000
const mostRemembered = 1_000

/** Calls back when a session ends; gives back how to stop listening. */
export type WatchSession = (identity: Identity, onEnd: () => void) => () => void

interface Remembered {
  readonly identity: Identity
  readonly until: number
  readonly unwatch: () => void
}

/** Wraps the question who it is. Whoever is not known is asked about every time, so that guessing stays counted. */
export function remembering(identify: Identify, watch: WatchSession, now: () => number): Identify {
  const all = new Map<string, Remembered>()
  const forget = (key: string) => {
    all.get(key)?.unwatch()
    all.delete(key)
  }
  return async function identifyRemembered(claim) {
    const key = keyOf(claim)
    const known = all.get(key)
    if (known !== undefined && known.until > now()) return known.identity
    forget(key)
    // From before the question on: what ends while it is asked must not be remembered.
    const until = now() + rememberedMs
    const identity = await identify(claim)
    if (identity === undefined) return undefined
    forget(key)
    const [oldest] = all.keys()
    if (all.size >= mostRemembered && oldest !== undefined) forget(oldest)
    all.set(key, { identity, until, unwatch: watch(identity, () => forget(key)) })
    return identity
  }
}

function keyOf({ cookie, authorization, origin, fromLoopback, address }: Claim): string {
  return JSON.stringify([cookie, authorization, origin.url, origin.secure, fromLoopback, address])
}
