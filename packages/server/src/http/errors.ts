/**
 * Failures to answers: a `CastellanError` with its status from the one registry, anything else as `internal` with the
 * request's id, so that the operator finds it in the log and the client learns nothing about our insides.
 */
import { CastellanError, type ErrorBody, errorCodes } from '@castellan/contracts'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { AppEnv } from './env.ts'
import type { Log } from './log.ts'

/** The answer for anything thrown by a route or a guard; what is our fault goes to the log. */
export function errorAnswer(c: Context<AppEnv>, thrown: unknown, log: Log): Response {
  const error = asCastellanError(thrown, c.get('requestId'))
  const { http } = errorCodes[error.code]
  if (http >= 500) {
    // The path only: a query can hold words of the owner.
    const facts = {
      request: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      code: error.code,
      err: thrown,
    }
    if (error.code === 'internal') log.error(facts, 'request failed')
    else log.warn(facts, 'request could not be served')
  }
  return answer(error)
}

/** The answer for a refusal by a guard. */
export function answer(error: CastellanError): Response {
  const { http } = errorCodes[error.code]
  const headers: Record<string, string> = {}
  const retryAfterMs = error.details['retryAfterMs']
  if (typeof retryAfterMs === 'number')
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  // Required with a 401 by RFC 9110, section 11.6.1; browsers show no dialog for this scheme.
  if (http === 401) headers['www-authenticate'] = 'Bearer'
  return Response.json(errorBody(error), { status: http, headers })
}

/** A failure as the JSON that every failing answer carries. */
export function errorBody(error: CastellanError): ErrorBody {
  const { code, message, hint, details } = error
  return {
    error: {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(Object.keys(details).length === 0 ? {} : { details: { ...details } }),
    },
  }
}

function asCastellanError(thrown: unknown, requestId: string): CastellanError {
  if (thrown instanceof CastellanError) return thrown
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new CastellanError('bad_request', 'The request does not have the expected form.', {
      cause: thrown,
    })
  }
  if (isDiskFull(thrown)) {
    return new CastellanError(
      'database_unavailable',
      'The disk is full, so nothing more can be stored. What was stored before is unharmed.',
      { hint: 'free some space; Castellan then goes on by itself', cause: thrown },
    )
  }
  if (isDatabaseLoss(thrown)) {
    return new CastellanError(
      'database_unavailable',
      'PostgreSQL cannot be reached. What was stored is unharmed.',
      {
        hint: 'try again in a moment; `castellan doctor` says what is wrong',
        cause: thrown,
      },
    )
  }
  return new CastellanError(
    'internal',
    'Castellan failed to answer this request. What was stored is unharmed.',
    {
      hint: `look for request ${requestId} in the log`,
      cause: thrown,
      details: { request: requestId },
    },
  )
}

/** Connection exceptions (class 08), operator intervention (57P0x), nothing left of memory or connections (class 53). */
const lossStates = /^(08...|57P0[1-5]|53...)$/
/** A socket that is gone. Adapters of other services map theirs to codes of their own before they come here. */
const socketCodes = /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)$/
const socketCalls = /^(connect|read|write)$/

function isDiskFull(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as { code?: unknown }).code === '53100'
}

function isDatabaseLoss(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  if (thrown instanceof AggregateError && thrown.errors.some(isDatabaseLoss)) return true
  const { code, severity, syscall } = thrown as { code?: unknown; severity?: unknown; syscall?: unknown }
  if (severity !== undefined && lossStates.test(String(code))) return true
  if (socketCodes.test(String(code)) && socketCalls.test(String(syscall))) return true
  // pg gives these no code.
  return /^(Connection terminated|Cannot use a pool after calling end|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
    thrown.message,
  )
}
