/** A click that was meant for another card must say yes to nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settling } from './settling.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('settling', () => {
  it('takes no yes for half a second after a change, and then does', () => {
    const cards = settling(500)
    cards.changed()
    vi.advanceTimersByTime(499)
    expect(cards.isSettled()).toBe(false)
    vi.advanceTimersByTime(1)
    expect(cards.isSettled()).toBe(true)
  })

  it('begins anew with every change of any card', () => {
    const cards = settling(500)
    cards.changed()
    vi.advanceTimersByTime(400)
    cards.changed()
    vi.advanceTimersByTime(400)
    expect(cards.isSettled()).toBe(false)
  })

  it('tells once when it begins and once when it is over', () => {
    const cards = settling(500)
    const told: boolean[] = []
    cards.listen(() => told.push(cards.isSettled()))
    cards.changed()
    cards.changed()
    vi.advanceTimersByTime(500)
    expect(told).toEqual([false, true])
  })
})
