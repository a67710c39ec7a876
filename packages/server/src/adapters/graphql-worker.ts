/** The GraphQL worker as a child process and the unix socket it is asked through. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { StartWorker, WorkerProcess, WorkerRequest } from '../graphql/index.ts'

const program = fileURLToPath(new URL('../graphql/worker/main.ts', import.meta.url))
/** How long it may take to end by itself, in milliseconds. */
const graceMs = 2_000
/** How long it may stay silent: more than an operation may take. */
const silenceMs = 60_000
const connections = 32
/** Its heap in MB: a flood of operations ends the worker, not the machine. */
const heap = 512

/** Starts the worker. What it says on stderr goes to `say`, line by line. */
export const startGraphqlWorker: StartWorker = (config, say) => {
  const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, program], {
    // Nothing of ours; these two switch the libraries' warnings for developers off.
    env: { NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close').then(
    () => {},
    (error: Error) => say(error.message),
  )
  createInterface({ input: child.stderr }).on('line', say)
  child.stdin.on('error', () => {})
  // Left open: when we are gone, however, it closes, and the worker ends.
  child.stdin.write(`${JSON.stringify(config)}\n`)
  const pool = new Pool('http://graphql.internal', {
    socketPath: config.socket,
    connections,
    pipelining: 1,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    keepAliveTimeout: 50_000,
  })
  const closed = ended.then(() => pool.destroy())
  return {
    pid: child.pid ?? 0,
    ended: closed,
    ask: (request) => ask(pool, request),
    async stop() {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await closed
      clearTimeout(late)
    },
  } satisfies WorkerProcess
}

async function ask(pool: Pool, { target, headers, body }: WorkerRequest) {
  const answer = await pool.request({ method: 'POST', path: target, headers, body })
  return {
    status: answer.statusCode,
    header: (name: string) => {
      const value = answer.headers[name]
      return typeof value === 'string' ? value : undefined
    },
    body: answer.body as AsyncIterable<Uint8Array>,
  }
}
