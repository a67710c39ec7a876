/**
 * A decision of the ledger explained by facts: which rules took part, and what would have had to be otherwise for the call
 * to pass. Worked out by deciding it again with one fact after another turned round, and never by reading the rules.
 */
import type { LedgerRow, PolicyRule, PolicyWhy, Role } from '@castellan/contracts'
import { type Authorize, decideRequest, nameSources, type PolicyRequest } from '@castellan/kernel'
import type { Tenant } from '../database/index.ts'
import type { Ledger } from '../ledger/index.ts'
import { decisionOf } from './past.ts'

/** Explains one row by the rules in force. Rejects with `not_found`, or `bad_request` for a row without a decision. */
export async function why(
  ledger: Ledger,
  tenant: Tenant,
  seq: number,
  { authorize, rules }: { readonly authorize: Authorize; readonly rules: readonly PolicyRule[] },
): Promise<PolicyWhy> {
  const detail = await ledger.detail(tenant, seq)
  const { decision, refused, ...own } = decisionOf(detail)
  const request = own.request ?? (await requestOfQuestion(ledger, tenant, detail.row))
  const { rows } = await ledger.page(tenant, { kind: 'admin', skill: 'policy.changed', limit: 1 })
  return {
    seq,
    at: detail.row.at,
    skill: detail.row.skill,
    decision,
    refused,
    rules: decision.rules.map((id) => ({ id, rule: rules.find((each) => each.id === id) ?? null })),
    otherwise: request === null ? null : otherwise(request, authorize),
    changed_since: rows.some((row) => row.seq > seq),
  }
}

/** What the question was asked over that a row of the same step answers; null where none was. */
async function requestOfQuestion(
  ledger: Ledger,
  tenant: Tenant,
  { run, step, seq, skill }: LedgerRow,
): Promise<PolicyRequest | null> {
  if (run === null) return null
  const { rows } = await ledger.page(tenant, { run, skill, kind: 'decision', before: seq, limit: 50 })
  const asked = rows.find((row) => row.step === step && row.decision === 'ask')
  return asked === undefined ? null : decisionOf(await ledger.detail(tenant, asked.seq)).request
}

interface Fact {
  readonly words: string
  readonly turned: (request: PolicyRequest) => PolicyRequest
}

/** The smallest sets of facts that would have let the call through, or, where none would, that would have let it be asked about. */
export function otherwise(request: PolicyRequest, authorize: Authorize): PolicyWhy['otherwise'] {
  const unasked = { ...request, approval: 'none' as const }
  const before = decideRequest(unasked, authorize).decision
  if (before === 'allow') return []
  const facts = factsOf(unasked)
  const found: { facts: readonly Fact[]; decision: 'allow' | 'ask' }[] = []
  for (const set of bySize(facts)) {
    if (found.some((each) => each.facts.every((fact) => set.includes(fact)))) continue
    const turned = set.reduce<PolicyRequest>((each, fact) => fact.turned(each), unasked)
    const { decision } = decideRequest(turned, authorize)
    if (decision !== 'deny' && decision !== before) found.push({ facts: set, decision })
  }
  const best = found.some((each) => each.decision === 'allow') ? 'allow' : 'ask'
  return found
    .filter((each) => each.decision === best)
    .map((each) => ({ facts: each.facts.map((fact) => fact.words), decision: each.decision }))
}

/** What stands against the call, turned round. */
function factsOf(request: PolicyRequest): Fact[] {
  const { run } = request
  const facts: (Fact | false)[] = [
    run.foreign && {
      words: `the conversation had not read ${nameSources(run.sources)}`,
      turned: (each) => ({
        ...owned(each),
        unsaid: false,
        anchored: true,
        run: { ...each.run, foreign: false, sources: [], influence: 0 },
      }),
    },
    run.sensitive && {
      words: 'the conversation had read nothing that is not for everyone',
      turned: (each) => ({ ...each, run: { ...each.run, sensitive: false } }),
    },
    request.strongForeign && {
      words: `${foreignRoles(request)} had come from you`,
      turned: owned,
    },
    !request.anchored && {
      words: 'your words had said what it makes or touches',
      turned: (each) => ({ ...each, anchored: true }),
    },
    request.unsaid && {
      words: 'it had carried no link, address or number that you did not say',
      turned: (each) => ({ ...each, unsaid: false }),
    },
    request.unread && {
      words: `what it carries had been meant for ${request.to.join(', ') || 'whoever it reaches'} too`,
      turned: (each) => ({ ...each, unread: false }),
    },
  ]
  return facts.filter((each) => each !== false)
}

function owned(request: PolicyRequest): PolicyRequest {
  const folds = Object.entries(request.folds).map(([role, fold]) => [
    role,
    { ...fold, foreign: false, sources: ['owner'] },
  ])
  return { ...request, strongForeign: false, folds: Object.fromEntries(folds) }
}

const roleWords: Readonly<Record<Role, string>> = {
  target: 'where it goes',
  object: 'what it touches',
  amount: 'how much',
  secret: 'its secret',
  account: 'on whose account',
  content: 'what it passes on',
  option: 'how it is done',
  time: 'when',
}

function foreignRoles({ folds }: PolicyRequest): string {
  const foreign = Object.entries(folds).filter(([, fold]) => fold.foreign)
  return foreign.map(([role]) => roleWords[role as Role]).join(' and ')
}

/** Every set of facts but the empty one, small ones first. */
function bySize(facts: readonly Fact[]): Fact[][] {
  const sets = Array.from({ length: 2 ** facts.length - 1 }, (_, n) =>
    facts.filter((_, at) => ((n + 1) & (1 << at)) !== 0),
  )
  return sets.sort((a, b) => a.length - b.length)
}
