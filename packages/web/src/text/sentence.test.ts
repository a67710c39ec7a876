/** Texts made for a terminal must read well on a page. */
import { expect, it } from 'vitest'
import { outcomeInWords, sentence } from './sentence.ts'

it.each([
  ['the clock is plausible', 'The clock is plausible.'],
  ['ADMIN_PASSWORD is set.', 'ADMIN_PASSWORD is set.'],
  ['castellan.yaml has no persona', 'castellan.yaml has no persona.'],
  ['run `castellan open`', 'Run `castellan open`.'],
  ['is it running?', 'Is it running?'],
  ['', ''],
])('makes a sentence of %j', (text, made) => {
  expect(sentence(text)).toBe(made)
})

it('reads outcomes', () => {
  expect(['done:success', 'failed:too_large', 'unknown'].map(outcomeInWords)).toEqual([
    'done',
    'failed (too large)',
    'unknown',
  ])
})
