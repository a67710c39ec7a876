/** The list of breaks as a page: what caught each, when and at which commit. */
import type { Break } from './breaks.ts'

/** What came of one break. */
export interface Tried {
  readonly caught: string | null
  readonly date: string
  readonly commit: string
}

/** RESULTS.md over all breaks; `tried` is null for one that was not run. */
export function writeResults(all: readonly (Break & { readonly tried: Tried | null })[]): string {
  const count = (holds: (each: Break & { tried: Tried | null }) => boolean) => all.filter(holds).length
  const caught = count(({ tried }) => tried !== null && tried.caught !== null)
  const byRedteam = count(({ tried }) => tried?.caught?.startsWith('red team') === true)
  const equal = count(({ tried, equivalent }) => tried?.caught == null && equivalent !== undefined)
  const missed = count(
    ({ tried, equivalent }) => tried !== null && tried.caught === null && equivalent === undefined,
  )
  const untried = count(({ tried, equivalent }) => tried === null && equivalent === undefined)
  const files = [...new Set(all.map(({ file }) => file))]
  const parts = files.map((file) => {
    const rows = all.filter((each) => each.file === file).map(rowOf)
    return `## ${file}\n\n| Rule that was broken | Caught by | Commit |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Mutation check

Each rule of the gate and of identity, broken by itself in a copy of the sources, and the first that caught it. Written by
\`node tests/mutation/main.ts\`; what stands in place of what is in \`tests/mutation/breaks.ts\`, \`more.ts\` and \`identity.ts\`.

${all.length} breaks: ${caught} caught (${caught - byRedteam} by a test, ${byRedteam} by the red team), ${equal} without effect (the reason
stands in their row), ${missed} unnoticed, ${untried} not run.

${parts.join('\n')}`
}

/** What an earlier page says, by file and rule, so that a run of some breaks keeps what is known of the others. */
export function readResults(page: string): ReadonlyMap<string, Tried> {
  const known = new Map<string, Tried>()
  let file = ''
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) file = line.slice(3)
    const [, rule, shown, commit, date] = /^\| (.*) \| (.*) \| (\w+), ([\d-]+) \|$/.exec(line) ?? []
    if (rule === undefined || shown === undefined || commit === undefined || date === undefined) continue
    const isCaught = shown !== '**nothing**' && !shown.startsWith('without effect: ')
    const caught = isCaught ? shown.replaceAll('\\|', '|') : null
    known.set(placeOf({ file, rule }), { caught, date, commit })
  }
  return known
}

/** Where a break stands in the page. */
export const placeOf = ({ file, rule }: { readonly file: string; readonly rule: string }): string =>
  `${file}: ${cell(rule)}`

function rowOf({ rule, tried, equivalent }: Break & { readonly tried: Tried | null }): string {
  const what = tried?.caught ?? (equivalent === undefined ? null : `without effect: ${equivalent}`)
  const shown = what ?? (tried === null ? 'not run' : '**nothing**')
  const commit = tried === null ? '' : `${tried.commit}, ${tried.date}`
  return `| ${cell(rule)} | ${cell(shown)} | ${commit} |`
}

function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
  return line.length > 180 ? `${line.slice(0, 179)}…` : line
}
