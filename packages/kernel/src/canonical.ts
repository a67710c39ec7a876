/**
 * One spelling for a JSON value (RFC 8785), so that its hash stands for it: approvals are bound to such a hash and the
 * ledger keeps such hashes.
 */
import { createHash } from 'node:crypto'
import { CastellanError, type Json } from '@castellan/contracts'
import canonicalize from 'canonicalize'

/** The RFC 8785 text of a value; throws `bad_request` for text that ends in the middle of a character. */
export function canonicalJson(value: Json): string {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (cause) {
    // JSON.parse lets half a surrogate pair through, so a model or a client can send one.
    throw new CastellanError('bad_request', 'The value holds text that no standard JSON can express.', {
      cause,
    })
  }
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

/** SHA-256 of the RFC 8785 text, 64 hex digits. */
export function hashOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
