/**
 * A model provider on this machine that speaks the real protocols and does as its script says, good or bad. One server
 * answers for all of them: `/v1/messages` (Anthropic), `/v1/chat/completions`, `/v1/responses` and `/v1/embeddings` (OpenAI), `/v1/models`,
 * `/v1beta/models/ID:streamGenerateContent` (Google) and `/api/tags` (Ollama). `node tests/fakes/main.ts` runs it alone.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anthropic } from './anthropic.ts'
import { asksForEmbeddings, embeddingsFor } from './embeddings.ts'
import { google } from './google.ts'
import { openai } from './openai.ts'
import { responses } from './responses.ts'
import { type FakeRequest, Refusal, type Respond, type Script } from './script.ts'

const protocols = [anthropic, openai, responses, google]
type Protocol = (typeof protocols)[number]

export interface FakeModels {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string
  /** Base URLs as an owner would configure them. */
  readonly anthropicUrl: string
  readonly openaiUrl: string
  readonly googleUrl: string
  /** Every model call so far, refused ones included. */
  readonly requests: readonly FakeRequest[]
  /** How many connections clients have dropped before the answer was complete. */
  readonly dropped: () => number
  /** Answers differently from now on. */
  script(respond: Respond): void
  close(): Promise<void>
}

/** Starts the fake. `port: 0` (the default) takes a free one; `ollama` lists what `/api/tags` offers. */
export async function startFakeModels(
  respond: Respond = () => undefined,
  options: { port?: number; ollama?: readonly { name: string; remote_host?: string }[] } = {},
): Promise<FakeModels> {
  let current = respond
  let dropped = 0
  const requests: FakeRequest[] = []
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) dropped += 1
    })
    handle(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  async function handle(request: IncomingMessage, response: ServerResponse) {
    const path = request.url ?? '/'
    if (path === '/__requests') return json(response, 200, requests)
    if (path.startsWith('/api/tags')) return json(response, 200, { models: options.ollama ?? [] })
    if (path.endsWith('/models')) return json(response, 200, modelList)
    if (asksForEmbeddings(path))
      return json(response, 200, embeddingsFor(JSON.parse(await readBody(request))))
    const protocol = protocols.find(({ matches }) => matches(path))
    if (request.method !== 'POST' || protocol === undefined)
      return json(response, 404, { error: 'not found' })
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
    )
    const body: unknown = JSON.parse(await readBody(request))
    try {
      const read = protocol.read(path, headers, body)
      requests.push(read)
      await play(protocol, (await current(read)) ?? {}, read, response)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      json(response, error.status, protocol.errorBody(error.status, error.message))
    }
  }
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    anthropicUrl: `${url}/v1`,
    openaiUrl: `${url}/v1`,
    googleUrl: `${url}/v1beta`,
    requests,
    dropped: () => dropped,
    script(next) {
      current = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const modelList = {
  object: 'list',
  data: [{ id: 'fake-model', object: 'model', created: 1_686_935_002, owned_by: 'fake' }],
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_fake', ...headers })
  response.end(JSON.stringify(value))
}

async function play(protocol: Protocol, script: Script, request: FakeRequest, response: ServerResponse) {
  if (script.delayMs !== undefined) await pause(script.delayMs, response)
  if (script.hang === 'headers') return
  const { headers = {} } = script
  if (script.redirect !== undefined) {
    response.writeHead(307, { location: script.redirect, ...headers })
    return void response.end()
  }
  if (script.status !== undefined) {
    const message = script.error ?? `scripted failure ${script.status}`
    return json(
      response,
      script.status,
      protocol.errorBody(script.status, message, script.errorCode),
      headers,
    )
  }
  if (script.garbage === 'page') {
    response.writeHead(200, { 'content-type': 'text/html' })
    return void response.end('<!doctype html><title>Log in to the hotel network</title>')
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...headers,
  })
  if (script.garbage === 'bytes') return void response.end(Buffer.alloc(4096, 0xff))
  await stream(response, damage(protocol, script, protocol.frames(script, request)), script)
  if (script.hang === 'middle') return
  if (script.truncate === 'cut') return void response.destroy()
  response.end()
}

/** The frames as they go out: all of them, or what the script leaves of them. */
function damage(protocol: Protocol, script: Script, frames: readonly string[]): readonly string[] {
  const half = frames.slice(0, Math.ceil(frames.length / 2))
  if (script.garbage === 'event') return [...half, protocol.badEvent, ...frames.slice(half.length)]
  if (script.streamError !== undefined) return [...half, protocol.errorEvent(script.streamError)]
  return script.truncate === undefined && script.hang === undefined ? frames : half
}

async function stream(response: ServerResponse, frames: readonly string[], script: Script) {
  for (const [index, frame] of frames.entries()) {
    if (index > 0 && script.betweenMs !== undefined) await pause(script.betweenMs, response)
    if (response.destroyed) return
    if (!response.write(frame)) await writable(response)
  }
  // A cut is only a cut in the middle when the half before it has left this process.
  if (script.truncate === 'cut') await new Promise<void>((done) => response.write('', () => done()))
}

/** Until the client has taken what was written, or has gone. */
export async function writable(response: ServerResponse): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).catch(
    () => {},
  )
  done.abort()
}

/** Waits, or not any longer when the client has gone. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    response.once('close', done)
    function done() {
      clearTimeout(timer)
      response.off('close', done)
      resolve()
    }
  })
}
