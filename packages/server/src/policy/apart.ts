/**
 * Rules that are only looked at, in a thread of their own: a text that breaks the engine, or takes for ever, costs that
 * thread its life and nothing else. The gate's own engine sees a text only after it has been through here.
 */
import { Worker } from 'node:worker_threads'
import { CastellanError, type PolicyCheck } from '@castellan/contracts'
import type { Judged, PolicyRequest } from '@castellan/kernel'

/** What the thread is asked. */
export type Job =
  | { readonly kind: 'check'; readonly text: string }
  | { readonly kind: 'judge'; readonly text: string; readonly requests: readonly PolicyRequest[] }

export interface Apart {
  /** Findings of a file; one that breaks the thread or overstays is a finding too. */
  check(text: string): Promise<PolicyCheck>
  /** What a file would make of requests, in their order. Rejects with `bad_request` when it cannot be put in force. */
  judge(text: string, requests: readonly PolicyRequest[]): Promise<Judged[]>
  close(): Promise<void>
}

const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
/** For one job. */
const timeoutMs = 20_000
/** How long a thread without work stays. */
const idleMs = 60_000

/** Starts the thread when it is needed and ends it when it is idle; one job after the other. */
export function lookApart(options: { timeoutMs?: number } = {}): Apart {
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let queue: Promise<unknown> = Promise.resolve()

  const end = async () => {
    clearTimeout(idle)
    const ended = worker
    worker = null
    await ended?.terminate()
  }
  const run = async (job: Job): Promise<unknown> => {
    clearTimeout(idle)
    worker ??= startWorker()
    try {
      return await ask(worker, job, options.timeoutMs ?? timeoutMs)
    } catch (error) {
      await end()
      throw error
    } finally {
      if (worker !== null) idle = setTimeout(end, idleMs).unref()
    }
  }
  const inTurn = (job: Job): Promise<unknown> => {
    const result = queue.then(() => run(job))
    queue = result.catch(() => {})
    return result
  }
  return {
    check: (text) => inTurn({ kind: 'check', text }).then((found) => found as PolicyCheck, tangled),
    judge: async (text, requests) => {
      const judged = await inTurn({ kind: 'judge', text, requests }).catch(() => null)
      if (judged !== null) return judged as Judged[]
      throw new CastellanError(
        'bad_request',
        'These rules cannot be put in force, so nothing was decided by them.',
        {
          hint: 'check them first',
        },
      )
    },
    close: end,
  }
}

function tangled(): PolicyCheck {
  const message = 'the rules are too large or too tangled to be looked at'
  const finding = { severity: 'problem' as const, rule: null, line: null, message, how: null }
  return { ok: false, findings: [finding], rules: [] }
}

function startWorker(): Worker {
  const worker = new Worker(entry, { env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 256 } })
  worker.on('error', () => {}).unref()
  return worker
}

/** One question, one answer; `{ failed }` is the worker's word that it could not. */
async function ask(worker: Worker, job: Job, limitMs: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<{ done: unknown } | { failed: true }>()
  const exit = () => reject(new Error('the thread ended'))
  const overdue = setTimeout(() => reject(new Error('it took too long')), limitMs)
  worker.once('message', resolve).once('error', reject).once('exit', exit)
  worker.ref()
  worker.postMessage(job)
  try {
    const answer = await promise
    if ('done' in answer) return answer.done
    throw new Error('the job failed')
  } finally {
    clearTimeout(overdue)
    worker.off('message', resolve).off('error', reject).off('exit', exit)
    worker.unref()
  }
}
