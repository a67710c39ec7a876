/** How calls are written down: with what the caller makes of them, and the ledger row last, in one transaction. */
import type { Decision, Json } from '@castellan/contracts'
import { type Decided, hashOf } from '@castellan/kernel'
import type { Handle } from '../database/index.ts'
import { append, type LedgerEntry } from '../ledger/index.ts'
import type { GatePorts, Invocation } from './invocation.ts'
import type { Outcome, RefusalReason } from './outcome.ts'
import { decisionView } from './say.ts'

type Arguments = { readonly [name: string]: Json }

/**
 * Records an outcome: the caller's own store first, the ledger row last, and only then the news of it. `before` does
 * what belongs into the same transaction. Without a row nothing was decided and nothing happened.
 */
export async function record(
  ports: GatePorts,
  invocation: Invocation,
  outcome: Outcome,
  entry: LedgerEntry | null,
  before: (handle: Handle) => Promise<void> = async () => {},
): Promise<Outcome> {
  const { tenant, keep } = invocation
  if (entry === null && keep === undefined) return outcome
  const tell = await ports.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      await before(transaction)
      const told = await keep?.(transaction, outcome)
      if (entry !== null) await append(transaction, tenant, entry)
      return told
    })
  tell?.()
  return outcome
}

/** Records a refusal and hands it back. */
export function refuse(
  ports: GatePorts,
  invocation: Invocation,
  reason: RefusalReason,
  why: string,
  decided: Decided | null = null,
): Promise<Outcome> {
  const decision = decided === null ? null : decisionView(decided)
  const outcome: Outcome = { kind: 'refused', reason, why, decision }
  const args = objectOrEmpty(invocation.args)
  return record(ports, invocation, outcome, {
    ...entryOf(invocation, 'decision', args, decided),
    decision: 'deny',
    rules: reason === 'policy' ? [...(decided?.rules ?? [])] : [reason],
    outcome: 'refused',
    body: {
      args,
      result: outcome as unknown as Json,
      // What the policy decided over, to decide it again by other rules. A refusal for another reason is not the policy's.
      ...(reason === 'policy' && decided !== null ? requestOf(decided) : {}),
    },
  })
}

function requestOf({ request }: Decided): { request: Json } {
  return { request: request as unknown as Json }
}

/** The ledger row of a call that ended, well or badly. */
export function outcomeEntry(invocation: Invocation, args: Arguments, outcome: Outcome): LedgerEntry {
  return {
    ...entryOf(invocation, 'outcome', args, null),
    outcome: outcomeWord(outcome),
    body: { args: { ...args }, result: outcome as unknown as Json },
  }
}

/** The ledger row of a call that was asked about or begins. */
export function decidedEntry(
  invocation: Invocation,
  kind: 'decision' | 'intent',
  args: Arguments,
  decided: Decided,
  more: { [name: string]: Json } = {},
): LedgerEntry {
  const decision: Decision = decisionView(decided)
  return {
    ...entryOf(invocation, kind, args, decided),
    outcome: kind === 'decision' ? 'asked' : null,
    body: { args: { ...args }, decision: decision as unknown as Json, ...requestOf(decided), ...more },
  }
}

function entryOf(
  invocation: Invocation,
  kind: LedgerEntry['kind'],
  args: Arguments,
  decided: Decided | null,
): LedgerEntry {
  return {
    kind,
    run: invocation.run,
    step: invocation.step,
    principal: [...invocation.principal],
    skill: invocation.skill,
    decision: decided?.decision ?? null,
    rules: [...(decided?.rules ?? [])],
    argsHash: hashOf({ ...args }),
    outcome: null,
    body: null,
  }
}

function outcomeWord(outcome: Outcome): string {
  if (outcome.kind === 'done') return `done:${outcome.branch}`
  if (outcome.kind === 'failed') return `failed:${outcome.code}`
  return outcome.kind
}

function objectOrEmpty(args: Json): { [name: string]: Json } {
  return args !== null && typeof args === 'object' && !Array.isArray(args) ? args : {}
}
