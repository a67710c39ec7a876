/**
 * Takes foreign pages and feeds apart in a worker thread. A page of 200 kB can keep an HTML library busy for a minute; here
 * that costs one thread its life after a few seconds, and the rest of the house does not notice.
 */
import { Worker } from 'node:worker_threads'
import { CastellanError } from '@castellan/contracts'
import type { Feed } from './feed.ts'
import type { Page } from './page.ts'

/** What a worker is asked to do. */
export interface Job {
  readonly kind: 'page' | 'feed'
  readonly text: string
  readonly url: string
}

export interface Reader {
  /** Rejects with `outside_failed` when the page cannot be taken apart within the limits. */
  page(html: string, url: string, signal: AbortSignal): Promise<Page>
  /** Null when the text is no feed. */
  feed(text: string, url: string, signal: AbortSignal): Promise<Feed | null>
  close(): Promise<void>
}

export interface ReaderOptions {
  /** For one page or feed; 10 s when absent. */
  readonly timeoutMs?: number
  /** How long a worker that has nothing to do stays warm; 30 s when absent. */
  readonly idleMs?: number
}

const maxWorkers = 2
const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** Makes the reader; workers start when they are needed and end when they are idle. */
export function createReader({ timeoutMs = 10_000, idleMs = 30_000 }: ReaderOptions = {}): Reader {
  const idle = new Map<Worker, NodeJS.Timeout>()
  const waiting: (() => void)[] = []
  let busy = 0

  async function read(job: Job, signal: AbortSignal): Promise<unknown> {
    while (busy >= maxWorkers) await new Promise<void>((resolve) => waiting.push(resolve))
    busy++
    try {
      signal.throwIfAborted()
      const worker = takeIdle(idle) ?? startWorker()
      const answer = await ask(worker, job, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
      idle.set(worker, setTimeout(() => end(idle, worker), idleMs).unref())
      return answer
    } catch (error) {
      signal.throwIfAborted()
      throw new CastellanError('outside_failed', 'The page is too large or too tangled to be read.', {
        cause: error,
      })
    } finally {
      busy--
      waiting.shift()?.()
    }
  }

  return {
    page: async (text, url, signal) => (await read({ kind: 'page', text, url }, signal)) as Page,
    feed: async (text, url, signal) => (await read({ kind: 'feed', text, url }, signal)) as Feed | null,
    close: async () => {
      await Promise.all([...idle.keys()].map((worker) => end(idle, worker)))
    },
  }
}

function startWorker(): Worker {
  const worker = new Worker(entry, {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 },
  })
  // One that dies while idle is noticed by the next `ask`, not by the process.
  worker.on('error', () => {}).unref()
  return worker
}

function takeIdle(idle: Map<Worker, NodeJS.Timeout>): Worker | undefined {
  const [found] = idle
  if (found === undefined) return undefined
  clearTimeout(found[1])
  idle.delete(found[0])
  return found[0]
}

async function end(idle: Map<Worker, NodeJS.Timeout>, worker: Worker): Promise<void> {
  clearTimeout(idle.get(worker))
  idle.delete(worker)
  await worker.terminate()
}

/** One question, one answer; a worker that fails, dies or overstays is ended. */
async function ask(worker: Worker, job: Job, signal: AbortSignal): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const abort = () => reject(signal.reason)
  const exit = () => reject(new Error('the reading thread ended'))
  worker.once('message', resolve).once('error', reject).once('exit', exit)
  signal.addEventListener('abort', abort, { once: true })
  worker.ref()
  worker.postMessage(job)
  try {
    const answer = await promise
    worker.unref()
    return answer
  } catch (error) {
    void worker.terminate()
    throw error
  } finally {
    worker.off('message', resolve).off('error', reject).off('exit', exit)
    signal.removeEventListener('abort', abort)
  }
}
