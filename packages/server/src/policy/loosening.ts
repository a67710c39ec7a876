/**
 * The second net under monotone.ts: pairs of requests that differ by something untrusted read, put to the real engine.
 * What is let through only after reading more is a hole, however it came about.
 */
import type { Authorize, Fold, PolicyRequest } from '@castellan/kernel'
import { dimensionsOf } from './dimensions.ts'
import type { ParsedPolicy } from './parse.ts'
import { randomOf, requestsOf } from './space.ts'

const pairs = 64

/** The rules that let a less trusted call through and not the more trusted one; null when none was found. */
export function findLoosening(
  authorize: Authorize,
  policies: readonly ParsedPolicy[],
): { rules: readonly string[]; message: string } | null {
  const { dimensions } = dimensionsOf(policies.map((each) => each.json))
  const random = randomOf(11)
  for (const request of requestsOf([...dimensions.values()], pairs)) {
    const worse = lessTrusted(request, random)
    const [before, after] = [authorize(request), authorize(worse)]
    const lets = after.allowed && after.errors.length === 0
    if (lets && !(before.allowed && before.errors.length === 0)) {
      const message = `reading something untrusted makes it let a call of ${request.skill} (${request.effect}) through`
      return { rules: after.rules, message }
    }
  }
  return null
}

/** The same request after something untrusted was read, by chance of one kind or another. */
export function lessTrusted(request: PolicyRequest, random: () => number): PolicyRequest {
  const source = 'web:fresh.example'
  const perhaps = () => random() < 0.5
  const worse = (fold: Fold): Fold =>
    perhaps() ? { ...fold, foreign: fold.foreign || perhaps(), sources: [...fold.sources, source] } : fold
  const read = perhaps()
  return {
    ...request,
    folds: Object.fromEntries(Object.entries(request.folds).map(([role, fold]) => [role, worse(fold)])),
    strongForeign: request.strongForeign || perhaps(),
    anchored: request.anchored && perhaps(),
    unsaid: request.unsaid || perhaps(),
    unread: request.unread || perhaps(),
    run: {
      foreign: request.run.foreign || read,
      sources: read ? [...request.run.sources, source] : request.run.sources,
      sensitive: request.run.sensitive || perhaps(),
      influence: request.run.influence + (perhaps() ? 1 : 0),
    },
  }
}
