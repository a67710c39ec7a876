import type { Json } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, hashOf } from './canonical.ts'

const anyJson = fc.jsonValue().filter((value) => JSON.stringify(value).isWellFormed()) as fc.Arbitrary<Json>

describe('canonical JSON', () => {
  test('spells the example of RFC 8785 as the RFC does', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test('sorts members by UTF-16 code units', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 }
    expect(Object.values(JSON.parse(canonicalJson(value).replace(/"1":4,/, '')))).toEqual([2, 6, 7, 1, 5, 3])
  })

  test('is the same for the same value, however its members are ordered', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const turned = JSON.parse(JSON.stringify(value), (_, each) =>
          typeof each === 'object' && each !== null && !Array.isArray(each)
            ? Object.fromEntries(Object.entries(each).reverse())
            : each,
        )
        expect(canonicalJson(turned)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('refuses half a surrogate pair, wherever it stands', () => {
    for (const value of ['\ud800', { '\udc00': 1 }, [['a\ud83d']]] as Json[]) {
      expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'bad_request' }))
    }
  })

  test('is not made of what is no JSON', () => {
    expect(() => canonicalJson(undefined as unknown as Json)).toThrow(TypeError)
  })
})

test('hashes are SHA-256 in hex', () => {
  expect(hashOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
})
