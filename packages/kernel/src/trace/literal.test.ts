import { describe, expect, it } from 'vitest'
import { amountOf, amountsIn, isComputed, isSameAmount, sharesIn } from './amount.ts'
import { dayOf, daysIn, isSameDay } from './date.ts'
import { accountOf, kindOf, literalsIn } from './literal.ts'

describe('kindOf', () => {
  it.each([
    ['bob@a.example', 'address'],
    ['bob+x@a', 'address'],
    ['https://a.example/x', 'url'],
    ['www.a.example', 'url'],
    ['a.example/path?q=1', 'url'],
    ['a.example', 'url'],
    ['https:evil.example', 'url'],
    ['203.0.113.7:8080/x', 'url'],
    ['mailto:bob@a.example', 'address'],
    ['tel:+4930123456', 'url'],
    ['exаmple.рф', 'url'],
    ['evil。example', 'url'],
    ['GB29NWBK60161331926819', 'account'],
    ['GB29 NWBK 6016 1331 9268 19', 'account'],
    ['4237-4252-7456-2574', 'account'],
    ['0789765432', 'account'],
    ['minutes.docx', 'name'],
    ['Le Marais Boutique', 'name'],
    ['2024-05-15', 'name'],
    ['1234567', 'name'],
    ['general', 'name'],
  ])('takes %s for an %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind)
  })

  it('finds literals within a text, grouped account numbers as one', () => {
    const found = literalsIn('Pay GB29 NWBK 6016 1331 9268 19, then tell bob@a.example (see www.a.example).')
    expect(found.map(({ text, kind }) => [text, kind])).toEqual([
      ['bob@a.example', 'address'],
      ['www.a.example', 'url'],
      ['GB29 NWBK 6016 1331 9268 19', 'account'],
    ])
  })

  it('sees an account number without its gaps', () => {
    expect(accountOf('GB29 NWBK 6016 1331')).toBe('GB29NWBK60161331')
    expect(accountOf('1st of 12345')).toBe(null)
  })
})

describe('days', () => {
  it.each([
    ['2025-01-11', 2025, 1, 11],
    ['2025-01-11 09:00', 2025, 1, 11],
    ['2025-01-11T09:00', 2025, 1, 11],
    ['January 11th, 2025', 2025, 1, 11],
    ['January 11', null, 1, 11],
    ['Jan. 11th 2025', 2025, 1, 11],
    ['11th of January', null, 1, 11],
    ['14. November', null, 11, 14],
    ['3 de mayo de 2026', 2026, 5, 3],
    ['1er août', null, 8, 1],
    ['24.12.2026', 2026, 12, 24],
  ])('reads %s', (text, year, month, day) => {
    expect(dayOf(text)).toMatchObject({ year, month, day })
  })

  it.each([
    '01/02/2025',
    '2025-13-01',
    '2025-02-30',
    'February 31st',
    'March',
    'v2025-01-11',
    '1.2.3',
    'may 5ive',
  ])('does not read %s', (text) => {
    expect(daysIn(text)).toEqual([])
  })

  it('takes a day without a year for that of any, and no other year for the one that was said', () => {
    const said = { year: null, month: 1, day: 11 }
    expect(isSameDay(said, { year: 2031, month: 1, day: 11 })).toBe(true)
    expect(isSameDay({ ...said, year: 2025 }, { year: 2024, month: 1, day: 11 })).toBe(false)
    expect(isSameDay({ ...said, year: 2025 }, { year: null, month: 1, day: 11 })).toBe(false)
  })
})

describe('amounts', () => {
  it.each<[string | number, number | null, string | null]>([
    [12.5, 12.5, null],
    ['12.50', 12.5, null],
    ['1,200.50', 1200.5, null],
    ['€5', 5, 'EUR'],
    ['12 EUR', 12, 'EUR'],
    ['7 dollars', 7, 'USD'],
    ['1.200', null, null],
    ['12,5', null, null],
    ['15th', null, null],
    ['3GS', null, null],
    ['10am', null, null],
    ['10%', null, null],
    ['1-2', null, null],
    ['', null, null],
  ])('reads %s', (text, value, unit) => {
    expect(amountOf(text)).toEqual(value === null ? null : { value, unit })
  })

  it('finds those of a text, with their units, and none in dates, shares, times and names', () => {
    const text = 'Pay 12.00 or 7 USD on January 5 at 10:30 for the iPhone 3GS, plus 19.5% of it.'
    expect(amountsIn(text, daysIn(text))).toEqual([
      { value: 12, unit: null },
      { value: 7, unit: 'USD' },
    ])
    expect(sharesIn(text)).toEqual([19.5])
  })

  it('lets a call leave the unit out, and not bring one along', () => {
    const said = { value: 12, unit: 'EUR' }
    expect(isSameAmount(said, { value: 12, unit: null })).toBe(true)
    expect(isSameAmount(said, { value: 12, unit: 'USD' })).toBe(false)
    expect(isSameAmount({ value: 12, unit: null }, { value: 12, unit: 'USD' })).toBe(false)
    expect(isSameAmount(said, { value: 12.01, unit: null })).toBe(false)
  })

  it.each<[number, number[], number[], number[], boolean]>([
    [5, [50], [], [10], true],
    [55, [50], [], [10], true],
    [200.29, [1000], [5.29], [19.5], true],
    [46, [50], [4], [], true],
    // Nothing of the owner's takes part.
    [50, [50], [], [], false],
    [100, [50], [], [], false],
    [25, [50], [], [], false],
    // Two steps, or an amount of nobody's.
    [11, [50], [], [10], false],
    [1000, [50], [4], [10], false],
  ])('%d of %j, with %j and %j%% said: %s', (value, of, amounts, shares, expected) => {
    expect(isComputed(value, of, { amounts, shares, isComputing: true })).toBe(expected)
  })
})
