/**
 * Says in words why a call to a provider failed. Whatever the SDK threw is left behind here: its errors hold the whole
 * prompt and the answer's headers. What the provider wrote is quoted short, printable and without the key; it is
 * foreign text for people to read, never for a model.
 */
import { CastellanError, type ErrorCode } from '@castellan/contracts'
import { BrokenAnswer } from './broken.ts'
import type { Ending } from './watch.ts'

export interface Circumstances {
  /** Our name of the model, and where it was called. */
  readonly name: string
  readonly baseUrl: string
  readonly model: string
  /** Empty when there is none. */
  readonly key: string
  readonly ending: Ending | null
  readonly limits: { readonly silenceMs: number; readonly deadlineMs: number }
}

/** The `CastellanError` for anything thrown while calling a provider. `details.retryable` says whether to try again. */
export function failureOf(error: unknown, at: Circumstances): CastellanError {
  const host = new URL(at.baseUrl).host
  if (at.ending !== null) return endedByUs(at.ending, host, at)
  const chain = causes(error)
  const ours = chain.find((each) => each instanceof CastellanError)
  if (ours !== undefined) return ours
  const status = numberIn(chain, 'statusCode')
  const cause = new Error(scrub(messageOf(error), at.key))
  if (status !== undefined && status !== 200) return refusedWith(status, chain, host, at, cause)
  const broken = chain.find((each) => each instanceof BrokenAnswer)
  if (broken !== undefined) return brokenOff(`${host} ${broken.message}.`, cause)
  if (said(chain) !== null) return brokenOff(`${host} broke off its answer: ${quote(chain, at)}.`, cause)
  return unreached(chain, host, at, cause)
}

/** Removes the key, and pieces of it that are long enough to matter, from text that goes into an error. */
export function scrub(text: string, key: string): string {
  if (key === '') return text
  const redacted = text.replaceAll(key, '***REDACTED***')
  return redacted.replace(/[\w.~+/=-]{8,}/g, (token) =>
    key.includes(token) || token.includes(key) ? '***REDACTED***' : token,
  )
}

function brokenOff(message: string, cause: Error): CastellanError {
  return failed(message, { cause, retryable: true, hint: 'Try again; nothing of a half answer is used.' })
}

function endedByUs(ending: Ending, host: string, at: Circumstances): CastellanError {
  if (ending === 'silent') return late(`${host} was silent for ${at.limits.silenceMs / 1000} seconds.`)
  if (ending === 'late')
    return late(`${host} did not finish its answer within ${at.limits.deadlineMs / 1000} seconds.`)
  if (ending === 'large') return failed(`${host} sent more than an answer can hold.`, { retryable: false })
  return failed('The call was stopped.', { retryable: false })
}

function late(message: string): CastellanError {
  const hint = 'Try again; a large local model may need longer for its first words.'
  return new CastellanError('model_timeout', message, { hint, details: { retryable: true } })
}

function refusedWith(
  status: number,
  chain: readonly object[],
  host: string,
  at: Circumstances,
  cause: Error,
): CastellanError {
  const quoted = quote(chain, at)
  if (status === 402 || codeOf(chain) === 'insufficient_quota') {
    const hint = 'Look at the billing page of the provider.'
    return failed(`${host} says that the account has no credit left: ${quoted}.`, {
      status,
      cause,
      retryable: false,
      hint,
    })
  }
  if (status === 429 || status === 529) {
    const retryAfterMs = retryAfter(chain)
    const details = { status, retryable: true, ...(retryAfterMs !== null && { retryAfterMs }) }
    const message = `${host} asks to slow down: ${quoted}.`
    return new CastellanError('model_rate_limited', message, { cause, details, hint: 'Try again later.' })
  }
  if (status >= 300 && status < 400) return redirected(host, cause)
  const retryable = status >= 500 || status === 408 || status === 409
  return failed(`${host} ${verdict(status, at)}: ${quoted}.`, {
    status,
    cause,
    retryable,
    hint: statusHint(status, quoted),
  })
}

function redirected(host: string, cause: Error): CastellanError {
  const hint = 'Set the base URL to where the provider is now.'
  const message = `${host} redirects elsewhere, which was not followed; the key stayed here.`
  return failed(message, { cause, retryable: false, hint })
}

/** The code inside an OpenAI error body. */
function codeOf(chain: readonly object[]): unknown {
  return chain
    .map((each) => field(field(field(each, 'data'), 'error'), 'code'))
    .find((code) => code !== undefined)
}

function verdict(status: number, at: Circumstances): string {
  if (status === 401 || status === 403) return at.key === '' ? 'wants a key' : 'refused the key'
  if (status === 404) return `knows no model ${JSON.stringify(at.model)} at this base URL`
  return status >= 500 ? `failed with status ${status}` : `refused the request with status ${status}`
}

function statusHint(status: number, quoted: string): string {
  if (status === 401 || status === 403) return 'Set the key of the model again.'
  if (status === 404) return 'Check the model id and the base URL, which mostly ends in /v1.'
  if (/context.{0,10}(length|window)|too long|maximum context/i.test(quoted))
    return 'The conversation is longer than the model can take; begin a fresh one.'
  return status >= 500 ? 'Try again later.' : 'Check the settings of the model.'
}

function failed(
  message: string,
  { cause, hint, ...details }: { cause?: Error; hint?: string; retryable: boolean; status?: number },
): CastellanError {
  const code: ErrorCode = 'model_failed'
  return new CastellanError(code, message, { ...(hint !== undefined && { hint }), cause, details })
}

const certificateCodes = /^(CERT_|ERR_TLS_|DEPTH_|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** For calls that ended before the provider said anything that could be quoted. */
function unreached(chain: readonly object[], host: string, at: Circumstances, cause: Error): CastellanError {
  if (chain.some((each) => /redirect/.test(messageOf(each)))) return redirected(host, cause)
  const codes = chain.map((each) => String(field(each, 'code') ?? ''))
  const code = codes.find((each) => /^[A-Z][A-Z0-9_]+$/.test(each)) ?? ''
  const refused = code === 'ECONNREFUSED'
  return failed(networkReason(code, chain, host), {
    cause,
    retryable: !certificateCodes.test(code),
    hint: refused ? `Is the model server running at ${at.baseUrl}?` : `Check the base URL ${at.baseUrl}.`,
  })
}

function networkReason(code: string, chain: readonly object[], host: string): string {
  if (code === 'ECONNREFUSED') return `${host} refused the connection.`
  if (code === 'ENOTFOUND') return `There is no host ${host}.`
  if (code === 'EAI_AGAIN') return `The name of ${host} could not be looked up now.`
  if (certificateCodes.test(code)) return `${host} has no TLS certificate that can be verified (${code}).`
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return `${host} does not speak TLS 1.2 or later.`
  if (/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) return `${host} cut the connection.`
  if (chain.some((each) => /JSONParse|TypeValidation|InvalidResponse/.test(String(field(each, 'name')))))
    return `${host} sent something that is not its protocol.`
  return `The call to ${host} failed${code === '' ? '' : ` (${code})`}.`
}

/** What the provider said of the failure, in quotation marks; `no reason given` when nothing. */
function quote(chain: readonly object[], at: Circumstances): string {
  const words = scrub(said(chain) ?? '', at.key)
  // Controls and the invisible characters that reorder or hide text.
  const printable = words
    .toWellFormed()
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim()
  if (printable === '') return 'no reason given'
  return `“${printable.length > 300 ? `${printable.slice(0, 300).toWellFormed()}…` : printable}”`
}

/** Only messages that the SDK took from the provider's own error body or event; parse errors quote whole answers. */
function said(chain: readonly object[]): string | null {
  for (const each of chain) {
    const isEvent = !(each instanceof Error)
    const status = field(each, 'statusCode')
    // With 200 the words are the SDK's own.
    const isApiError = typeof status === 'number' && status !== 200
    const message = field(each, 'message')
    if ((isEvent || isApiError) && typeof message === 'string') return message
    if (isEvent && typeof field(field(each, 'error'), 'message') === 'string')
      return String(field(field(each, 'error'), 'message'))
  }
  return null
}

/** How long to wait, from `retry-after-ms`, `retry-after` (seconds or a date) or Google's `retryDelay`; at most 1 h. */
function retryAfter(chain: readonly object[]): number | null {
  const headers = chain.map((each) => field(each, 'responseHeaders')).find((each) => each !== undefined)
  const body = chain.map((each) => field(each, 'responseBody')).find((each) => typeof each === 'string')
  const ms = Number.parseFloat(String(field(headers, 'retry-after-ms')))
  const header = String(field(headers, 'retry-after') ?? '')
  const google = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(String(body ?? ''))?.[1]
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  const found = [ms, seconds * 1000, Number(google ?? Number.NaN) * 1000].find((each) =>
    Number.isFinite(each),
  )
  return found === undefined ? null : Math.round(Math.min(Math.max(found, 0), 3_600_000))
}

/** The thing thrown and everything it was caused by. */
function causes(error: unknown): object[] {
  const chain: object[] = []
  for (
    let each = error;
    typeof each === 'object' && each !== null && chain.length < 8;
    each = field(each, 'cause')
  )
    chain.push(each)
  return chain
}

function numberIn(chain: readonly object[], name: string): number | undefined {
  return chain.map((each) => field(each, name)).find((each) => typeof each === 'number')
}

function messageOf(error: unknown): string {
  return String(field(error, 'message') ?? error).slice(0, 2000)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
