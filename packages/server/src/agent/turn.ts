/**
 * One turn as a durable workflow: think, act, wait where the owner is asked, until the model has nothing more to do.
 * DBOS memoises the steps, so after a crash the turn goes on where it was. Only ids and small words pass through it.
 */
import { DBOS } from '@dbos-inc/dbos-sdk'
import { isDatabaseGone } from '../database/gone.ts'
import type { Tenant } from '../database/index.ts'
import type { Acted, Steps } from './steps.ts'

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
      let end: { state: 'done' | 'stopped' | 'failed'; error: string | null }
      try {
        end = await converse(steps, tenant, run)
      } catch (error) {
        if (isStopping()) return new Promise<void>(() => {})
        end = { state: 'failed', error: wordsFor(error) }
      }
      const next = await DBOS.runStep(() => steps.end(tenant, run, end.state, end.error), {
        name: 'end',
        ...patient,
      })
      if (next !== null) await start(tenant, next)
    },
    { name: 'turn' },
  )
}

async function converse(steps: Steps, tenant: Tenant, run: string) {
  for (let round = 0; ; round++) {
    for (let attempt = 0; ; attempt++) {
      const thought = await DBOS.runStep(() => steps.think(tenant, run, round, attempt), {
        name: 'think',
        ...patient,
      })
      if (thought.next === 'end') return thought
      if (thought.next === 'act') {
        const finished = await actAll(steps, tenant, run, thought.step, thought.calls)
        if (!finished) return { state: 'stopped' as const, error: null }
        if (thought.last) return { state: 'done' as const, error: null }
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
