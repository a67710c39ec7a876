/**
 * The one registry of error codes. A code is stable: programs switch on it, people read the message beside it.
 * Each row says how the code is answered over HTTP and with which exit code the command line ends.
 */
import * as z from 'zod'

/** Exit codes of the `castellan` command (DESIGN §9). */
export const exitCodes = { done: 0, mistake: 1, fault: 2, refused: 3, found: 4 } as const

const rows = {
  bad_request: { http: 400, exit: exitCodes.mistake, doc: 'The request does not have the expected form.' },
  bad_configuration: {
    http: 500,
    exit: exitCodes.mistake,
    doc: 'An option, castellan.yaml or a .env file is wrong.',
  },
  not_signed_in: { http: 401, exit: exitCodes.refused, doc: 'A session or token is needed.' },
  no_admin_password: {
    http: 503,
    exit: exitCodes.mistake,
    doc: 'ADMIN_PASSWORD is not set, so nobody can sign in.',
  },
  wrong_password: { http: 401, exit: exitCodes.refused, doc: 'The password is wrong.' },
  wrong_code: {
    http: 401,
    exit: exitCodes.refused,
    doc: 'The one-time or recovery code is wrong or was used already.',
  },
  passkey_refused: { http: 401, exit: exitCodes.refused, doc: 'The passkey was not accepted.' },
  link_spent: {
    http: 410,
    exit: exitCodes.refused,
    doc: 'The sign-in link was used already or has expired.',
  },
  cross_origin: { http: 403, exit: exitCodes.refused, doc: 'The request came from another site.' },
  unknown_host: {
    http: 421,
    exit: exitCodes.refused,
    doc: 'The Host header names no host of this instance.',
  },
  too_many_attempts: { http: 429, exit: exitCodes.refused, doc: 'Too many failures from one address; wait.' },
  too_large: { http: 413, exit: exitCodes.mistake, doc: 'The body or text is over its limit.' },
  not_found: { http: 404, exit: exitCodes.mistake, doc: 'No such thing.' },
  conflict: { http: 409, exit: exitCodes.mistake, doc: 'The thing changed or was already decided.' },
  expired: { http: 410, exit: exitCodes.refused, doc: 'The question or approval ran out of time.' },
  factor_needed: { http: 403, exit: exitCodes.refused, doc: 'A stronger proof of who approves is needed.' },
  refused: { http: 403, exit: exitCodes.refused, doc: 'The policy refused the call.' },
  no_model: { http: 409, exit: exitCodes.mistake, doc: 'No enabled model; add one.' },
  model_failed: { http: 502, exit: exitCodes.fault, doc: 'The model provider failed or answered nonsense.' },
  model_rate_limited: { http: 503, exit: exitCodes.fault, doc: 'The model provider asked to slow down.' },
  model_timeout: { http: 504, exit: exitCodes.fault, doc: 'The model provider did not answer in time.' },
  budget_spent: { http: 429, exit: exitCodes.refused, doc: 'A budget or rate limit is used up.' },
  circuit_open: {
    http: 503,
    exit: exitCodes.fault,
    doc: 'The service failed repeatedly and is left alone for a while.',
  },
  outside_failed: { http: 502, exit: exitCodes.fault, doc: 'A foreign service failed.' },
  address_refused: { http: 403, exit: exitCodes.refused, doc: 'The address is not on the public internet.' },
  path_refused: { http: 403, exit: exitCodes.refused, doc: 'The path leads out of the workspace.' },
  outcome_unknown: {
    http: 500,
    exit: exitCodes.fault,
    doc: 'The effect was begun; whether it happened is not known.',
  },
  secret_unreadable: {
    http: 500,
    exit: exitCodes.fault,
    doc: 'A stored secret cannot be decrypted with this SECRET_KEY_BASE.',
  },
  ledger_broken: { http: 500, exit: exitCodes.found, doc: 'The ledger does not verify.' },
  database_unavailable: { http: 503, exit: exitCodes.fault, doc: 'PostgreSQL cannot be reached.' },
  graphql_unavailable: {
    http: 503,
    exit: exitCodes.fault,
    doc: 'The GraphQL process is not there to answer; it is started again.',
  },
  already_running: { http: 409, exit: exitCodes.mistake, doc: 'This instance is already running.' },
  not_running: { http: 503, exit: exitCodes.mistake, doc: 'This instance is not running.' },
  port_busy: { http: 500, exit: exitCodes.mistake, doc: 'Another program holds the port.' },
  internal: { http: 500, exit: exitCodes.fault, doc: 'A fault of ours.' },
} as const satisfies Record<string, { http: number; exit: number; doc: string }>

export type ErrorCode = keyof typeof rows

/** HTTP status, exit code and one line of documentation for every code. */
export const errorCodes: Readonly<Record<ErrorCode, { http: number; exit: number; doc: string }>> =
  Object.freeze(Object.assign(Object.create(null), rows))

/** An outside failure or a refused request, carrying its stable code, a hint about what to do next, and its cause. */
export class CastellanError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  /** Facts a program may act on, e.g. `{ retryAfterMs: 2000 }`. Never a secret. */
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CastellanError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

/** What every failing HTTP answer carries as JSON. */
export const ErrorBody = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(rows) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
})
export type ErrorBody = z.infer<typeof ErrorBody>
