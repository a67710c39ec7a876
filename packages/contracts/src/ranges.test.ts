import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxMessageCharacters, NewMessage } from './api.ts'

const at = (from: number, to: number) => ({ from, to })

describe('a message', () => {
  it.each([
    ['out of order', [at(3, 4), at(0, 1)]],
    ['one over another', [at(0, 3), at(2, 4)]],
    ['empty', [at(1, 1)]],
    ['turned round', [at(3, 1)]],
    ['beyond the text', [at(2, 9)]],
    ['half a unit', [at(0.5, 1)]],
    ['before the text', [at(-1, 1)]],
  ])('is refused with ranges that are %s', (_what, pasted) => {
    expect(NewMessage.safeParse({ text: 'hello', pasted }).success).toBe(false)
  })

  it.each(['', ' \n ', 'x'.repeat(maxMessageCharacters + 1)])('of no or too much text is refused', (text) => {
    expect(NewMessage.safeParse({ text }).success).toBe(false)
  })

  it('keeps over the same characters what was pasted, whatever white space is cut off', () => {
    const space = fc.stringMatching(/^[ \n\t]{0,4}$/)
    fc.assert(
      fc.property(
        space,
        fc.stringMatching(/^[a-z ]{0,8}x$/),
        fc.string(),
        space,
        (before, own, paste, after) => {
          const raw = `${before}${own}${paste}${after}`
          const from = before.length + own.length
          const pasted = paste === '' ? [] : [at(from, from + paste.length)]
          const { text, pasted: kept } = NewMessage.parse({ text: raw, pasted })
          expect(text).toBe(raw.trim())
          expect(kept.map((range) => text.slice(range.from, range.to)).join('')).toBe(
            paste.trimEnd() === '' ? '' : text.slice(own.trimStart().length),
          )
        },
      ),
    )
  })
})
