/** Says in words why a request to the outside failed. Nothing the other side wrote gets into the words. */
import { CastellanError } from '@castellan/contracts'
import { errors } from 'undici'

/** How far a request came before it failed. */
export interface Progress {
  /** Set once the headers of the answer were read. */
  status?: number
}

/** Errors of connections that were never made; of these alone it is certain that nothing was sent. */
const beforeSending = new WeakSet<object>()

/** Marks an error as one that kept a connection from being made. */
export function neverSent<T extends object>(error: T): T {
  beforeSending.add(error)
  return error
}

/**
 * The `CastellanError` for whatever undici, the resolver or TLS threw while talking to `host`. Its details say how far
 * the request came: `sent: false` when it certainly did not leave, `status` when it was answered.
 */
export function failureOf(error: unknown, host: string, progress: Progress): CastellanError {
  const known = inWords(error, host)
  const sent = !(error instanceof Error && beforeSending.has(error))
  const details = { ...known.details, sent, ...progress }
  return new CastellanError(known.code, known.message, {
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    cause: known.cause ?? error,
    details,
  })
}

function inWords(error: unknown, host: string): CastellanError {
  if (error instanceof CastellanError) return error
  if (error instanceof errors.HeadersOverflowError)
    return new CastellanError('too_large', `${host} answered with more than 16 KB of headers.`, {
      cause: error,
    })
  return new CastellanError('outside_failed', reasonOf(error, host), {
    cause: error,
    hint: 'Try again later.',
  })
}

/** The error for a request that ran out of time. */
export function tooSlow(host: string, deadlineMs: number, cause: unknown): CastellanError {
  return new CastellanError(
    'outside_failed',
    `${host} did not finish its answer within ${deadlineMs / 1000} seconds.`,
    {
      cause,
      hint: 'Try again later.',
    },
  )
}

function reasonOf(error: unknown, host: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOTFOUND' || code === 'ENODATA') return `There is no host named ${host}.`
  if (code === 'EAI_AGAIN') return `The name ${host} could not be looked up now.`
  if (code === 'ECONNREFUSED') return `${host} refused the connection.`
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return `${host} cannot be reached from this network.`
  if (certificateCodes.test(code)) return `${host} has no TLS certificate that can be verified (${code}).`
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return `${host} does not speak TLS 1.2 or later.`
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return `${host} did not answer in time.`
  if (error instanceof errors.HTTPParserError) return `${host} answered with something that is not HTTP.`
  return `The connection to ${host} failed.`
}

const certificateCodes = /^(CERT_|ERR_TLS_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/
