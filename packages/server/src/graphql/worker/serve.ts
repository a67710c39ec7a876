/** The worker's socket: who may speak is decided by the header, before the body; each answer is signed. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  answerHeader,
  callCheck,
  callHeader,
  hashOf,
  type PairKey,
  signAnswer,
} from '../../internal/index.ts'
import { bodyLimit, executeTarget } from '../envelope.ts'
import type { Answer } from './execute.ts'

export interface Serving {
  readonly calls: PairKey
  readonly answers: PairKey
  readonly now: () => number
  /** Given a body only when it is the signed one. */
  readonly work: (request: Buffer) => Promise<Answer>
  readonly report: (error: Error) => void
}

/** An envelope is small beside the caller's body. */
const requestLimit = bodyLimit + 16_384

/** Makes the server; the caller has it listen. */
export function makeServer(serving: Serving): Server {
  const check = callCheck({
    callee: 'graphql',
    keys: { server: serving.calls },
    routes: { [`POST ${executeTarget}`]: ['server'] },
    now: serving.now,
  })
  const server = createServer((request, response) => {
    const admitted = check({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.headersDistinct[callHeader] ?? [],
    })
    if (admitted === undefined) return refuse(response)
    bodyOf(request)
      .then(async (body) => {
        if (body === undefined || !hashOf(body).equals(admitted.body)) return refuse(response)
        send(response, serving, admitted.nonce, await serving.work(body))
      })
      .catch((error: Error) => {
        serving.report(error)
        send(response, serving, admitted.nonce, { status: 503, body: Buffer.from('{}') })
      })
  })
  server.keepAliveTimeout = 60_000
  return server
}

/** The body of a call that was let in; undefined when it is longer than any of the server's. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > requestLimit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'content-length': '0', connection: 'close' }).end()
}

function send(
  response: ServerResponse,
  { answers }: Serving,
  nonce: string,
  { status, body }: { status: number; body: Buffer },
): void {
  response.writeHead(status, {
    'content-length': body.byteLength,
    [answerHeader]: signAnswer(answers, nonce, status, hashOf(body)),
  })
  response.end(body)
}
