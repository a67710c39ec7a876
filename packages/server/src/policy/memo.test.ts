import { expect, it } from 'vitest'
import { remembering } from './memo.ts'

function counting() {
  const asked: string[] = []
  const answer = remembering((question: { text: string }) => {
    asked.push(question.text)
    return { text: question.text.toUpperCase() }
  })
  return { asked, answer }
}

it('asks once for the same question and again for another', () => {
  const { asked, answer } = counting()
  expect([answer({ text: 'a' }), answer({ text: 'b' }), answer({ text: 'a' })]).toEqual([
    { text: 'A' },
    { text: 'B' },
    { text: 'A' },
  ])
  expect(asked).toEqual(['a', 'b'])
})

it('keeps a limited number, and those that were asked for latest', () => {
  const { asked, answer } = counting()
  answer({ text: 'kept' })
  answer({ text: 'forgotten' })
  for (let n = 0; n < 254; n++) answer({ text: `${n}` })
  answer({ text: 'kept' })
  answer({ text: 'one more' })
  asked.length = 0
  answer({ text: 'kept' })
  answer({ text: 'forgotten' })
  expect(asked).toEqual(['forgotten'])
})

it('keeps no long question', () => {
  const { asked, answer } = counting()
  const text = 'x'.repeat(5000)
  answer({ text })
  answer({ text })
  expect(asked).toHaveLength(2)
})

it('hands out answers that nobody can change', () => {
  const { answer } = counting()
  expect(() => Object.assign(answer({ text: 'a' }), { text: 'b' })).toThrow(TypeError)
})
