/** The table of a question must show everything that will be passed. */
import { describe, expect, it } from 'vitest'
import {
  answerWords,
  argumentRows,
  pathInWords,
  placeInWords,
  principalInWords,
  valueKind,
  valueText,
} from './words.ts'

const told = [
  {
    path: '/url',
    role: 'target' as const,
    origin: 'foreign' as const,
    sources: ['web:a'],
    value: 'https://a',
  },
]

describe('argumentRows', () => {
  it('adds arguments that the decision does not tell of, as foreign', () => {
    const rows = argumentRows(told, { url: 'https://a', bcc: 'x@y' })
    expect(rows).toHaveLength(2)
    expect(rows[1]).toMatchObject({ path: 'bcc', value: 'x@y', origin: 'foreign', role: null })
  })

  it('adds nothing when nested paths cover an argument', () => {
    expect(argumentRows([{ ...told[0], path: '/to/0' } as (typeof told)[0]], { to: ['a'] })).toHaveLength(1)
  })

  it('is not fooled by an argument whose name holds a slash', () => {
    const rows = argumentRows([{ ...told[0], path: '/a~1b' } as (typeof told)[0]], { 'a/b': 1, a: 2 })
    expect(rows.map((r) => r.path)).toEqual(['/a~1b', 'a'])
  })
})

describe('words', () => {
  it('reads a pointer', () => {
    expect(pathInWords('/headers/0/na~1me')).toBe('headers › 0 › na/me')
  })

  it('tells where a value stands', () => {
    const place = {
      path: '/url',
      sources: [],
      entry: null,
      before: '',
      match: '',
      rest: 0,
      after: '',
      line: 8,
    }
    const told = [
      { ...place, words: true, skill: null, pointer: '' },
      { ...place, words: false, skill: null, pointer: '' },
      { ...place, words: false, skill: 'web.fetch', pointer: '/text' },
    ].map(placeInWords)
    expect(told).toEqual([
      'Your own message, line 8',
      'What you pasted, line 8',
      'What web.fetch gave, text, line 8',
    ])
  })

  it('tells the number from the text that looks like one', () => {
    expect([valueText(5), valueKind(5), valueText('5'), valueKind('5')]).toEqual(['5', 'number', '5', null])
  })

  it('tells who asks', () => {
    expect(principalInWords(['owner', 'agent:default', 'plugin:mail'])).toBe(
      'the plugin mail, for the agent default, for you',
    )
    const names = new Map([['member:1', 'Mia']])
    expect(principalInWords(['member:1', 'agent:default'], { me: 'owner', names })).toBe(
      'the agent default, for Mia',
    )
    expect(principalInWords(['member:1'], { me: 'member:1', names: new Map() })).toBe('you')
    expect(principalInWords(['owner'], { me: 'member:1', names: new Map() })).toBe('the owner')
    expect(principalInWords(['member:2'])).toBe('a member of the house')
  })
})

describe('answerWords', () => {
  it('say of nothing but a yes that it was approved', () => {
    const approved = Object.entries(answerWords).filter(([, words]) => words.startsWith('approved'))
    expect(approved.map(([state]) => state)).toEqual(['approved', 'consumed'])
  })
})
