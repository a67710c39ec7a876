/** A decision in one or two plain sentences for the owner. Facts only: it never says more than the decision knew. */
import type { Decision } from '@castellan/contracts'
import { strongRoles } from '@castellan/contracts'
import type { PolicyRequest } from './decide.ts'
import type { TracedArgument } from './origin.ts'

type Outcome = Pick<Decision, 'decision' | 'factor' | 'rules'>

/** Why a call was allowed, needs a yes, or was refused. */
export function explainInWords(
  outcome: Outcome,
  request: PolicyRequest,
  traced: readonly TracedArgument[],
): string {
  if (outcome.decision === 'allow') {
    return request.approval === 'none'
      ? 'Allowed: every part of it is your own.'
      : 'Allowed by your approval.'
  }
  const reasons = reasonsFor(request, traced)
  const verb = outcome.decision === 'ask' ? 'It needs your yes' : 'It is refused'
  return reasons.length === 0 ? `${verb}: no rule allows it.` : `${verb}: ${reasons.join('; ')}.`
}

function reasonsFor(request: PolicyRequest, traced: readonly TracedArgument[]): string[] {
  const reasons: string[] = []
  const strong: readonly string[] = strongRoles
  for (const argument of traced) {
    if (argument.origin === 'foreign' && strong.includes(argument.role)) {
      reasons.push(`${argument.path.slice(1)} came from ${nameSources(argument.sources)}, not from you`)
    }
  }
  if (request.unread)
    reasons.push(`${request.to.join(', ')} would read what only you and your models may read`)
  if (['execute', 'grant', 'admin'].includes(request.effect)) {
    reasons.push(`a call that can ${request.effect} always needs a second proof that it is you`)
  }
  if (reasons.length === 0 && request.run.foreign) {
    reasons.push(`this conversation has read ${nameSources(request.run.sources)}, which may be steering it`)
  }
  return reasons
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
  const colon = source.indexOf(':')
  const words = sourceClasses[source.slice(0, colon)]
  return words === undefined ? source : `${words} ${source.slice(colon + 1)}`
}
