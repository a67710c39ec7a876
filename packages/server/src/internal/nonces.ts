/**
 * Remembers which nonces were spent, in bounded memory. When there are more than it may hold, the oldest second is
 * forgotten and no call from that second or before is taken any more: a flood narrows the window, it opens nothing.
 */

export interface Nonces {
  /** True once for a nonce; false for a repetition and for a time that is no longer remembered. */
  spend(nonce: string, time: number, now: number): boolean
  /** How many are held. */
  readonly size: number
}

/** Makes the memory; `windowMs` is how long a call may be spent after its time, `most` how many nonces are held. */
export function nonceMemory(windowMs: number, most = 50_000): Nonces {
  /** By the second of the call's own time, so that each is forgotten only after it is too old to be spent. */
  const seconds = new Map<number, Set<string>>()
  let floor = Number.NEGATIVE_INFINITY
  let size = 0
  const forget = (second: number) => {
    size -= seconds.get(second)?.size ?? 0
    seconds.delete(second)
    floor = Math.max(floor, second)
  }
  return {
    get size() {
      return size
    },
    spend(nonce, time, now) {
      const second = Math.floor(time / 1_000)
      const oldest = Math.floor((now - windowMs) / 1_000) - 1
      for (const each of seconds.keys()) if (each < oldest) forget(each)
      if (second <= floor) return false
      const spent = seconds.get(second) ?? new Set<string>()
      if (spent.has(nonce)) return false
      seconds.set(second, spent.add(nonce))
      size++
      while (size > most) forget(Math.min(...seconds.keys()))
      return true
    },
  }
}
