/** One question of a caller as the gate takes it, and what the gate answered as the caller is told it. */
import { createHash, randomUUID } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import { label, type Reader, systemLabel } from '@castellan/kernel'
import type { Tenant } from '../database/index.ts'
import type { Invocation, Outcome } from '../invoke/index.ts'
import { type Model, modelSkillName } from '../models/index.ts'
import { Spent, textOf, tokensIn, type Work } from './skill.ts'
import { type Caller, callerPrincipal } from './types.ts'

export interface Question {
  readonly tenant: Tenant
  readonly caller: Caller
  readonly model: Model & { readonly reader: Reader }
  readonly work: Work
  readonly now: number
}

/** The call. Its words are the caller's and nobody else's: no conversation, no memory, nothing that others wrote. */
export function callerCall({ tenant, caller, model, work, now }: Question): Invocation {
  const principal = callerPrincipal(caller)
  const words = label([principal])
  const text = 'prompt' in work ? textOf(work.prompt) : work.texts.values.join('\n')
  const answer = 'prompt' in work ? (work.prompt.maxOutputTokens ?? 0) : 0
  const request = randomUUID()
  return {
    tenant,
    principal: [principal],
    allowed: new Set([modelSkillName]),
    budget: { callsPerDay: Number.MAX_SAFE_INTEGER, tokensPerDay: caller.tokensPerDay },
    run: dayOf(caller.id, now),
    step: request,
    conversation: null,
    skill: modelSkillName,
    args: {
      model: model.name,
      local: model.reader.classes.includes('models:local'),
      caller: caller.name,
      request,
    },
    references: { '': systemLabel, '/request': words },
    facts: { words: [], label: words },
    outgoing: { text, value: work },
    tokens: {
      estimate: tokensIn(text.length) + answer,
      used(value) {
        const { usage } = Spent.parse(value)
        return usage.input_tokens + usage.output_tokens
      },
    },
    openMs: 0,
    // The skill itself heeds `work.stop`, so that what was said until then is counted.
    signal: new AbortController().signal,
  }
}

/** One token's calls of a day are one run, so that a secret sent in parts over several calls is seen. */
function dayOf(id: string, now: number): string {
  const day = new Date(now).toISOString().slice(0, 10)
  const hex = createHash('sha256').update(`${id} ${day}`).digest('hex')
  // Version 8 of RFC 9562, section 5.8: made by a rule of our own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** What an answer cost; throws why there is none. */
export function spentBy(outcome: Outcome, work: Work, caller: Caller): Spent {
  if (outcome.kind === 'done') {
    if (outcome.branch === 'stopped') throw work.stop.reason
    return Spent.parse(outcome.value)
  }
  if (outcome.kind === 'failed') {
    const { code, why, retryAfterMs } = outcome
    throw new CastellanError(code, why, retryAfterMs === undefined ? {} : { details: { retryAfterMs } })
  }
  if (outcome.kind === 'unknown') throw new CastellanError('model_failed', outcome.why)
  if (outcome.kind === 'refused' && outcome.reason === 'budget_spent') throw overBudget(caller)
  const why =
    outcome.kind === 'asks'
      ? 'A policy wants the owner to be asked about this call, and a program cannot wait for that.'
      : outcome.why
  throw new CastellanError('refused', `${why} Nothing was sent.`)
}

function overBudget({ namespace, tokensPerDay }: Caller): CastellanError {
  const message = `The namespace ${namespace} would go over the ${tokensPerDay} tokens of a day that this token allows. Nothing was sent.`
  return new CastellanError('budget_spent', message, {
    hint: 'wait until tomorrow, or ask for a shorter answer with max_completion_tokens',
  })
}
