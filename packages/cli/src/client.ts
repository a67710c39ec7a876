/** The HTTP API of the running instance, with the local token of `run/server.json`. Answers are checked by their schemas. */
import { CastellanError, ErrorBody, Event } from '@castellan/contracts'
import { findServer } from '@castellan/server/instance'
import * as z from 'zod'

export interface Client {
  readonly url: string
  readonly pid: number
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  send<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
  ): Promise<T>
  /** Sends the content of a file. */
  upload<T>(path: string, content: Uint8Array<ArrayBuffer>, schema: z.ZodType<T>): Promise<T>
  /** The lines of an answer, as they come. */
  lines(path: string): AsyncGenerator<string>
  /** Live events until `signal` aborts or the server ends the stream. */
  events(signal: AbortSignal): AsyncGenerator<Event>
}

/** For answers without a body. */
export const nothing: z.ZodType<unknown> = z.unknown()

/** Finds the running instance of a directory. Rejects with `not_running`. */
export async function connect(directory: string): Promise<Client> {
  const { url, pid, token } = await findServer(directory)
  const call = (path: string, init: RequestInit = {}) => request(url, token, path, init)
  return {
    url,
    pid,
    async get(path, schema) {
      return read(await call(path), schema)
    },
    async send(method, path, body, schema) {
      const headers = { 'content-type': 'application/json' }
      const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
      return read(await call(path, init), schema)
    },
    async upload(path, content, schema) {
      const headers = { 'content-type': 'application/octet-stream' }
      return read(await call(path, { method: 'POST', headers, body: content }), schema)
    },
    async *lines(path) {
      yield* linesOf(await call(path))
    },
    async *events(signal) {
      try {
        for await (const line of linesOf(await call('/api/events', { signal }))) {
          const event = line.startsWith('data:') ? Event.safeParse(JSON.parse(line.slice(5))) : undefined
          // An event of a newer server is none of ours.
          if (event?.success === true) yield event.data
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
  }
}

async function request(url: string, token: string, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${token}` }
  const answer = await fetch(new URL(path, url), { ...init, headers }).catch((cause: unknown) => {
    if (init.signal?.aborted === true) throw cause
    throw new CastellanError('not_running', `castellan does not answer at ${url}`, {
      cause,
      hint: 'see whether it is still running: castellan status',
    })
  })
  if (answer.ok) return answer
  throw await refusal(answer)
}

async function refusal(answer: Response): Promise<CastellanError> {
  const parsed = ErrorBody.safeParse(await answer.json().catch(() => null))
  if (!parsed.success)
    return new CastellanError('internal', `castellan answered with status ${answer.status}`)
  const { code, message, hint, details } = parsed.data.error
  return new CastellanError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  })
}

async function read<T>(answer: Response, schema: z.ZodType<T>): Promise<T> {
  const text = await answer.text()
  const parsed = schema.safeParse(text === '' ? undefined : JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new CastellanError(
    'internal',
    `castellan gave an answer this command does not understand (${answer.url})`,
    {
      hint: 'the command and the running instance may be of different versions; start the instance again',
      cause: parsed.error,
    },
  )
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of answer.body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}
