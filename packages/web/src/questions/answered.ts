/** Questions that were answered since the page was opened, here or elsewhere, so that a person sees what became of each. */
import type { QuestionView } from '@castellan/contracts'
import { useSyncExternalStore } from 'react'

let answered: readonly QuestionView[] = []
const listeners = new Set<() => void>()

const rank: Readonly<Record<QuestionView['state'], number>> = {
  open: 0,
  approved: 1,
  consumed: 2,
  denied: 2,
  expired: 2,
  void: 2,
}

/** Remembers how a question stands now; a late "approved" does not undo "consumed". */
export const keepAnswer = (question: QuestionView): void => {
  const known = answered.find((q) => q.id === question.id)
  if (known !== undefined && rank[known.state] > rank[question.state]) return
  answered = [question, ...answered.filter((q) => q.id !== question.id)].slice(0, 20)
  for (const listener of listeners) listener()
}

/** Answered ones, latest first. */
export const useAnswered = (): readonly QuestionView[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => answered,
  )
