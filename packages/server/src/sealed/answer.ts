/** What the reader may answer: the form the planner asks for, what it costs, and whether an answer keeps to it. */
import type { Json } from '@castellan/contracts'
import * as z from 'zod'

const option = z.string().trim().min(1).max(80)

/** The form of an answer, as the planner asks for it. */
export const AnswerForm = z
  .strictObject({
    type: z.enum(['boolean', 'enum', 'integer', 'text']),
    options: z.array(option).min(2).max(64).optional().describe('For enum: the answers to choose from.'),
    min: z.int().optional().describe('For integer: the smallest answer.'),
    max: z.int().optional().describe('For integer: the largest answer.'),
  })
  .superRefine((form, context) => {
    const problem = problemOf(form)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
export type AnswerForm = z.infer<typeof AnswerForm>

function problemOf({
  type,
  options,
  min,
  max,
}: z.infer<z.ZodObject<typeof AnswerForm.shape>>): string | null {
  if ((options !== undefined) !== (type === 'enum')) return 'enum, and only enum, needs options'
  if (options !== undefined && new Set(options).size < options.length) return 'options must differ'
  if ((min !== undefined) !== (type === 'integer') || (max !== undefined) !== (type === 'integer'))
    return 'integer, and only integer, needs min and max'
  return min !== undefined && max !== undefined && min > max ? 'min must not be above max' : null
}

/** Whether answers of this form are shown to the planner at all, given the bits for it. */
export function isShown({ type }: AnswerForm): boolean {
  return type !== 'text'
}

/** Bits of sealed content that an answer of this form tells the planner; that there was none costs all that are left. */
export function bitsOf({ type, options, min, max }: AnswerForm): number {
  if (type === 'text') return 0
  if (type === 'boolean') return 1
  if (type === 'enum') return bitsFor(BigInt(options?.length ?? 0))
  return bitsFor(BigInt(max ?? 0) - BigInt(min ?? 0) + 1n)
}

/** How many bits tell `count` things apart, one at the least. */
function bitsFor(count: bigint): number {
  return Math.max(1, (count - 1n).toString(2).length)
}

const textCharacters = 8_000

/** The schema that an answer must keep to. */
export function answerSchema({ type, options, min, max }: AnswerForm): z.ZodType<Json> {
  if (type === 'boolean') return z.boolean()
  if (type === 'enum') return z.enum(options as [string, ...string[]])
  if (type === 'integer')
    return z
      .int()
      .min(min ?? 0)
      .max(max ?? 0)
  return z.string().max(textCharacters)
}

/** The answer in what the reader wrote, or undefined where that is anything else than what was asked for. */
export function readAnswer(form: AnswerForm, written: string): Json | undefined {
  const [, fenced] = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(written) ?? []
  try {
    const parsed = z.strictObject({ answer: answerSchema(form) }).safeParse(JSON.parse(fenced ?? written))
    return parsed.success ? parsed.data.answer : undefined
  } catch {
    return undefined
  }
}
