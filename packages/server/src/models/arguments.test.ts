import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'

describe('readArguments', () => {
  it.each([
    ['', {}],
    ['  ', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":"\\\\u0000 as text"}', { a: '\\u0000 as text' }],
  ])('reads %j', (input, args) => expect(readArguments(input)).toEqual({ args }))

  it.each([
    '{"a":',
    '[1]',
    '"text"',
    'null',
    '{"a":"\\u0000"}',
    '{"a":"\\ud83c"}',
    `${'{"a":'.repeat(99)}1${'}'.repeat(99)}`,
  ])('keeps %j as text and says what is wrong', (input) =>
    expect(readArguments(input)).toEqual({ args: input, problem: expect.stringMatching(/^The arguments /) }),
  )
})
