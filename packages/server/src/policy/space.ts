/**
 * The requests there could be, as far as rules can tell them apart. Small spaces are gone through whole, large ones in
 * part, and always in the same order.
 */
import { strongRoles } from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'

/** A way to make a request differ. */
export type Change = (request: PolicyRequest) => PolicyRequest
/** One thing by which requests differ, and all that it can be. */
export type Dimension = readonly Change[]

/** A request that rules have nothing to say of: untainted, reaching nobody. */
export const plainRequest: PolicyRequest = {
  principal: 'agent:fresh',
  chain: ['owner', 'agent:fresh'],
  effect: 'read',
  skill: 'fresh.skill',
  folds: {},
  strongForeign: false,
  anchored: true,
  unsaid: false,
  unread: false,
  to: [],
  run: { foreign: false, sources: [], sensitive: false, influence: 0 },
  approval: 'none',
}

/** Whether the gate could make such a request: what it sums up must fit what it sums up. */
export function isPossible(request: PolicyRequest, given: ReadonlySet<string>): boolean {
  const strong = strongRoles.filter((role) => given.has(role))
  if (
    strong.some((role) => request.folds[role]?.foreign === true) &&
    given.has('strongForeign') &&
    !request.strongForeign
  )
    return false
  return !(
    request.strongForeign &&
    strong.length === strongRoles.length &&
    strong.every((role) => request.folds[role]?.foreign !== true)
  )
}

/** The requests of a space: all of them when they are few enough, else `most` of them, always the same ones. */
export function* requestsOf(
  dimensions: readonly Dimension[],
  most: number,
  from: PolicyRequest = plainRequest,
): Generator<PolicyRequest> {
  const total = sizeOf(dimensions)
  const random = randomOf(7)
  for (let n = 0; n < Math.min(total, most); n += 1) {
    let rest = total <= most ? n : -1
    yield dimensions.reduce((request, each) => {
      const at = rest < 0 ? Math.floor(random() * each.length) : rest % each.length
      if (rest >= 0) rest = Math.floor(rest / each.length)
      return each[at]?.(request) ?? request
    }, from)
  }
}

/** How many requests a space has. */
export function sizeOf(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, each) => product * each.length, 1)
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
