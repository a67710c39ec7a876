/**
 * Whether the cards stand still. When one appears, ends or goes, others move: for half a second no yes is taken anywhere on
 * the page, because the click may have been meant for what stood there before.
 */
import { useLayoutEffect, useSyncExternalStore } from 'react'

const settleMs = 500

/** Tells when half a second has passed since the last change. */
export const settling = (ms: number) => {
  let settled = true
  let timer: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()
  const turn = (to: boolean): void => {
    if (settled === to) return
    settled = to
    for (const listener of listeners) listener()
  }
  return {
    changed: (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => turn(true), ms)
      turn(false)
    },
    isSettled: (): boolean => settled,
    listen: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const cards = settling(settleMs)

/** Whether a yes is taken now. `stands` is how the card stands; when it changes, the page has changed. */
export const useSettled = (stands: string): boolean => {
  // biome-ignore lint/correctness/useExhaustiveDependencies: that it changed is what is told, not what it is.
  useLayoutEffect(() => {
    cards.changed()
    return cards.changed
  }, [stands])
  return useSyncExternalStore(cards.listen, cards.isSettled)
}

/** The same asked at the moment of the click. */
export const areSettled = cards.isSettled
