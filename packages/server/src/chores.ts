/** What has to be done now and then: deliver, expire, sign. One chore that fails is tried again at its next turn. */
import type { Json } from '@castellan/contracts'
import * as z from 'zod'
import { type Deliver, deliverDue } from './agent/index.ts'
import { watchAlerts } from './alerts/index.ts'
import type { Attachments } from './attachments/index.ts'
import type { Database, Tenant } from './database/index.ts'
import type { EventHub, Log, Principal } from './http/index.ts'
import type { Ledger } from './ledger/index.ts'
import type { Limits } from './limits/index.ts'
import type { Paired } from './paired.ts'
import type { Questions } from './questions/index.ts'
import type { Tokens } from './tokens/index.ts'

export interface ChoreParts {
  readonly tenant: Tenant
  readonly database: Database
  readonly questions: Questions
  readonly attachments: Attachments
  readonly tokens: Tokens
  readonly pairing: Pick<Paired, 'prune'>
  readonly ledger: Ledger
  readonly limits: Limits
  readonly hub: EventHub
  readonly log: Log
}

/**
 * Begins the rounds, the first one at once, for a crash may have left something to do. Returns how to end them, once a
 * round in progress is through.
 */
export function startChores({
  tenant,
  database,
  questions,
  attachments,
  tokens,
  pairing,
  ledger,
  limits,
  hub,
  log,
}: ChoreParts): () => Promise<void> {
  const channels = new Map<string, Deliver>([['web', tellPages(hub)]])
  const lookAtAlerts = watchAlerts(database, (of, event) => hub.publish(of, event, 'everyone'))
  const ends = [
    every(1_000, 'delivery', log, () => deliverDue(tenant, database, channels)),
    every(1_000, 'alerts', log, () => lookAtAlerts(tenant)),
    every(5_000, 'what became of questions', log, () => questions.expire(tenant)),
    every(600_000, 'attachments never sent', log, () => attachments.clear(tenant)),
    every(60_000, 'limits that are over', log, () => limits.prune()),
    every(3_600_000, 'pairing codes that were tried', log, () => pairing.prune()),
    every(3_600_000, 'signing keys', log, () => tokens.keyring.tend()),
    every(60_000, 'ledger checkpoint', log, () => ledger.checkpointIfDue(tenant)),
  ]
  return async () => {
    await Promise.all(ends.map((end) => end()))
  }
}

function every(ms: number, name: string, log: Log, chore: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  let timer = setTimeout(round, 0)
  timer.unref()
  let ended = false
  function round(): void {
    running = chore()
      .catch((error) => log.warn({ error, chore: name }, 'a chore failed and will be tried again'))
      .then(() => {
        if (ended) return
        timer = setTimeout(round, ms)
        timer.unref()
      })
  }
  return async () => {
    ended = true
    clearTimeout(timer)
    await running
  }
}

const Notice = z.object({
  text: z.string(),
  /** Older ones name nobody: they are the owner's. */
  to: z.custom<Principal>((to) => typeof to === 'string').default('owner'),
})

/** The web channel: whoever has a page open is told; the row itself is what others find later. */
function tellPages(hub: EventHub): Deliver {
  return async (tenant, { id, body, createdAt }) => {
    const { text, to } = Notice.parse(body satisfies Json)
    hub.publish(tenant, { type: 'notice', id, text, at: createdAt }, [to])
  }
}
