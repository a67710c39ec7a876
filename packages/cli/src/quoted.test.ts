import { expect, it } from 'vitest'
import { quoted } from './quoted.ts'

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
