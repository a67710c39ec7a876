/** A real `castellan up` with a model that answers at once, and the lightest client that can talk to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findServer } from '@castellan/server/instance'
import { type Dispatcher, Pool } from 'undici'
import { type Child, startChild } from './child.ts'

export const repository = fileURLToPath(new URL('..', import.meta.url))

/** A running instance. */
export interface Running {
  /** From the start of the process until it said that it was ready. */
  readonly seconds: number
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>
}

/** Starts `castellan up` of a clone on an instance directory, with more arguments for node where wanted. */
export async function up(
  directory: string,
  clone = repository,
  nodeArguments: readonly string[] = [],
): Promise<Running> {
  const began = performance.now()
  const bin = join(clone, 'packages/cli/bin/castellan.js')
  const args = [...nodeArguments, bin, 'up', '--dir', directory, '--port', '0', '--no-open', '--json']
  const child = spawn(process.execPath, args, {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir() },
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const end = once(child, 'exit')
  const first = await Promise.race([once(child.stdout, 'data'), end.then(() => null)])
  if (first === null) throw new Error(`castellan ended by itself:\n${said}`)
  return {
    seconds: (performance.now() - began) / 1000,
    async stop() {
      child.kill('SIGINT')
      const [code] = await end
      if (code !== 0) throw new Error(`castellan ended with ${code}:\n${said}`)
    },
  }
}

/** A directory that PostgreSQL's user may walk through as well. */
export async function scratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'castellan-bench-'))
  await chmod(path, 0o711)
  return path
}

export interface House {
  readonly pid: number
  /** Makes a conversation and gives its id. */
  conversation(): Promise<string>
  /** Posts a message; resolves when it is acknowledged, with the run's id. */
  post(conversation: string, text: string): Promise<string>
  /** When the client saw the run end, on `performance.now()`'s clock. */
  ended(run: string): Promise<number>
  /** How long the model itself takes for the request that it was last sent, in milliseconds. */
  direct(): Promise<number>
  close(): Promise<void>
}

/** Starts an instance with a model. */
export async function startHouse(nodeArguments: readonly string[] = []): Promise<House> {
  const home = await scratch()
  const directory = join(home, 'home')
  const model = await startChild('fake-model.ts')
  const running = await up(directory, repository, nodeArguments)
  const { url, token, pid } = await findServer(directory)
  const authorization = `Bearer ${token}`
  const pool = new Pool(url, { connections: 16, pipelining: 1 })
  const send = (path: string, body: object) => post(pool, path, authorization, JSON.stringify(body))
  const place = { base_url: `${model.url}/v1`, model: 'fake' }
  await send('/api/models', { name: 'fake', provider: 'openai-compatible', ...place })
  const runs = await watchRuns(pool, authorization)
  const direct = directly(model)
  return {
    pid,
    async conversation() {
      return String((await send('/api/conversations', {}))['id'])
    },
    async post(conversation, text) {
      const path = `/api/conversations/${conversation}/messages`
      return String((await send(path, { text, channel: 'terminal' }))['run'])
    },
    ended: runs.ended,
    direct: direct.call,
    async close() {
      runs.close()
      await direct.close()
      await running.stop()
      await pool.destroy()
      await model.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function post(pool: Pool, path: string, authorization: string, body: string) {
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await pool.request({ method: 'POST', path, headers, body })
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** Hears on one event stream when runs end. */
async function watchRuns(pool: Pool, authorization: string) {
  const seen = new Map<string, number>()
  const waiting = new Map<string, (at: number) => void>()
  const closing = new AbortController()
  const options = { method: 'GET', path: '/api/events', headers: { authorization }, bodyTimeout: 0 } as const
  const { body } = await pool.request({ ...options, signal: closing.signal })
  const broken = follow(body, (run, at) => {
    const wake = waiting.get(run)
    waiting.delete(run)
    if (wake === undefined) seen.set(run, at)
    else wake(at)
  })
  broken.catch(() => {})
  return {
    ended(run: string): Promise<number> {
      const at = seen.get(run)
      seen.delete(run)
      if (at !== undefined) return Promise.resolve(at)
      return Promise.race([new Promise<number>((resolve) => waiting.set(run, resolve)), broken])
    },
    close: () => closing.abort(),
  }
}

async function follow(
  body: Dispatcher.ResponseData['body'],
  onEnd: (run: string, at: number) => void,
): Promise<never> {
  let rest = ''
  for await (const chunk of body) {
    const frames = (rest + String(chunk)).split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      if (!frame.startsWith('event: run\n')) continue
      const { run } = JSON.parse(frame.slice(frame.indexOf('data: ') + 6)) as RunEvent
      if (run.finished_at === null) continue
      if (run.state !== 'done') throw new Error(`a run ended as ${run.state}: ${run.error}`)
      onEnd(run.id, performance.now())
    }
  }
  throw new Error('the event stream ended')
}

interface RunEvent {
  readonly run: {
    readonly id: string
    readonly state: string
    readonly finished_at: string | null
    readonly error: string | null
  }
}

/** Calls the model as the house did last, body and all. */
function directly(model: Child) {
  const pool = new Pool(model.url, { connections: 16, pipelining: 1 })
  let last = ''
  return {
    async call(): Promise<number> {
      if (last === '') last = await (await pool.request({ method: 'GET', path: '/last' })).body.text()
      const headers = { 'content-type': 'application/json' }
      const began = performance.now()
      const { body } = await pool.request({
        method: 'POST',
        path: '/v1/chat/completions',
        headers,
        body: last,
      })
      let text = ''
      for await (const chunk of body) text += String(chunk)
      if (!text.endsWith('[DONE]\n\n')) throw new Error(`the fake model said ${text}`)
      return performance.now() - began
    },
    close: () => pool.destroy(),
  }
}
