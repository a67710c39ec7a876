/** Short lines that Castellan shows over any room: what the agent tells the owner, and what just went wrong. */
import { useSyncExternalStore } from 'react'

/** One line; it stays until someone closes it. */
export interface Notice {
  id: string
  text: string
  at: string
}

let lines: readonly Notice[] = []
const listeners = new Set<() => void>()

const change = (next: readonly Notice[]): void => {
  lines = next
  for (const listener of listeners) listener()
}

/** Adds a line; the same id twice is one line. */
export const notify = (notice: Notice): void => {
  change([...lines.filter((n) => n.id !== notice.id), notice].slice(-4))
}

/** Takes a line away. */
export const dismiss = (id: string): void => change(lines.filter((n) => n.id !== id))

/** The lines to show now. */
export const useNotices = (): readonly Notice[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => lines,
  )
