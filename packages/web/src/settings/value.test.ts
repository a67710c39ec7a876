/** What is typed into an option's field must mean what it says. */
import { describe, expect, it } from 'vitest'
import { editValue, parseValue, showValue } from './value.ts'

describe('parseValue', () => {
  it('reads whole numbers only', () => {
    expect(parseValue('integer', ' 30 ')).toEqual({ value: 30 })
    for (const text of ['', '3.5', '1e9', 'many', '0x10'])
      expect(parseValue('integer', text)).toHaveProperty('error')
  })

  it('reads lists by line or comma', () => {
    expect(parseValue('list', 'a, b\n\n c ')).toEqual({ value: ['a', 'b', 'c'] })
    expect(parseValue('list', '')).toEqual({ value: [] })
  })

  it('gives back what it showed for editing', () => {
    expect(parseValue('list', editValue(['a', 'b']))).toEqual({ value: ['a', 'b'] })
    expect(parseValue('duration', editValue('24h'))).toEqual({ value: '24h' })
  })
})

describe('showValue', () => {
  it('says in words what has no value', () => {
    expect([null, [], false, true].map((v) => showValue(v))).toEqual(['not set', 'none', 'no', 'yes'])
  })
})
