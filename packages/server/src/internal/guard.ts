/**
 * What stands before /internal/* in the server: a call without a proof is answered 401 before a byte of its body is read,
 * and a body that is not the signed one never reaches its handler whole.
 */
import { createHash } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../http/env.ts'
import { callHeader } from './call.ts'
import { type CheckOptions, callCheck } from './check.ts'

/** Bytes that the body of an internal call to the server may have. */
const bodyLimit = 65_536

/** Makes the guard; put before everything else under /internal. Refuses with `not_signed_in`, without saying why. */
export function internalGuard(options: CheckOptions): MiddlewareHandler<AppEnv> {
  const check = callCheck(options)
  return async function guardInternal(c, next) {
    const url = new URL(c.req.url)
    const admitted = check({
      method: c.req.method,
      target: url.pathname + url.search,
      headers: headersOf(c.req.raw.headers),
    })
    if (admitted === undefined) throw refusal()
    const { raw } = c.req
    // Of a body that is not there, the hash is that of nothing.
    const body = (raw.body ?? new Response('').body)?.pipeThrough(verified(admitted.body))
    c.req.raw = new Request(raw.url, {
      method: raw.method,
      headers: new Headers([...raw.headers]),
      ...(raw.method === 'GET' || raw.method === 'HEAD' ? {} : { body: body ?? null, duplex: 'half' }),
      signal: raw.signal,
    })
    return next()
  }
}

/** Repeated headers arrive joined by commas, which no proof holds. */
function headersOf(headers: Headers): string[] {
  return headers.get(callHeader)?.split(',') ?? []
}

/** Passes a body on while it is hashed and counted; ends with an error instead of an end when it is not the signed one. */
function verified(expected: Buffer): TransformStream<Uint8Array, Uint8Array> {
  const hash = createHash('sha256')
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > bodyLimit) return controller.error(refusal())
      hash.update(chunk)
      controller.enqueue(chunk)
    },
    flush(controller) {
      // The hash is no secret: whoever sends it also sends the body.
      if (!hash.digest().equals(expected)) controller.error(refusal())
    },
  })
}

function refusal(): CastellanError {
  return new CastellanError('not_signed_in', 'Only services of this instance may call this.')
}
