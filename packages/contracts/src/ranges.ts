/** Parts of a text, as a message marks what was pasted into it. */
import * as z from 'zod'

/** A part of a text in UTF-16 units; `to` is the first unit behind it. */
export const TextRange = z.strictObject({ from: z.int().min(0), to: z.int().min(1) })
export type TextRange = z.infer<typeof TextRange>

/** Parts of one text: none empty, in order, none over another. */
export const TextRanges = z
  .array(TextRange)
  .max(1_000)
  .refine(areInOrder, 'ranges must be in order, none empty, none over another')
export type TextRanges = z.infer<typeof TextRanges>

function areInOrder(ranges: readonly TextRange[]): boolean {
  return ranges.every(({ from, to }, n) => from < to && from >= (ranges[n - 1]?.to ?? 0))
}

/** A text without the white space around it, and its ranges with it. */
export function trimRanges(
  text: string,
  ranges: readonly TextRange[],
): { text: string; ranges: TextRange[] } {
  const trimmed = text.trim()
  const cut = text.length - text.trimStart().length
  const within = (at: number) => Math.min(Math.max(at - cut, 0), trimmed.length)
  const moved = ranges.map(({ from, to }) => ({ from: within(from), to: within(to) }))
  return { text: trimmed, ranges: moved.filter(({ from, to }) => from < to) }
}
