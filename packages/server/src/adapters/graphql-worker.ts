/** The GraphQL worker as a child process and the unix socket it is asked through. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { answerLimit, type StartWorker, type WorkerProcess } from '../graphql/index.ts'
import { openLine, readKey } from '../internal/index.ts'

const program = fileURLToPath(new URL('../graphql/worker/main.ts', import.meta.url))
/** How long it may take to end by itself, in milliseconds. */
const graceMs = 2_000
/** How long it may stay silent: more than an operation may take. */
const silenceMs = 60_000
/** Operations under way at once; more wait here, where they cost only their text. */
const most = 32
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
  const key = (text: string) => readKey(Buffer.from(text, 'base64url'))
  const line = openLine({
    ...{ path: config.socket, caller: 'server', callee: 'graphql', now: Date.now },
    keys: { calls: key(config.keys.calls), answers: key(config.keys.answers) },
    ...{ most, answerLimit, silenceMs },
  })
  const closed = ended.then(() => line.close())
  return {
    pid: child.pid ?? 0,
    ended: closed,
    ask: line.ask,
    async stop() {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await closed
      clearTimeout(late)
    },
  } satisfies WorkerProcess
}
