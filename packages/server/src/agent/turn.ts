/**
 * One turn as a durable workflow: think, act, wait where the owner is asked, until the model has nothing more to do.
 * DBOS memoises the steps, so after a crash the turn goes on where it was. Only ids and small words pass through it.
 */
import { DBOS } from '@dbos-inc/dbos-sdk'
import { isDatabaseGone } from '../database/gone.ts'
import type { Tenant } from '../database/index.ts'
import type { Acted } from './act.ts'
import type { RunEnd } from './runs.ts'
import type { Steps } from './steps.ts'

/** Raised when the order or meaning of the steps changes: a run begun under another version is not gone on with. */
export const turnVersion = '1'

/** A database that is away for a while is waited for; every step may be repeated. */
const patient = {
  retriesAllowed: true,
  maxAttempts: 20,
  intervalSeconds: 0.25,
  backoffRate: 1.6,
  shouldRetry: isDatabaseGone,
}

/** The topic under which a run is told of a question's answer. */
export const answerTopic = (question: string) => `answer:${question}`

/**
 * Registers the workflow; to be called once, before DBOS is launched. `start` begins the run that is next in line. Once
 * `isStopping`, a turn that is thrown out of its wait stays as it is: the next process goes on with it.
 */
export function registerTurn(
  steps: Steps,
  start: (tenant: Tenant, run: string) => Promise<void>,
  isStopping: () => boolean,
) {
  return DBOS.registerWorkflow(
    async function turn(tenant: Tenant, run: string): Promise<void> {
      const next = await ending(steps, tenant, run, isStopping)
      if (next !== null) await start(tenant, next)
    },
    { name: 'turn' },
  )
}

/** Sees a run through to its end, whatever that is, and names the run that comes next. */
async function ending(
  steps: Steps,
  tenant: Tenant,
  run: string,
  isStopping: () => boolean,
): Promise<string | null> {
  let end: Ended
  try {
    end = await converse(steps, tenant, run)
  } catch (error) {
    if (isStopping()) return new Promise(() => {})
    end = { state: 'failed', error: wordsFor(error) }
  }
  if ('following' in end) return end.following
  const { state, error } = end
  return DBOS.runStep(() => steps.end(tenant, run, { state, error }), { name: 'end', ...patient })
}

type Ended = RunEnd | { readonly following: string | null }

async function converse(steps: Steps, tenant: Tenant, run: string): Promise<Ended> {
  for (let round = 0; ; round++) {
    for (let attempt = 0; ; attempt++) {
      const thought = await DBOS.runStep(() => steps.think(tenant, run, round, attempt), {
        name: 'think',
        ...patient,
      })
      if (thought.next === 'end' || thought.next === 'ended') return thought
      if (thought.next === 'act') {
        const finished = await actAll(steps, tenant, run, thought.step, thought.calls)
        if (!finished) return { state: 'stopped', error: null }
        if (thought.last) return { state: 'done', error: null }
        break
      }
      await DBOS.sleep(thought.afterMs)
    }
  }
}

/** Makes the calls of one thought in their order; false when the run was stopped. */
async function actAll(
  steps: Steps,
  tenant: Tenant,
  run: string,
  thought: string,
  calls: number,
): Promise<boolean> {
  for (let index = 0; index < calls; index++) {
    let question: string | undefined
    for (;;) {
      const asked = question
      const acted: Acted = await DBOS.runStep(() => steps.act(tenant, run, thought, index, asked), {
        name: 'act',
        ...patient,
      })
      if (acted.next === 'stopped') return false
      if (acted.next === 'go') break
      question = acted.question
      await DBOS.recv(answerTopic(question), { timeoutSeconds: Math.ceil(acted.waitMs / 1000) + 1 })
    }
  }
  return true
}

function wordsFor(error: unknown): string {
  const name = error instanceof Error ? error.message : String(error)
  return `The run was broken off by a fault: ${name}. What was done until then stands in the ledger.`
}
