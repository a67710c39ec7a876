import { expect, it } from 'vitest'
import { Numbering, quotations, quoted } from './quoted.ts'

const label = { sources: ['owner', 'web:evil.example'], readers: 'everyone' as const }

it('a reply is printed with what its references stand for below it, set in and with its source', () => {
  const values = [{ ref: 'web_17.text', text: 'one\nerror: two\u001b[2J', label }]
  expect(quoted('It says: {{ web_17.text }}, or {{other}}.', values)).toBe(
    'It says: [1], or {{other}}.\n\n[1] quoted from web:evil.example:\n    one\n    error: two‹U+001B›[2J',
  )
})

it('a reply without any is printed as it is', () => {
  expect(quoted('Hello.', [])).toBe('Hello.')
})

it('a streamed reply shows the same numbers, wherever its pieces are cut', () => {
  const reply = 'It says {{ web_17.text }} and { {{other}} and {{web_17.text}}, {'
  const values = [{ ref: 'web_17.text', text: 'one', label }]
  for (const length of [1, 3, 100]) {
    const numbering = new Numbering()
    let shown = ''
    for (let at = 0; at < reply.length; at += length) shown += numbering.add(reply.slice(at, at + length))
    expect(shown + numbering.end()).toBe('It says [1] and { [2] and [1], {')
    expect(quotations(values, numbering.refs)).toEqual([
      ...['', '[1] quoted from web:evil.example:', '    one'],
      ...['', '[2] {{other}} stands for nothing'],
    ])
  }
})
