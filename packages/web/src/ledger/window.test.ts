/** Ten thousand rows must scroll with a few dozen drawn, and the heights must always add up. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowOf } from './window.ts'

describe('windowOf', () => {
  it('draws a few dozen of ten thousand', () => {
    const window = windowOf(10_000, 40, 200_000, 800)
    expect(window.from).toBeLessThanOrEqual(5_000)
    expect(window.to).toBeGreaterThanOrEqual(5_020)
    expect(window.to - window.from).toBeLessThan(60)
  })

  it('keeps the whole height whatever the position', () => {
    fc.assert(
      fc.property(
        fc.nat(20_000),
        fc.nat(1_000_000),
        fc.integer({ min: 1, max: 2_000 }),
        (count, top, height) => {
          const { from, to, above, below } = windowOf(count, 30, top, height)
          expect(above + (to - from) * 30 + below).toBe(count * 30)
          expect(below).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})
