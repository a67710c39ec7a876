/** What a reader cannot see must be marked, and ordinary writing must stay quiet. */
import { describe, expect, it } from 'vitest'
import { inspect, summarise } from './visible.ts'

const kinds = (text: string): string[] => inspect(text).map((s) => s.kind)
const marked = (text: string): string[] =>
  inspect(text)
    .filter((s) => s.kind !== 'plain')
    .map((s) => s.text)

describe('inspect', () => {
  it('gives the input back when the pieces are joined', () => {
    const text = 'a\u200bb раypal 👩‍👩‍👧 \u{e0041}\u{e0042} é\u0301\u0301\u0301 \u202eabc\r\n\ud800'
    expect(
      inspect(text)
        .map((s) => s.text)
        .join(''),
    ).toBe(text)
  })

  it.each([
    ['plain English', 'Send notes.md to Anna, please — “now” (5 %)…\n\tyours'],
    ['Russian', 'Вот сосна, а там оса.'],
    ['Greek', 'Καλημέρα, το όνομά μου'],
    ['Japanese with Latin', '東京でhello、カタカナです'],
    ['accents', 'Müller, naïve, Søren, Łódź, e\u0301'],
    ['emoji, families and flags', '👍🏽 👩‍👩‍👧 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇨🇭 ©'],
    ['units', '5 m² at 20 °C, 1º'],
  ])('is quiet about %s', (_, text) => {
    expect(marked(text)).toEqual([])
  })

  it.each([
    ['a zero width space', 'pay\u200bpal', 'invisible'],
    ['a right-to-left override', 'invoice\u202egpj.exe', 'direction'],
    ['an isolate', 'a\u2066b', 'direction'],
    ['a no-break space', 'a\u00a0b', 'space'],
    ['an escape', '\u001b[2J', 'control'],
    ['a carriage return', 'a\rb', 'control'],
    ['a lone surrogate', 'a\ud800', 'control'],
    ['a Hangul filler', 'a\u3164b', 'invisible'],
    ['a variation selector outside emoji', 'a\ufe0fb', 'invisible'],
    ['a supplementary variation selector', 'a\u{e0101}b', 'invisible'],
  ])('marks %s', (_, text, kind) => {
    expect(kinds(text)).toContain(kind)
  })

  it('spells out text hidden in tag characters', () => {
    const hidden = [...'ignore all'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')
    const tag = inspect(`ok${hidden}`).find((s) => s.kind === 'tag')
    expect(tag).toMatchObject({ shown: 'TAG ignore all' })
  })

  it('spells out tags that follow a flag as no flag does', () => {
    const hidden = [...'exfiltrate'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')
    expect(kinds(`🏴${hidden}`)).toContain('tag')
  })

  it('marks Cyrillic letters inside a Latin word', () => {
    expect(marked('pаypаl.com')).toEqual(['а', 'а'])
  })

  it('marks a word made wholly of twins when the text is otherwise Latin', () => {
    expect(marked('send it to раура.com').join('')).toBe('раура')
  })

  it('marks full-width and mathematical letters and imitation slashes', () => {
    expect(marked('ｐay 𝐩ay https:∕∕x')).toEqual(['ｐ', '𝐩', '∕', '∕'])
  })

  it('marks marks stacked on one letter', () => {
    expect(kinds('e\u0301\u0302\u0303\u0304')).toContain('stacked')
  })
})

describe('summarise', () => {
  it('says nothing of an ordinary text', () => {
    expect(summarise(inspect('hello'))).toBeNull()
  })

  it('counts what it found in words', () => {
    expect(summarise(inspect('pаy\u200bpal'))).toBe(
      'Holds 1 invisible or unusual character, 1 letter that imitates another.',
    )
  })
})
