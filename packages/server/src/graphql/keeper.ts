/**
 * Keeps the worker: started by the first request, stopped when nobody asks, started again when it died, at growing
 * distances when it dies at once. Speaks to it in signed calls and takes no answer that is not its own.
 */
import { rm } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import type { PairKey } from '../internal/index.ts'
import { type Envelope, executeTarget, seal, type WorkerConfig } from './envelope.ts'
import type { StartWorker, WorkerProcess } from './ports.ts'

export interface KeeperOptions {
  readonly start: StartWorker
  /** Made anew for every start. */
  readonly config: () => Omit<WorkerConfig, 'keys'>
  /** `server>graphql` and `graphql>server`. */
  readonly keys: { readonly calls: PairKey; readonly answers: PairKey }
  /** How long it may be idle, in milliseconds. */
  readonly idleMs: number
  readonly now: () => number
  /** Each line the worker says, and each of its ends that nobody wanted. */
  readonly say: (line: string) => void
}

export interface Keeper {
  /** Asks the worker, started if need be. Rejects with `graphql_unavailable`. */
  ask(envelope: Envelope, body: Uint8Array): Promise<KeptAnswer>
  /** The announcement of a worker; true when it is the one that is being started. */
  announce(pid: number): boolean
  /** The process number while there is one. */
  pid(): number | null
  stop(): Promise<void>
}

export interface KeptAnswer {
  readonly status: number
  /** What the worker signed. */
  readonly body: Buffer
}

/** How long a start may take, in milliseconds. */
const startMs = 20_000
const firstWaitMs = 250
const longestWaitMs = 30_000
/** One that lived so long did not die of its start. */
const healthyMs = 60_000

interface Running {
  readonly worker: WorkerProcess
  readonly socket: string
  readonly since: number
  readonly ready: Promise<void>
  announced(): void
  /** Asked to stop, so that its end is no accident. */
  leaving: boolean
}

/** Makes the keeper; nothing is started yet. */
export function makeKeeper(options: KeeperOptions): Keeper {
  return new WorkerKeeper(options)
}

class WorkerKeeper implements Keeper {
  readonly #options: KeeperOptions
  #running: Running | null = null
  #failures = 0
  #notBefore = 0
  #asking = 0
  #idle: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  pid(): number | null {
    return this.#running?.worker.pid ?? null
  }

  announce(pid: number): boolean {
    if (this.#running?.worker.pid !== pid) return false
    this.#running.announced()
    return true
  }

  async ask(envelope: Envelope, body: Uint8Array): Promise<KeptAnswer> {
    const running = this.#running ?? this.#start()
    this.#asking++
    if (this.#idle !== null) clearTimeout(this.#idle)
    try {
      await running.ready
      return await this.#exchange(running, seal(envelope, body))
    } catch (error) {
      if (error instanceof CastellanError) throw error
      throw unavailable(error, 0)
    } finally {
      if (--this.#asking === 0 && !this.#stopped) this.#rest(running)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#end(this.#running)
  }

  async #exchange({ worker }: Running, body: Buffer): Promise<KeptAnswer> {
    const answer = await worker.ask(executeTarget, body)
    if (answer.status === 503) throw unavailable(new Error('the worker failed'), 0)
    return answer
  }

  #start(): Running {
    const { now, start, config, keys, say } = this.#options
    if (this.#stopped) throw unavailable(new Error('stopping'), 0)
    const wait = this.#notBefore - now()
    if (wait > 0) throw unavailable(new Error('it died at once, repeatedly'), wait)
    const made = config()
    const text = (key: PairKey) => key.export().toString('base64url')
    const worker = start({ ...made, keys: { calls: text(keys.calls), answers: text(keys.answers) } }, say)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const late = setTimeout(() => {
      reject(new Error('it did not announce itself in time'))
      worker.stop().catch(() => {})
    }, startMs)
    const ready = promise.finally(() => clearTimeout(late))
    ready.catch(() => {})
    const running = { worker, socket: made.socket, since: now(), ready, announced: resolve, leaving: false }
    this.#running = running
    worker.ended
      .then(() => reject(new Error('it ended')))
      .then(() => this.#ended(running))
      .catch(() => {})
    return running
  }

  async #ended(running: Running): Promise<void> {
    if (this.#running === running) this.#running = null
    if (!running.leaving) this.#countFailure(running)
    await rm(running.socket, { force: true })
  }

  #countFailure({ since }: Running): void {
    const { now, say } = this.#options
    this.#failures = now() - since >= healthyMs ? 1 : this.#failures + 1
    // The first time it is started again at once: one killed process is no pattern.
    const wait = this.#failures === 1 ? 0 : Math.min(firstWaitMs * 2 ** (this.#failures - 2), longestWaitMs)
    this.#notBefore = now() + wait
    say('the GraphQL worker ended by itself and is started again when it is asked')
  }

  #rest(running: Running): void {
    this.#idle = setTimeout(() => {
      if (this.#asking === 0) this.#end(running).catch(() => {})
    }, this.#options.idleMs)
    this.#idle.unref()
  }

  async #end(running: Running | null): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    if (running === null || running.leaving) return
    running.leaving = true
    // Whoever asks from now on gets a new one.
    if (this.#running === running) this.#running = null
    await running.worker.stop()
  }
}

function unavailable(cause: unknown, retryAfterMs: number): CastellanError {
  return new CastellanError(
    'graphql_unavailable',
    'The GraphQL process is not there to answer; it is started again. What was stored is unharmed.',
    {
      hint: 'send a query again in a moment; after a mutation look first whether it was done',
      cause,
      details: { retryAfterMs: Math.max(retryAfterMs, 1_000) },
    },
  )
}
