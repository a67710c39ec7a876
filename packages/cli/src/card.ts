/** A question as the terminal shows it: one sentence, every argument verbatim with its origin, what leaves, until when. */
import type { ArgumentView, QuestionView } from '@castellan/contracts'
import { styled, table } from './output.ts'
import { visible, visibleLine } from './visible.ts'

const seals = { owner: '●', located: '◐', foreign: '○' } as const

/** The card, line by line. Nothing is cut; what is invisible is drawn. */
export function cardLines(question: QuestionView): string[] {
  const leaves = question.leaves
  return [
    styled('bold', visibleLine(question.sentence)),
    ...table(question.arguments.map(argumentRow)).map((line) => `  ${line}`),
    ...question.arguments.filter(isLong).flatMap(longArgument),
    ...(leaves === null
      ? []
      : [
          `  leaves the house: ${leaves.what.map(visibleLine).join(', ')} → ${leaves.to.map(visibleLine).join(', ')}`,
        ]),
    `  why you are asked: ${visibleLine(question.why)}`,
    `  ${state(question)}`,
    styled('dim', `  id ${question.id}  skill ${question.skill}  effect ${question.effect}`),
  ]
}

function argumentRow(argument: ArgumentView): string[] {
  const from = argument.sources.length === 0 ? '' : ` (${argument.sources.map(visibleLine).join(', ')})`
  const value = isLong(argument) ? 'see below' : visibleLine(textOf(argument))
  return [argument.path, argument.role, `${seals[argument.origin]} ${argument.origin}${from}`, value]
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
