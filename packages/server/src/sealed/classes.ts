/** Classes of sources in plain words: all that the planner is told of where a sealed value comes from. */
import type { Label } from '@castellan/contracts'
import { foreignSources } from '@castellan/kernel'

const words: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  web: 'web page',
  mail: 'mail',
  feed: 'feed',
  file: 'file',
  repo: 'repository',
  plugin: 'plugin',
  mcp: 'MCP server',
  model: 'model',
  member: 'member',
  pasted: 'pasted text',
})

/** The class of a label's foreign sources, e.g. `web page`. A source's own name is foreign text, and stays out of it. */
export function classOf(label: Label): string {
  const classes = foreignSources(label).map(
    (source) => words[source.split(':', 1)[0] ?? ''] ?? 'unknown source',
  )
  return [...new Set(classes)].sort().join(', ')
}
