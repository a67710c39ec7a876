/** Moments and spans in words. Pure: `now` is always given. */

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** "just now", "3 minutes ago", "in 2 hours", "yesterday". */
export const relativeTime = (at: number, now: number): string => {
  const span = at - now
  const size = Math.abs(span)
  if (size < 45_000) return span > 0 ? 'in a moment' : 'just now'
  if (size < 45 * minute) return relative.format(Math.round(span / minute), 'minute')
  if (size < 22 * hour) return relative.format(Math.round(span / hour), 'hour')
  if (size < 26 * day) return relative.format(Math.round(span / day), 'day')
  if (size < 320 * day) return relative.format(Math.round(span / (30.4 * day)), 'month')
  return relative.format(Math.round(span / (365 * day)), 'year')
}

/** "1 h 58 min", "4 min 09 s", "12 s": how long is left, exact enough to act on. */
export const spanInWords = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const d = Math.floor(seconds / 86_400)
  const h = Math.floor((seconds % 86_400) / 3600)
  const m = Math.floor((seconds % 3600) / 60)
  const s = seconds % 60
  if (d > 0) return `${d} d ${h} h`
  if (h > 0) return `${h} h ${m} min`
  if (m > 9) return `${m} min`
  if (m > 0) return `${m} min ${String(s).padStart(2, '0')} s`
  return `${s} s`
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })
const short = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const stamp = new Intl.DateTimeFormat('sv-SE', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** The whole date with seconds, for focus and title. */
export const absoluteTime = (at: number): string => full.format(at)
/** Day, month and clock. */
export const shortTime = (at: number): string => short.format(at)
/** Hours and minutes. */
export const clockTime = (at: number): string => clock.format(at)
/** `2026-11-21 14:02:09`, of constant width, local time. */
export const stampTime = (at: number): string => stamp.format(at)

/** "12.4 MB": bytes with a unit a person compares. */
export const bytesInWords = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`
}
