/** Which arguments the owner may be offered to endorse with their yes, and what would come of it. */
import type { Endorsable } from '@castellan/contracts'
import type { Call } from './call.ts'
import { type Authorize, type Decided, decide } from './decide.ts'
import { mayBeEndorsed } from './endorse.ts'

/** The offer for a call that asks; null when nothing may be endorsed. */
export function endorsableIn(call: Call, decided: Decided, authorize: Authorize): Endorsable | null {
  const { factor } = decided
  if (decided.decision !== 'ask' || factor === undefined) return null
  const foreign = decided.arguments.filter(
    ({ origin, role, value }) => origin === 'foreign' && mayBeEndorsed(role, value),
  )
  const endorsed = [
    ...(call.run.endorsed ?? []),
    ...foreign.map(({ role, value }) => ({ role, value, factor })),
  ]
  const after = decide({ ...call, run: { ...call.run, endorsed } }, authorize)
  const helped = new Set(after.arguments.flatMap((each) => (each.isEndorsed ? [each.path] : [])))
  const paths = foreign.map(({ path }) => path).filter((path) => helped.has(path))
  if (paths.length === 0) return null
  const lasting = after.decision === 'allow'
  return { paths, lasting, why: lasting ? null : after.why }
}
