/** Which rows of a long list to draw: a plain window over rows of one height. */
import { type RefObject, useEffect, useState } from 'react'

/** The rows to draw, and the empty height above and below them. */
export interface Window {
  from: number
  to: number
  above: number
  below: number
}

const spare = 12

/** Pure: the window for a scroll position. */
export const windowOf = (count: number, rowHeight: number, scrollTop: number, height: number): Window => {
  const first = Math.floor(scrollTop / rowHeight)
  const from = Math.min(Math.max(0, first - spare), Math.max(0, count - 1))
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare)
  return {
    from,
    to: Math.max(from, to),
    above: from * rowHeight,
    below: (count - Math.max(from, to)) * rowHeight,
  }
}

/** Follows the scroll position of `box`, drawing again only when the window moves by a few rows. */
export const useWindow = (box: RefObject<HTMLElement | null>, count: number, rowHeight: number): Window => {
  const [place, setPlace] = useState({ top: 0, height: 800 })
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const measure = (): void => {
      const step = rowHeight * 4
      const top = Math.floor(element.scrollTop / step) * step
      setPlace((old) =>
        old.top === top && old.height === element.clientHeight ? old : { top, height: element.clientHeight },
      )
    }
    measure()
    element.addEventListener('scroll', measure, { passive: true })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', measure)
      observer.disconnect()
    }
  }, [box, rowHeight])
  return windowOf(count, rowHeight, place.top, place.height)
}
