/** How fast one address may knock: a bucket of tokens per address, in memory, bounded however many addresses come. */

const maxAddresses = 10_000

/** Takes one token of an address's bucket; gives back the milliseconds to wait, 0 when the request may pass. */
export type TakeTurn = (key: string, rate: Rate, now: number) => number

/** One request and `burst` more at once, then `perMinute`. */
export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

interface Bucket {
  tokens: number
  at: number
}

/** A limiter with a bucket per address. */
export function rateLimiter(): TakeTurn {
  const buckets = new Map<string, Bucket>()
  return function takeTurn(key, { perMinute, burst }, now) {
    const capacity = burst + 1
    const perMs = perMinute / 60_000
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now }
    // A clock that jumped back gives nothing.
    const elapsed = Math.max(0, now - bucket.at)
    bucket.tokens = Math.min(capacity, bucket.tokens + elapsed * perMs)
    bucket.at = now
    // Re-inserting keeps the map ordered by last use, so that the first key is the longest unused.
    buckets.delete(key)
    buckets.set(key, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > maxAddresses && oldest !== undefined) buckets.delete(oldest)
    // Sums of fractions fall short of one by a rounding error.
    if (bucket.tokens < 1 - 1e-9) return Math.ceil((1 - bucket.tokens) / perMs)
    bucket.tokens -= 1
    return 0
  }
}

/** Whom a limit counts: an IPv4 address, or the /64 of an IPv6 one, since a household owns all of that. */
export function limiterKey(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
