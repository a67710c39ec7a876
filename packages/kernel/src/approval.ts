/**
 * What a yes is bound to. The binding is the SHA-256 of the canonical JSON (RFC 8785) of the exact call, so a yes
 * given to one call is worth nothing for any other, nor a second time: the nonce is the question's own.
 */
import type { Factor, Json } from '@castellan/contracts'
import { factors } from '@castellan/contracts'
import { hashOf } from './canonical.ts'

/** The exact call that a question asks about. */
export interface BoundCall {
  readonly skill: string
  readonly args: { readonly [name: string]: Json }
  readonly principal: readonly string[]
  readonly run: string
  readonly nonce: string
}

/** How long after the yes the call may still begin, in milliseconds. */
export const approvalLifetimeMs = 2 * 60_000

/** The hex SHA-256 a question's yes is bound to. */
export function bindingOf(call: BoundCall): string {
  const { skill, args, principal, run, nonce } = call
  return hashOf({ skill, args, principal: [...principal], run, nonce } as Json)
}

/** Whether one proof is at least as strong as another. */
export function factorSuffices(given: Factor, needed: Factor): boolean {
  return factors.indexOf(given) >= factors.indexOf(needed)
}
