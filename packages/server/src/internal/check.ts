/** Whether a call that arrives is let in, decided before its body is read; the same for the server and its workers. */
import { type Call, isSigned, type PairKey, readProof, type Service, skewMs } from './call.ts'
import { nonceMemory } from './nonces.ts'

/** What is known of a request before its body. */
export interface Arrival {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Every value that the header was sent with; exactly one is let in. */
  readonly headers: readonly string[]
}

/** A call that was let in. */
export interface Admitted {
  readonly caller: Service
  readonly nonce: string
  /** The SHA-256 that the body must turn out to have. */
  readonly body: Buffer
}

export interface CheckOptions {
  /** Who we are. */
  readonly callee: Service
  /** Keys of the callers there are; whoever has none is unknown. */
  readonly keys: Partial<Readonly<Record<Service, PairKey>>>
  /** Who may call what, by `METHOD /path`, without the query. */
  readonly routes: Readonly<Record<string, readonly Service[]>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How many nonces are held at most. */
  readonly mostNonces?: number
}

/** Makes the check; undefined is a refusal, and why is told nobody. */
export function callCheck(options: CheckOptions): (arrival: Arrival) => Admitted | undefined {
  const nonces = nonceMemory(skewMs, options.mostNonces)
  const routes = new Map(Object.entries(options.routes))
  return function check({ method, target, headers }) {
    const proof = readProof(headers.length === 1 ? headers[0] : undefined)
    const key = proof === undefined ? undefined : options.keys[proof.caller]
    if (proof === undefined || key === undefined) return undefined
    const route = routes.get(`${method} ${target.split('?', 1)[0] ?? ''}`)
    if (route?.includes(proof.caller) !== true) return undefined
    const now = options.now()
    if (Math.abs(now - proof.time) > skewMs) return undefined
    const call: Call = { method, target, caller: proof.caller, callee: options.callee }
    // The nonce is spent last: only who holds the key can fill the memory.
    if (!isSigned(key, call, proof) || !nonces.spend(proof.nonce, proof.time, now)) return undefined
    return { caller: proof.caller, nonce: proof.nonce, body: proof.body }
  }
}
