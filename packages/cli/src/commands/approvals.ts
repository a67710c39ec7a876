/** `castellan approvals`: what waits for a yes, and answering it. */
import { QuestionView } from '@castellan/contracts'
import type { Command } from 'commander'
import * as z from 'zod'
import { cardLines } from '../card.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say } from '../output.ts'
import { visibleLine } from '../visible.ts'

const Questions = z.object({ questions: z.array(QuestionView) })

/** Adds `approvals list|approve|deny`. */
export function addApprovals(program: Command): void {
  const group = program.command('approvals').description('what waits for you')
  act(leaf(group, 'list', 'lists open questions').option('--all', 'also those that were decided'), list)
  const yes = leaf(group, 'approve <id>', 'says yes to one question')
    .option(
      '--endorse <argument>',
      'an argument that is right for the rest of the run; may be repeated',
      each,
    )
    .option('--go-on', 'lets a paused run go on')
  act(yes, approve)
  const deny = leaf(group, 'deny <id>', 'says no to one question').option(
    '--reason <text>',
    'why, for the record',
  )
  act(deny, denyOne)
}

async function list(run: Run, options: { all?: boolean }): Promise<void> {
  const client = await run.client()
  const path = options.all === true ? '/api/questions' : '/api/questions?state=open'
  const { questions } = await client.get(path, Questions)
  if (run.json) return printJson({ questions })
  if (questions.length === 0) say('nothing waits for you')
  for (const question of questions) {
    for (const line of cardLines(question)) print(line)
    print('')
  }
}

async function approve(
  run: Run,
  id: string,
  options: { endorse?: readonly string[]; goOn?: boolean },
): Promise<void> {
  const client = await run.client()
  const endorse = options.endorse?.map((path) => (path.startsWith('/') ? path : `/${path}`))
  const decided = await client.send(
    'POST',
    `/api/questions/${await whole(run, id)}/approve`,
    {
      ...(endorse === undefined ? {} : { endorse }),
      ...(options.goOn === true ? { go_on: true } : {}),
    },
    QuestionView,
  )
  if (run.json) return printJson(decided)
  print(`${decided.kind === 'pause' ? 'goes on' : 'approved'}: ${visibleLine(decided.sentence)}`)
  if (decided.endorsed.length > 0)
    print(`right for the rest of this run: ${decided.endorsed.map(visibleLine).join(', ')}`)
}

async function denyOne(run: Run, id: string, options: { reason?: string }): Promise<void> {
  const client = await run.client()
  const body = options.reason === undefined ? {} : { reason: options.reason }
  const decided = await client.send('POST', `/api/questions/${await whole(run, id)}/deny`, body, QuestionView)
  if (run.json) return printJson(decided)
  print(`${decided.kind === 'pause' ? 'stopped' : 'denied'}: ${visibleLine(decided.sentence)}`)
}

/** Collects an option that may be given several times. */
function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Lets the first characters of an id stand for it, where they fit one open question only. */
async function whole(run: Run, id: string): Promise<string> {
  if (z.uuid().safeParse(id).success) return id
  const { questions } = await (await run.client()).get('/api/questions?state=open', Questions)
  const found = questions.filter((question) => question.id.startsWith(id))
  return found.length === 1 ? (found[0]?.id ?? id) : encodeURIComponent(id)
}
