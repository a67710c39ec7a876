/** A decision in one or two plain sentences for the owner. Facts only: it never says more than the decision knew. */
import type { Decision } from '@castellan/contracts'
import { isStrong } from '@castellan/contracts'
import type { PolicyRequest } from './decide.ts'
import type { TracedArgument } from './origin.ts'

type Outcome = Pick<Decision, 'decision' | 'factor' | 'rules'>

/** Why a call was allowed, needs a yes, or was refused. `forbidding` are the rules that stand in its way. */
export function explainInWords(
  outcome: Outcome,
  request: PolicyRequest,
  traced: readonly TracedArgument[],
  forbidding: readonly string[],
): string {
  if (outcome.decision === 'allow') return `Allowed${whyAllowed(request, traced)}.`
  if (outcome.decision === 'ask') return `It needs your yes: ${whyAsked(request, traced, forbidding)}.`
  return `It is refused: ${whyRefused(request, forbidding)}.`
}

function whyAllowed(request: PolicyRequest, traced: readonly TracedArgument[]): string {
  if (request.approval !== 'none') return ' by your approval'
  const endorsed = traced.filter((each) => each.isEndorsed).map((each) => each.path.slice(1))
  if (endorsed.length > 0) return `: you called ${endorsed.join(', ')} right for this request`
  if (traced.every((each) => each.origin === 'owner')) return ': every part of it is your own'
  if (traced.every((each) => each.origin !== 'foreign'))
    return ': every part of it is your own or stands in what your words select'
  if (request.to.length === 0) return ': nothing leaves the house by it'
  return request.unread ? ' by the policy' : ': whoever it reaches may read what it carries'
}

/** Only what no proof can change; what a yes would have settled is not why it is refused. */
function whyRefused(request: PolicyRequest, forbidding: readonly string[]): string {
  const reasons = [forbidding.length === 0 ? 'no rule allows it' : `forbidden by ${forbidding.join(', ')}`]
  if (request.unread) reasons.push(unreadReason(request))
  if (request.approval !== 'none' && isPower(request)) reasons.push(powerReason(request))
  return reasons.join('; ')
}

function whyAsked(
  request: PolicyRequest,
  traced: readonly TracedArgument[],
  forbidding: readonly string[],
): string {
  const reasons: string[] = []
  for (const argument of traced) {
    if (argument.origin === 'foreign' && isStrong(argument.role)) {
      reasons.push(`${argument.path.slice(1)} came from ${nameSources(argument.sources)}, not from you`)
    }
  }
  if (request.unsaid) reasons.push(unsaidReason(traced))
  if (request.unread) reasons.push(unreadReason(request))
  if (isPower(request)) reasons.push(powerReason(request))
  if (reasons.length === 0 && request.run.foreign && !request.anchored) {
    const isNamed = traced.some((each) => isStrong(each.role))
    reasons.push(
      `${isNamed ? 'you did not ask for that' : 'nothing of what you said names it'}, and ${steered(request)}`,
    )
  }
  if (reasons.length === 0 && request.run.foreign) {
    reasons.push(steered(request))
  }
  if (reasons.length === 0)
    reasons.push(
      forbidding.length === 0 ? 'no rule allows it without one' : `${forbidding.join(', ')} asks for one`,
    )
  if (request.run.influence > 0) reasons.push(influenced(request))
  return reasons.join('; ')
}

function steered({ run }: PolicyRequest): string {
  return `this conversation has read ${nameSources(run.sources)}, which may be steering it`
}

function influenced({ run }: PolicyRequest): string {
  const bits = run.influence === 1 ? '1 bit' : `${run.influence} bits`
  return `answers about sealed content (${bits}) may have steered it`
}

function unsaidReason(traced: readonly TracedArgument[]): string {
  const carrying = traced.filter((each) => each.unsaid.length > 0)
  const names = carrying.map((each) => each.path.slice(1)).join(', ')
  const pieces = [...new Set(carrying.flatMap((each) => each.unsaid))]
  const shown = pieces.slice(0, 3).map((piece) => JSON.stringify(piece))
  if (pieces.length > 3) shown.push(`${pieces.length - 3} more`)
  return `${names} carries ${shown.join(', ')}, which you did not say`
}

function unreadReason({ to }: PolicyRequest): string {
  const whom = to.length === 1 ? `${to[0]}` : `all of ${to.join(', ')}`
  return `what it carries was not meant for ${whom}`
}

function isPower({ effect }: PolicyRequest): boolean {
  return ['execute', 'grant', 'admin'].includes(effect)
}

function powerReason({ effect }: PolicyRequest): string {
  return `a call that can ${effect} always needs a second proof that it is you`
}

/** `web:example.org` and the like, as people say it. */
export function nameSources(sources: readonly string[]): string {
  const foreign = sources.filter((source) => source !== 'owner' && source !== 'system')
  const shown = foreign.slice(0, 3).map(nameSource)
  if (foreign.length > 3) shown.push(`${foreign.length - 3} more`)
  return shown.join(', ') || 'you'
}

const sourceClasses: Readonly<Record<string, string>> = {
  web: 'the web page',
  feed: 'the feed',
  mail: 'mail from',
  file: 'the file',
  repo: 'the repository',
  model: 'the model',
  plugin: 'the plugin',
  mcp: 'the MCP server',
  member: 'the member',
}

function nameSource(source: string): string {
  if (source === 'pasted') return 'text you pasted'
  if (source === 'unknown') return 'an unknown source'
  if (source === 'sealed') return 'an answer about sealed content'
  const colon = source.indexOf(':')
  const words = sourceClasses[source.slice(0, colon)]
  return words === undefined ? source : `${words} ${source.slice(colon + 1)}`
}
