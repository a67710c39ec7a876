/** Texts made for a terminal must read well on a page. */
import { expect, it } from 'vitest'
import { outcomeInWords, sentence } from './sentence.ts'

it('begins a sentence with a capital, and leaves names and commands alone', () => {
  expect(sentence('the clock is plausible')).toBe('The clock is plausible')
  expect(sentence('ADMIN_PASSWORD is set')).toBe('ADMIN_PASSWORD is set')
  expect(sentence('castellan.yaml has no persona')).toBe('castellan.yaml has no persona')
  expect(sentence('78430 MB are free')).toBe('78430 MB are free')
  expect(sentence('`castellan open` makes one')).toBe('`castellan open` makes one')
  expect(sentence('')).toBe('')
})

it('reads outcomes', () => {
  expect(['done:success', 'failed:too_large', 'unknown'].map(outcomeInWords)).toEqual([
    'done',
    'failed (too large)',
    'unknown',
  ])
})
