/**
 * Answers whose bytes are all there, written to the socket as they are: building a Response and reading its stream back
 * costs more than the rest of the HTTP layer. The guards and the headers of every answer are the same.
 */
import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { AppEnv } from './env.ts'

/** An answer that waits for the headers that every answer has. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What a route gives back for it. Where there is no socket, as in `app.request`, it is a Response like any other. */
export function answerWhole(c: Context<AppEnv>, answer: WholeAnswer): Response {
  const { status, headers, body } = answer
  if (outgoingOf(c) === undefined) return new Response(body as Uint8Array<ArrayBuffer>, { status, headers })
  c.set('whole', answer)
  return RESPONSE_ALREADY_SENT
}

/** Writes the whole answer that the route gave; undefined when it gave another. Tells the status. */
export function writeWhole(c: Context<AppEnv>, house: Readonly<Record<string, string>>): number | undefined {
  const [answer, outgoing] = [c.get('whole'), outgoingOf(c)]
  // What was thrown after it counts instead.
  if (c.res !== RESPONSE_ALREADY_SENT || answer === undefined || outgoing === undefined) return undefined
  const { status, headers, body } = answer
  const length = { 'content-length': body.byteLength }
  outgoing.writeHead(status, { 'cache-control': 'no-store', ...headers, ...house, ...length })
  outgoing.end(body)
  return status
}

function outgoingOf(c: Context<AppEnv>): ServerResponse | undefined {
  const env = c.env as { outgoing?: ServerResponse } | undefined
  return env?.outgoing
}
