/**
 * The GraphQL worker, a process of its own: it knows the password of `castellan_api` and two keys, given over stdin, and
 * ends when stdin does, so that it never outlives the server. What it says on stderr goes to the server's log.
 */
import { chmod, rm } from 'node:fs/promises'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { createInterface } from 'node:readline'
import { callHeader, hashOf, type PairKey, readKey, signCall } from '../../internal/index.ts'
import { readyTarget, WorkerConfig } from '../envelope.ts'
import { openPool } from './database.ts'
import { answerRequest } from './execute.ts'
import { openOperations } from './operations.ts'
import { openSchemas } from './schemas.ts'
import { makeServer } from './serve.ts'

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  start(WorkerConfig.parse(JSON.parse(line))).catch((error: Error) => {
    report(error)
    process.exit(1)
  })
})
lines.once('close', () => process.exit(0))

async function start(config: WorkerConfig): Promise<void> {
  const [calls, answers] = [keyOf(config.keys.calls), keyOf(config.keys.answers)]
  const pool = openPool(config.apiUrl, config.statementTimeoutMs, config.connections)
  const operations = openOperations(config.operations.directory, config.operations.required)
  const parts = { pool, schemas: openSchemas(pool), operations, report }
  const server = makeServer({
    ...{ calls, answers, now: Date.now, report },
    work: (request) => answerRequest(parts, request),
  })
  await rm(config.socket, { force: true })
  // Nobody but us may connect, from the first instant on.
  process.umask(0o177)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(config.socket, resolve))
  await chmod(config.socket, 0o600)
  await announce(config, answers)
}

/** Tells the server, signed, that there is somebody to ask. */
function announce({ server }: WorkerConfig, key: PairKey): Promise<void> {
  const body = Buffer.from(JSON.stringify({ pid: process.pid }))
  const call = { method: 'POST', target: readyTarget, caller: 'graphql', callee: 'server' } as const
  const { header } = signCall(key, call, hashOf(body), Date.now())
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.byteLength, [callHeader]: header },
    // The server's own certificate and no other, whatever name it was made for.
    ...(server.certificate === null
      ? {}
      : { ca: server.certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined }),
  }
  return new Promise((resolve, reject) => {
    const send = server.certificate === null ? plainRequest : tlsRequest
    const request = send(new URL(readyTarget, server.url), options, (response) => {
      response.resume()
      if (response.statusCode === 204) resolve()
      else reject(new Error(`the server answered the announcement with ${response.statusCode}`))
    })
    request.on('error', reject).end(body)
  })
}

function keyOf(text: string): PairKey {
  return readKey(Buffer.from(text, 'base64url'))
}

function report(error: Error): void {
  process.stderr.write(`${JSON.stringify({ message: error.message, stack: error.stack })}\n`)
}
