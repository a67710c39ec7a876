/** What other rules would have made of the calls in the ledger. Nothing is done again but deciding. */
import { CastellanError, type PolicyChange, type PolicyReplay, type PolicyTry } from '@castellan/contracts'
import { decideRequest, type Judged, type PolicyRequest } from '@castellan/kernel'
import type { Tenant } from '../database/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Apart } from './apart.ts'
import { loadPolicies } from './cedar.ts'
import type { PolicyKeeper } from './keep.ts'
import { callsOf, decisionOf, type PastCall } from './past.ts'
import { unusable } from './read.ts'

/** Rows looked at, the newest. */
const mostRows = 20_000
/** Changes that are listed; all are counted. */
const mostChanges = 500

/** Decides a list of requests, in order. */
export type Judge = (requests: readonly PolicyRequest[]) => Promise<readonly Judged[]>

/** Decides by a text, in this thread. Throws where it cannot be put in force. */
export function judgeBy(text: string): Judge {
  const loaded = loadPolicies(text)
  if ('problems' in loaded) throw unusable(loaded.problems)
  return async (requests) => requests.map((each) => decideRequest(each, loaded.engine.authorize))
}

/** Replays the last `days` of a tenant's ledger. */
export async function replay(
  ledger: Ledger,
  tenant: Tenant,
  days: number,
  judge: Judge,
): Promise<PolicyReplay> {
  const since = new Date(Date.now() - days * 86_400_000).toISOString()
  const rows = await ledger.decided(tenant, { since, limit: mostRows })
  const past = callsOf(rows)
  const known = past.filter((each): each is PastCall & { request: PolicyRequest } => each.request !== null)
  const judged = await judge(known.map((each) => ({ ...each.request, approval: 'none' as const })))
  const changes = known.flatMap((each, n) => changeOf(each, judged[n]))
  return {
    days,
    calls: known.length,
    changed: changes.length,
    unknown: past.length - known.length,
    cut: rows.length === mostRows,
    counts: countsOf(changes),
    changes: changes.slice(0, mostChanges),
  }
}

function changeOf({ request: _, ...call }: PastCall, judged: Judged | undefined): PolicyChange[] {
  if (judged === undefined || judged.decision === call.was) return []
  const { decision: would, factor, rules } = judged
  return [{ ...call, would, rules, ...(factor === undefined ? {} : { factor }) }]
}

function countsOf(changes: readonly PolicyChange[]): PolicyReplay['counts'] {
  const counts = new Map<string, PolicyReplay['counts'][number]>()
  for (const { was, would } of changes) {
    const known = counts.get(`${was} ${would}`) ?? { was, would, calls: 0 }
    counts.set(`${was} ${would}`, { ...known, calls: known.calls + 1 })
  }
  return [...counts.values()].sort((a, b) => b.calls - a.calls)
}

/** One past call decided by the rules in force, and by `text`. Rejects with `bad_request` where it cannot be told. */
export async function tryOn(
  parts: { readonly ledger: Ledger; readonly keeper: PolicyKeeper; readonly apart: Apart },
  tenant: Tenant,
  seq: number,
  text: string,
): Promise<PolicyTry> {
  const detail = await parts.ledger.detail(tenant, seq)
  const { decision, request } = decisionOf(detail)
  if (request === null) {
    throw new CastellanError('bad_request', `What row ${seq} was decided over was not recorded.`, {
      hint: 'choose a later one',
    })
  }
  const unasked = { ...request, approval: 'none' as const }
  const now = decideRequest(unasked, parts.keeper.authorize)
  const [would] = await parts.apart.judge(text, [unasked])
  return { seq, skill: detail.row.skill, was: decision.decision, now: shown(now), would: shown(would ?? now) }
}

function shown({ decision, factor, rules }: Judged) {
  return { decision, rules, ...(factor === undefined ? {} : { factor }) }
}
