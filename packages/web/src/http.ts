/** One way to ask the server: same origin, JSON both ways, every answer parsed, every failure a CastellanError. */
import { CastellanError, ErrorBody } from '@castellan/contracts'
import * as z from 'zod'

/** What to ask: method GET unless a method is named. */
export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** Sent as it is instead of a body of JSON. */
  file?: Blob
  signal?: AbortSignal
}

let onSignedOut: () => void = () => {}

/** Registers what happens when any answer says that nobody is signed in. */
export const whenSignedOut = (handler: () => void): void => {
  onSignedOut = handler
}

const noAnswer = (cause: unknown): CastellanError =>
  new CastellanError(
    'not_running',
    'Castellan does not answer. Nothing was lost: what was stored is still there.',
    {
      hint: 'Check that `castellan up` is running, then try again.',
      cause,
    },
  )

const notOurs = (path: string, cause: unknown): CastellanError =>
  new CastellanError('internal', `The answer to ${path} is not what this page expects.`, {
    hint: 'Load the page again; it may be older than the server.',
    cause,
  })

const readJson = async (response: Response, path: string): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notOurs(path, cause)
  }
}

const failure = (path: string, status: number, body: unknown): CastellanError => {
  const parsed = ErrorBody.safeParse(body)
  if (!parsed.success) return notOurs(path, new Error(`HTTP ${status}`))
  const { code, message, hint, details } = parsed.data.error
  const error = new CastellanError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  })
  if (code === 'not_signed_in') onSignedOut()
  return error
}

/** Sends one request and gives back what `schema` makes of the answer. Throws CastellanError. */
export const ask = async <T>(schema: z.ZodType<T>, path: string, options: Ask = {}): Promise<T> => {
  const { method = 'GET', body, file, signal } = options
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      redirect: 'error',
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(file === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(file === undefined ? {} : { body: file }),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw noAnswer(cause)
  }
  const answer = await readJson(response, path)
  if (!response.ok) throw failure(path, response.status, answer)
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw notOurs(path, parsed.error)
  return parsed.data
}

/** For answers whose content says nothing beyond "done". */
export const anything = z.unknown()
