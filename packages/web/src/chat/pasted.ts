/**
 * Which parts of the text being written were pasted. The ranges follow every edit; where it cannot be known who wrote
 * something, it counts as pasted. Pure.
 */
import type { TextRange } from '@castellan/contracts'

/** A message as it is written: ranges of `pasted` in order, none over another. */
export interface Message {
  readonly text: string
  readonly pasted: readonly TextRange[]
}

/** Nothing written yet. */
export const empty: Message = { text: '', pasted: [] }

/** How text came in, by the input event's own word for it. Every way that is not known to be typing counts as pasting. */
const typing: ReadonlySet<string> = new Set([
  'insertText',
  'insertLineBreak',
  'insertParagraph',
  'insertCompositionText',
  'insertFromComposition',
  'insertReplacementText',
  'insertTranspose',
])

/** The message after its text has become `text`. `caret` is where the caret then stands, `how` the event's input type. */
export const edited = (before: Message, text: string, caret: number, how: string): Message => {
  const { from, to, length } = changeOf(before.text, text, caret)
  const isPaste = length > 0 && !typing.has(how) && !how.startsWith('delete')
  const grows = (range: TextRange) => !isPaste && range.from < from && to < range.to
  const grown = length - (to - from)
  const kept = before.pasted.flatMap((range) => {
    // Typed in the middle of a paste it joins it: whoever reads the two takes them for one text.
    if (grows(range)) return [{ from: range.from, to: range.to + grown }]
    const left = { from: range.from, to: Math.min(range.to, from) }
    const right = { from: Math.max(range.from, to) + grown, to: range.to + grown }
    return [left, right]
  })
  return { text, pasted: merged(isPaste ? [...kept, { from, to: from + length }] : kept) }
}

/** The message with the range at this place taken for the owner's own words. */
export const owned = (message: Message, place: number): Message => ({
  ...message,
  pasted: message.pasted.filter((_, n) => n !== place),
})

/** The message as it is sent: without the white space around it. */
export const trimmed = ({ text, pasted }: Message): Message => {
  const cut = text.length - text.trimStart().length
  const short = text.trim()
  const within = (at: number) => Math.min(Math.max(at - cut, 0), short.length)
  return {
    text: short,
    pasted: merged(pasted.map(({ from, to }) => ({ from: within(from), to: within(to) }))),
  }
}

/** A text in pieces, in order. */
export const pieces = ({ text, pasted }: Message): { text: string; isPasted: boolean; at: number }[] => {
  const bounds = [...pasted, { from: text.length, to: text.length }]
  return bounds
    .flatMap(({ from, to }, n) => {
      const at = bounds[n - 1]?.to ?? 0
      return [
        { text: text.slice(at, from), isPasted: false, at },
        { text: text.slice(from, to), isPasted: true, at: from },
      ]
    })
    .filter((piece) => piece.text !== '')
}

/** What was replaced and by how much. Text behind the caret was there before, so that repeated letters tell no lie. */
const changeOf = (before: string, after: string, caret: number) => {
  const tail = after.slice(caret)
  const isAtCaret = before.endsWith(tail)
  const suffix = isAtCaret ? tail.length : commonEnd(before, after)
  const most = Math.min(before.length, after.length) - suffix
  let from = 0
  while (from < most && before[from] === after[from]) from++
  return { from, to: before.length - suffix, length: after.length - suffix - from }
}

const commonEnd = (a: string, b: string): number => {
  let length = 0
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length])
    length++
  return length
}

const merged = (ranges: readonly TextRange[]): TextRange[] => {
  const result: TextRange[] = []
  const real = ranges.filter(({ from, to }) => from < to)
  for (const range of real.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || range.from > last.to) result.push({ ...range })
    else last.to = Math.max(last.to, range.to)
  }
  return result
}
