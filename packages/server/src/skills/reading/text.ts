/** Small, bounded pieces of foreign text: one line, clipped, or an absolute web address. */

/** At most `limit` UTF-16 units, never half of a character. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** Text that PostgreSQL can store: without NUL and halves of characters. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

/** Whether PostgreSQL can store a text as it is. */
export function isStorable(text: string): boolean {
  return text === storableText(text)
}

/** White space run together, controls and zero-width characters left out, clipped. */
export function oneLine(text: string, limit: number): string {
  const visible = text.slice(0, limit * 20).replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
  return clip(visible.replace(/\p{Cf}+/gu, '').trim(), limit)
}

/** The absolute http(s) URL that a reference means, or null when it means none. */
export function webAddress(reference: string | null | undefined, base: string): string | null {
  if (!reference || reference.length > 2000 || !URL.canParse(reference, base)) return null
  const url = new URL(reference, base)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  url.hash = ''
  return url.href
}

/** One part of a long text, and where the next one begins. */
export interface Excerpt {
  readonly text: string
  /** Characters of the whole text. */
  readonly characters: number
  readonly truncated: boolean
  /** Pass it as `start` to read on; null at the end. */
  readonly next_start: number | null
}

/** The part of a text that begins at `start` and is at most `limit` long. */
export function excerpt(whole: string, start: number, limit: number): Excerpt {
  const text = clip(whole.slice(start), limit)
  const end = start + text.length
  const truncated = end < whole.length
  return { text, characters: whole.length, truncated, next_start: truncated ? end : null }
}
