/** `sealed.reveal` and `sealed.ask`: the two ways in which sealed content reaches the planner, whole or by a few bits. */
import { CastellanError, type Json, type Label } from '@castellan/contracts'
import { join, joinAll, systemLabel, unknownLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, type SkillResult, skill } from '../invoke/index.ts'
import type { Prompt } from '../models/types.ts'
import { AnswerForm, bitsOf, isShown, readAnswer } from './answer.ts'
import { labelUnder } from './pointer.ts'
import { readerPrompt } from './reader.ts'
import { handleIn } from './reference.ts'
import type { Result } from './view.ts'

/** Names of the skills; they act on what the planner may not read. */
export const revealName = 'sealed.reveal'
export const askName = 'sealed.ask'

/** Whether a skill takes handles instead of what they stand for. */
export function isOnSeals(skill: string): boolean {
  return skill === revealName || skill === askName
}

/** What the run hands these skills by way of the gate. */
export interface Seals {
  /** The value under a handle of this conversation. Rejects with `not_found`. */
  value(handle: string): Promise<Result>
  /** Whether the planner's model may read it at all. */
  mayReveal(label: Label): Promise<boolean>
  /** What the reader writes, asked through the gate; null when it cannot say anything. `attempt` counts from 0. */
  read(prompt: Prompt, label: Label, attempt: number): Promise<string | null>
  /** Bits of sealed content that the run's planner may still be told. */
  readonly bitsLeft: number
}

const handle = z.string().min(1).max(400)

const RevealArgs = z.strictObject({ handle: handle.describe('The sealed value, e.g. web_17.text.') })

/** Makes `sealed.reveal`. */
export function sealedReveal(): AnySkill {
  return skill<z.infer<typeof RevealArgs>>({
    name: revealName,
    summary:
      'Read a sealed value yourself. From then on this conversation counts as steered by it, and the owner is asked more often: ask about it or pass it on instead, where that will do.',
    effect: 'read',
    args: RevealArgs,
    roles: { handle: 'object' },
    output: () => unknownLabel,
    branches: ['success'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    says: (args) => `read what is sealed as ${args.handle}`,
    async run(args, { outgoing }) {
      const seals = outgoing as Seals
      const found = await seals.value(named(args.handle))
      if (!(await seals.mayReveal(labelUnder(found.labels, ''))))
        throw new CastellanError(
          'refused',
          'This value is private and stays from the model that asks for it.',
          {
            hint: 'Pass it on by reference, or ask about it: a model on this machine may read it.',
          },
        )
      return { branch: 'success', value: found.value, labels: found.labels }
    },
  })
}

const AskArgs = z.strictObject({
  from: z.array(handle).min(1).max(8).describe('The sealed values to look into, e.g. ["web_17.text"].'),
  question: z.string().trim().min(1).max(2_000).describe('One question about them.'),
  answer: AnswerForm.describe(
    'The form of the answer. boolean, enum and integer are shown to you; text stays sealed.',
  ),
})
type AskArgs = z.infer<typeof AskArgs>

/** Two model calls, each of which has a deadline of its own. */
const askDeadlineMs = 31 * 60_000

/** Makes `sealed.ask`. */
export function sealedAsk(): AnySkill {
  return skill<AskArgs>({
    name: askName,
    summary:
      'Have a reader look into sealed values and answer one question. A yes or no, a choice or a number is shown to you; a text (a summary, a quote, an address) stays sealed under a handle of its own that you can pass on.',
    effect: 'read',
    args: AskArgs,
    roles: { from: 'object', question: 'content', answer: 'option' },
    output: () => unknownLabel,
    platform: ['/answer', '/bits', '/bits_left', '/note'],
    shape: ['/text', '/value'],
    unsized: true,
    branches: ['success', 'unanswered', 'budget_spent'],
    repeat: 'safe',
    deadlineMs: askDeadlineMs,
    perMinute: 120,
    says: ({ from }) => `ask a question about ${from.join(', ')}`,
    run: async (args, { outgoing }) => ask(args, outgoing as Seals),
  })
}

async function ask(args: AskArgs, seals: Seals): Promise<SkillResult> {
  const material: Result[] = []
  for (const each of args.from) material.push(await seals.value(named(each)))
  const label = joinAll(material.map((each) => labelUnder(each.labels, '')))
  const prompt = readerPrompt(
    args.question,
    args.answer,
    material.map((each) => each.value),
  )
  let answer: Json | undefined
  for (let attempt = 0; attempt < 2 && answer === undefined; attempt++) {
    const written = await seals.read(prompt, label, attempt)
    answer = written === null ? undefined : readAnswer(args.answer, written)
  }
  return answered(args.answer, answer, label, seals.bitsLeft)
}

/** What comes of an answer. Where it stays sealed, nothing may tell whether there was one. */
function answered(form: AnswerForm, answer: Json | undefined, label: Label, bitsLeft: number): SkillResult {
  const labels = { '': { ...systemLabel, readers: label.readers } }
  const own = join(label, systemLabel)
  if (!isShown(form))
    return { branch: 'success', value: { text: answer ?? '' }, labels: { ...labels, '/text': own } }
  const bits = bitsOf(form)
  if (bits > bitsLeft) {
    const note = `The answer stays sealed: it would tell ${bits} bits, and this run has ${bitsLeft} left.`
    const value = { value: answer ?? '', bits: 0, bits_left: bitsLeft, note }
    return { branch: 'budget_spent', value, labels: { ...labels, '/value': own } }
  }
  // None is one answer more than the bits pay for. It may come once in a run, and not beside each of the others.
  if (answer === undefined) return { branch: 'unanswered', value: { bits: bitsLeft, bits_left: 0 }, labels }
  const value = { answer, bits, bits_left: bitsLeft - bits }
  return { branch: 'success', value, labels: { ...labels, '/answer': own } }
}

function named(text: string): string {
  const found = handleIn(text)
  if (found === null)
    throw new CastellanError('bad_request', `${JSON.stringify(text)} is no sealed value.`, {
      hint: 'Use the handle as it was given, e.g. web_17.text.',
    })
  return found
}

/** Bits of sealed content that a result of `sealed.ask` has told the planner. */
export function bitsIn(skill: string, value: Json): number {
  if (skill !== askName || value === null || typeof value !== 'object' || Array.isArray(value)) return 0
  return typeof value['bits'] === 'number' ? value['bits'] : 0
}
