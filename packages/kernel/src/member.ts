/**
 * Whose words count in a call. A member of the house acts on their own behalf and among their own things: there their
 * words are what the owner's are elsewhere. In everybody else's calls they are one more stranger's.
 */
import type { FieldLabels, Label } from '@castellan/contracts'
import type { Call } from './call.ts'
import { label } from './label.ts'
import type { TracedArgument } from './origin.ts'

/** The call as its decision sees it: what the member on whose behalf it is made has written counts as the owner's. */
export function asOwners(call: Call): Call {
  const member = memberOf(call)
  if (member === null) return call
  const own = (each: Label) => renamed(each, member, 'owner')
  const { run, references } = call
  const { rest, results } = run
  return {
    ...call,
    ...(references === undefined ? {} : { references: mapped(references, own) }),
    run: {
      ...run,
      label: own(run.label),
      ...(rest === undefined ? {} : { rest: own(rest) }),
      ...(results === undefined
        ? {}
        : { results: results.map((each) => ({ ...each, labels: mapped(each.labels, own) })) }),
    },
  }
}

/** The arguments with the member named again, so that nothing a member's call keeps passes for the owner's later. */
export function asMembers(call: Call, traced: readonly TracedArgument[]): readonly TracedArgument[] {
  const member = memberOf(call)
  if (member === null) return traced
  const back = (each: Label) => renamed(each, 'owner', member)
  return traced.map((each) => ({
    ...each,
    sources: back(label(each.sources)).sources,
    label: back(each.label),
    labelForNamed: back(each.labelForNamed),
  }))
}

/** The member on whose behalf a call is made; null when it is the owner or the house. Only the outermost counts. */
function memberOf({ principal }: Call): string | null {
  const [first = ''] = principal
  return /^member:./u.test(first) ? first : null
}

function renamed(value: Label, from: string, to: string): Label {
  if (!value.sources.includes(from)) return value
  return label(
    value.sources.map((source) => (source === from ? to : source)),
    value.readers,
  )
}

function mapped(labels: FieldLabels, change: (each: Label) => Label): FieldLabels {
  return Object.fromEntries(Object.entries(labels).map(([path, each]) => [path, change(each)]))
}
