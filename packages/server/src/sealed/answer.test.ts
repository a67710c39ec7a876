import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { AnswerForm, bitsOf, isShown, readAnswer } from './answer.ts'

it.each([
  [{ type: 'boolean' }, 1],
  [{ type: 'enum', options: ['a', 'b', 'c'] }, 2],
  [{ type: 'enum', options: Array.from({ length: 64 }, (_, n) => `${n}`) }, 6],
  [{ type: 'integer', min: 0, max: 255 }, 8],
  [{ type: 'integer', min: -1, max: 255 }, 9],
  [{ type: 'integer', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }, 54],
  // That there was an answer at all is worth a bit.
  [{ type: 'integer', min: 3, max: 3 }, 1],
  [{ type: 'text' }, 0],
])('%j tells %i bits', (form, bits) => {
  expect(bitsOf(AnswerForm.parse(form))).toBe(bits)
})

it.each([
  { type: 'enum' },
  { type: 'enum', options: ['a'] },
  { type: 'enum', options: ['a', 'a'] },
  { type: 'enum', options: ['a', ' a '] },
  { type: 'boolean', options: ['a', 'b'] },
  { type: 'integer', min: 1 },
  { type: 'integer', min: 2, max: 1 },
  { type: 'integer', min: 0, max: 2 ** 60 },
  { type: 'text', min: 0, max: 1 },
  { type: 'number' },
])('%j is no form of an answer', (form) => {
  expect(AnswerForm.safeParse(form).success).toBe(false)
})

it('an answer is taken in the form that was asked for, fenced or not, and in no other', () => {
  const yes = AnswerForm.parse({ type: 'boolean' })
  expect(readAnswer(yes, ' {"answer": true}\n')).toBe(true)
  expect(readAnswer(yes, '```json\n{"answer": false}\n```')).toBe(false)
  for (const text of [
    'true',
    '{"answer":"true"}',
    '{"answer":true}{"answer":true}',
    '{"answer":true,"b":1}',
    '[]',
    '',
  ])
    expect(readAnswer(yes, text)).toBeUndefined()
  const number = AnswerForm.parse({ type: 'integer', min: 1, max: 5 })
  expect([
    readAnswer(number, '{"answer":5}'),
    readAnswer(number, '{"answer":6}'),
    readAnswer(number, '{"answer":1.5}'),
  ]).toEqual([5, undefined, undefined])
})

it('an answer is one of the options, and within the range', () => {
  const choice = AnswerForm.parse({ type: 'enum', options: ['a', 'b'] })
  expect([readAnswer(choice, '{"answer":"a"}'), readAnswer(choice, '{"answer":"c"}')]).toEqual([
    'a',
    undefined,
  ])
  const number = AnswerForm.parse({ type: 'integer', min: 1, max: 5 })
  expect([readAnswer(number, '{"answer":1}'), readAnswer(number, '{"answer":0}')]).toEqual([1, undefined])
})

it('a text is the one form that is never shown', () => {
  const forms = [
    { type: 'boolean' },
    { type: 'enum', options: ['a', 'b'] },
    { type: 'integer', min: 1, max: 2 },
    { type: 'text' },
  ]
  expect(forms.map((form) => isShown(AnswerForm.parse(form)))).toEqual([true, true, true, false])
})

it('a text that goes on and on is no answer', () => {
  const form = AnswerForm.parse({ type: 'text' })
  const written = (length: number) => JSON.stringify({ answer: 'x'.repeat(length) })
  expect([readAnswer(form, written(8_000))?.toString().length, readAnswer(form, written(8_001))]).toEqual([
    8_000,
    undefined,
  ])
})

it('there are never more answers than the bits pay for', () => {
  const sizes = fc.integer({ min: 2, max: 64 })
  fc.assert(
    fc.property(sizes, (size) => {
      const options = Array.from({ length: size }, (_, n) => `option ${n}`)
      expect(2 ** bitsOf({ type: 'enum', options })).toBeGreaterThanOrEqual(size)
      expect(2 ** bitsOf({ type: 'integer', min: -7, max: size - 8 })).toBeGreaterThanOrEqual(size)
    }),
  )
})
