import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admit, type Breaker, closedBreaker, failuresToOpen, openMs, settle } from './breaker.ts'

const start = 1_700_000_000_000

function opened(at = start): Breaker {
  let breaker = closedBreaker
  for (let n = 0; n < failuresToOpen; n++) breaker = settle(breaker, false, at)
  return breaker
}

describe('a breaker', () => {
  it('opens after three failures in a row, for five minutes', () => {
    expect([failuresToOpen, openMs]).toEqual([3, 300_000])
    const twice = settle(settle(closedBreaker, false, start), false, start)
    expect(admit(twice, start).pass).toBe(true)
    const breaker = settle(twice, false, start)
    expect(admit(breaker, start)).toMatchObject({ pass: false, retryInMs: openMs })
    expect(admit(breaker, start + openMs - 1)).toMatchObject({ pass: false, retryInMs: 1 })
    expect(admit(breaker, start + openMs).pass).toBe(true)
  })

  it('forgets failures when a call succeeds in between', () => {
    let breaker = closedBreaker
    for (const end of [false, false, true, false, false]) breaker = settle(breaker, end, start)
    expect(admit(breaker, start).pass).toBe(true)
  })

  it('lets one probe through and holds back everyone else until that ends', () => {
    const probe = admit(opened(), start + openMs)
    expect(probe.pass).toBe(true)
    expect(admit(probe.breaker, start + openMs).pass).toBe(false)
    expect(admit(probe.breaker, start + 100 * openMs).pass).toBe(false)
  })

  it('closes when the probe succeeds and opens again at once when it fails', () => {
    const probe = admit(opened(), start + openMs).breaker
    expect(settle(probe, true, start + openMs)).toEqual(closedBreaker)
    const again = settle(probe, false, start + openMs + 7)
    expect(admit(again, start + openMs + 8)).toMatchObject({ pass: false, retryInMs: openMs - 1 })
    expect(admit(again, start + 2 * openMs + 7).pass).toBe(true)
  })

  it('is neither closed nor kept open longer by calls that began before it opened', () => {
    const breaker = opened()
    expect(settle(breaker, true, start + 1000)).toEqual(breaker)
    expect(settle(breaker, false, start + 1000)).toEqual(breaker)
  })

  it('does not wait out a clock that was set back', () => {
    const breaker = opened()
    const longAgo = start - 365 * 24 * 3_600_000
    const probe = admit(breaker, longAgo)
    expect(probe.pass).toBe(true)
    expect(admit(probe.breaker, longAgo).pass).toBe(false)
    const again = settle(probe.breaker, false, longAgo)
    expect(admit(again, longAgo + openMs).pass).toBe(true)
  })

  it('never names a wait longer than one full pause, and never passes two probes, whatever the clock does', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), by: fc.integer({ min: -openMs * 3, max: openMs * 3 }) }),
      fc.record({ kind: fc.constant('end' as const), good: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let breaker = closedBreaker
        let now = start
        for (const each of events) {
          if (each.kind === 'end') {
            breaker = settle(breaker, each.good, now)
            continue
          }
          now += each.by
          const wasOpen = breaker.openedAt !== null
          const wasProbing = breaker.probing
          const admitted = admit(breaker, now)
          expect(admitted.retryInMs).toBeLessThanOrEqual(openMs)
          expect(admitted.retryInMs > 0).toBe(!admitted.pass)
          if (wasProbing) expect(admitted.pass).toBe(false)
          if (admitted.pass) expect(admitted.breaker.probing).toBe(wasOpen)
          breaker = admitted.breaker
        }
      }),
    )
  })
})
