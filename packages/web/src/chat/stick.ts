/** Follows new text only while the reader is at the end; a reader further up is never moved. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

const nearEnd = 32

/** The end, unless a question waits there: then its first line, which must be read before its buttons. */
const follow = (box: HTMLElement): void => {
  box.scrollTop = box.scrollHeight
  const question = [...box.querySelectorAll<HTMLElement>('.question[data-open="true"]')].at(-1)
  if (question === undefined) return
  const above = question.getBoundingClientRect().top - box.getBoundingClientRect().top
  if (above < 0) box.scrollTop += above - 12
}

const fromEnd = (box: HTMLElement): number => box.scrollHeight - box.scrollTop - box.clientHeight

/** `box` scrolls, `content` grows; `behind` is true while there is something below the fold. */
export interface Stick {
  box: RefObject<HTMLDivElement | null>
  content: RefObject<HTMLDivElement | null>
  behind: boolean
  toEnd: () => void
  /** Follows no longer: somebody is shown another place. */
  letGo: () => void
}

/** Watches one page; gives back how to stop, and how to follow no longer. */
const watch = (outer: HTMLElement, inner: HTMLElement, onBehind: (behind: boolean) => void) => {
  let sticking = true
  let placed = -1
  const place = (): void => {
    follow(outer)
    placed = outer.scrollTop
  }
  const onScroll = (): void => {
    // A scroll of our own tells nothing about the reader.
    if (Math.abs(outer.scrollTop - placed) > 2) {
      placed = -1
      sticking = fromEnd(outer) < nearEnd
    }
    onBehind(fromEnd(outer) >= nearEnd)
  }
  const observer = new ResizeObserver(() => {
    if (sticking) place()
    onBehind(fromEnd(outer) >= nearEnd)
  })
  place()
  observer.observe(inner)
  observer.observe(outer)
  outer.addEventListener('scroll', onScroll, { passive: true })
  return {
    stop: (): void => {
      observer.disconnect()
      outer.removeEventListener('scroll', onScroll)
    },
    letGo: (): void => {
      sticking = false
    },
  }
}

/** Sticks to the end of a growing page; `key` names the page, a new one starts at its end. */
export const useStick = (key: string): Stick => {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [behind, setBehind] = useState(false)
  const watching = useRef<ReturnType<typeof watch> | null>(null)
  const toEnd = useCallback(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is a new start, though the elements stay.
  useEffect(() => {
    if (box.current === null || content.current === null) return
    watching.current = watch(box.current, content.current, setBehind)
    return watching.current.stop
  }, [key])
  const letGo = useCallback(() => watching.current?.letGo(), [])
  return { box, content, behind, toEnd, letGo }
}
