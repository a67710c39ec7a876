/** A question as the terminal shows it: one sentence, every argument verbatim with its origin, what leaves, until when. */
import type { ArgumentView, Place, QuestionView } from '@castellan/contracts'
import { styled, table } from './output.ts'
import { visible, visibleLine } from './visible.ts'

const seals = { owner: '●', located: '◐', foreign: '○' } as const

/** The card, line by line. Nothing is cut; what is invisible is drawn. */
export function cardLines(question: QuestionView): string[] {
  return question.kind === 'pause' ? pauseLines(question) : callLines(question)
}

/** A pause has nothing to say yes to: only what was asked so far, and how to stop or go on. */
function pauseLines(question: QuestionView): string[] {
  return [
    styled('bold', visibleLine(question.sentence)),
    `  ${visibleLine(question.why)}`,
    `  ${state(question)}`,
    ...(question.state === 'open'
      ? [
          `  to stop the run:  castellan approvals deny ${question.id}`,
          `  to let it go on:  castellan approvals approve ${question.id} --go-on`,
        ]
      : []),
    styled('dim', `  id ${question.id}  run ${question.run}`),
  ]
}

function callLines(question: QuestionView): string[] {
  const leaves = question.leaves
  return [
    styled('bold', visibleLine(question.sentence)),
    ...table(question.arguments.map(argumentRow)).map((line) => `  ${line}`),
    ...question.arguments.filter(isLong).flatMap(longArgument),
    ...question.places.map(placeLine),
    ...newsLines(question),
    ...(leaves === null
      ? []
      : [
          `  leaves the house: ${leaves.what.map(visibleLine).join(', ')} → ${leaves.to.map(visibleLine).join(', ')}`,
          `  ${readers(leaves.readers)}`,
        ]),
    `  why you are asked: ${visibleLine(question.why)}`,
    ...endorsingLines(question),
    `  ${state(question)}`,
    styled('dim', `  id ${question.id}  skill ${question.skill}  effect ${question.effect}`),
  ]
}

function argumentRow(argument: ArgumentView): string[] {
  const sources = shownSources(argument)
  const from = sources.length === 0 ? '' : ` (${sources.map(visibleLine).join(', ')})`
  const value = isLong(argument) ? 'see below' : visibleLine(textOf(argument))
  return [argument.path, argument.role, `${seals[argument.origin]} ${argument.origin}${from}`, value]
}

/** Of a foreign argument only whose it is besides the owner's; else nobody could tell why it is foreign. */
function shownSources({ origin, sources, endorsed }: ArgumentView): string[] {
  const own = sources.filter((source) => origin !== 'foreign' || (source !== 'owner' && source !== 'system'))
  return endorsed === true ? [...own, 'you called it right'] : own
}

function placeLine({ path, words, skill, pointer, line, before, match, rest, after }: Place): string {
  const where = words
    ? 'your own message'
    : skill === null
      ? 'what you pasted'
      : `what ${skill} gave${pointer === '' ? '' : `, ${pointer}`}`
  const more = rest > 0 ? ` (${rest} more characters of it)` : ''
  const flat = (text: string) => visibleLine(text.replace(/\s+/g, ' '))
  const shown = `${flat(before)}${styled('bold', `»${flat(match)}«`)}${more}${flat(after)}`
  return `  ${visibleLine(path)} stands in ${visibleLine(where)}, line ${line}: ${shown}`
}

function newsLines({ fresh, skill }: QuestionView): string[] {
  const targets = fresh.targets.map(({ value, resembles }) => {
    const like =
      resembles === null
        ? ''
        : `; it looks like ${visibleLine(resembles)}, which you know, and is not the same`
    return `  new: never done before with ${visibleLine(value)}${like}`
  })
  return fresh.skill ? [...targets, `  new: the first use of ${skill}`] : targets
}

function readers(who: NonNullable<QuestionView['leaves']>['readers']): string {
  if (who === 'everyone') return 'it is no secret: anyone may read it already'
  const others = who.filter((reader) => reader !== 'owner').map(visibleLine)
  return `so far ${['you', ...others].join(', ')} may read it; whoever is reached may keep it`
}

function endorsingLines({ endorsable, endorsed, state }: QuestionView): string[] {
  if (endorsed.length > 0)
    return [`  called right for the rest of the run: ${endorsed.map(visibleLine).join(', ')}`]
  if (endorsable === null || state !== 'open') return []
  const flags = endorsable.paths.map((path) => `--endorse ${visibleLine(path.slice(1))}`).join(' ')
  const then = endorsable.lasting
    ? 'then the next call like it is not asked about'
    : `it will still ask: ${visibleLine(endorsable.why ?? '')}`
  return [`  approve with ${flags} to call it right for the rest of this run; ${then}`]
}

function longArgument(argument: ArgumentView): string[] {
  const lines = visible(textOf(argument)).split('\n')
  return [`  ${argument.path}:`, ...lines.map((line) => `  │ ${line}`)]
}

function isLong(argument: ArgumentView): boolean {
  const text = textOf(argument)
  return text.length > 100 || text.includes('\n')
}

function textOf({ value }: ArgumentView): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function state(question: QuestionView): string {
  const until = new Date(question.expires_at).toLocaleString()
  if (question.state === 'open') return `if you do nothing it is not done; open until ${until}`
  const by =
    question.decided_by === null ? '' : ` by ${question.decided_by} via ${question.decided_via ?? 'unknown'}`
  return `${question.state}${by}`
}
