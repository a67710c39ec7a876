/**
 * Which questions stand in the waiting room, and where: one that is answered stays in its place, and a new one comes last.
 * Nothing may move under a pointer that is about to press Approve.
 */
import type { QuestionView } from '@castellan/contracts'
import { useEffect, useState } from 'react'
import { useAnswered } from './answered.ts'

/** Pure: what was shown, brought up to date. */
export const arrange = (
  shown: readonly QuestionView[],
  open: readonly QuestionView[],
  answered: readonly QuestionView[],
): readonly QuestionView[] => {
  const news = new Map([...open, ...answered].map((q) => [q.id, q]))
  const kept = shown.map((old): QuestionView => {
    const now = news.get(old.id)
    news.delete(old.id)
    // It left the list and nobody told how: it does not wait any more.
    return now ?? (old.state === 'open' ? { ...old, state: 'void' } : old)
  })
  const fresh = open.filter((q) => news.get(q.id)?.state === 'open')
  return [...kept, ...fresh.toSorted((a, b) => a.expires_at.localeCompare(b.expires_at))]
}

/** Keeps the arrangement for as long as the room is open; `open` is undefined while it is loaded. */
export const useShown = (open: readonly QuestionView[] | undefined): readonly QuestionView[] => {
  const [shown, setShown] = useState<readonly QuestionView[]>([])
  const answered = useAnswered()
  useEffect(() => {
    if (open !== undefined) setShown((old) => arrange(old, open, answered))
  }, [open, answered])
  return shown
}
