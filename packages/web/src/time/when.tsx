/** A moment on the page: relative, with the absolute on hover and focus; and a clock that ticks only as fast as needed. */
import { useEffect, useState } from 'react'
import { absoluteTime, clockTime, relativeTime, shortTime } from './words.ts'

/** The present, refreshed every `everyMs`. */
export const useNow = (everyMs: number): number => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** "3 minutes ago"; the full date shows on hover and is read out. */
export const When = ({ at, as = 'relative' }: { at: string; as?: 'relative' | 'clock' | 'short' }) => {
  const now = useNow(30_000)
  const moment = Date.parse(at)
  const shown =
    as === 'clock' ? clockTime(moment) : as === 'short' ? shortTime(moment) : relativeTime(moment, now)
  return (
    <time className="when" dateTime={at} title={absoluteTime(moment)}>
      {shown}
    </time>
  )
}
