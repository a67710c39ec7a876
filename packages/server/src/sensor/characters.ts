/** Characters that are there and not seen: zero-width, tags, runs of variation selectors, turned reading direction. */
import type { Sight } from './marks.ts'

type Seen = Omit<Sight, 'where'>

/** A run of characters nobody sees. */
const run = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu
/** One of them, cheaply; most texts have none. */
const any = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u
const tag = /[\u{e0000}-\u{e007f}]/u
const overrides = /[\u202d\u202e]/
/** Embeddings and isolates, which an honest page closes again. */
const opens = /[\u202a\u202b\u2066-\u2068]/g
const closes = /[\u202c\u2069]/g
/** So many in a row carry something; joiners of emoji and of Indic or Persian words come one at a time. */
const longRun = 8
const selectors = /[\ufe00-\ufe0e\u{e0100}-\u{e01ef}]{3,}/u
/** Flags of England, Scotland and Wales are spelled with tags. */
const flag = /^[\u{e0061}-\u{e007a}]{2,6}\u{e007f}$/u
const latin = /[A-Za-z]/
/** Most runs that are looked at. */
const mostRuns = 20_000

/** What is unseen in a text. */
export function charactersIn(text: string): Seen[] {
  if (!any.test(text)) return []
  const seen: Seen[] = []
  let [strays, firstStray, broken, firstBroken, lastBroken, runs] = [0, -1, 0, -1, -100, 0]
  for (const match of text.matchAll(run)) {
    if (++runs > mostRuns) break
    const [found] = match
    const { index } = match
    const around = text.slice(Math.max(0, index - 20), index + found.length + 40)
    if (tag.test(found)) {
      if (!(flag.test(found) && text.slice(0, index).endsWith('🏴')))
        seen.push({ kind: 'tags', weight: 'high', text: found })
    } else if (selectors.test(found) || [...found].length >= longRun) {
      seen.push({ kind: 'invisible', weight: 'high', text: around })
    } else if (isStray(text, index, found)) {
      strays++
      if (firstStray < 0) firstStray = index
      const insideWord = latin.test(text[index - 1] ?? '') && latin.test(text[index + found.length] ?? '')
      if (!insideWord) continue
      broken = index - lastBroken < 12 ? broken + 1 : 1
      lastBroken = index
      if (broken >= 3 && firstBroken < 0) firstBroken = index
    }
  }
  if (firstBroken >= 0) {
    seen.push({
      kind: 'invisible',
      weight: 'high',
      text: text.slice(Math.max(0, firstBroken - 30), firstBroken + 60),
    })
  } else if (strays > 0) {
    const from = Math.max(0, firstStray - 20)
    seen.push({ kind: 'invisible', weight: 'low', text: text.slice(from, firstStray + 40), count: strays })
  }
  return [...seen, ...directionIn(text)]
}

/** Marks of direction, soft hyphens and the two ways to show an emoji stand in honest text of every script. */
const usual: ReadonlySet<number> = new Set([
  0xad, 0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x2066, 0x2067, 0x2068, 0x2069, 0xfe0e, 0xfe0f,
])
/** Zero-width space, joiner, non-joiner; the Mongolian selectors. */
const joiners: ReadonlySet<number> = new Set([0x200b, 0x200c, 0x200d, 0x180b, 0x180c, 0x180d, 0x180e, 0x180f])

/** Joiners belong to scripts that need them and to emoji; a byte order mark to the very beginning. */
function isStray(text: string, index: number, found: string): boolean {
  const points = [...found].map((each) => each.codePointAt(0) ?? 0)
  if (points.every((point) => usual.has(point))) return false
  if (index === 0 && found === '\ufeff') return false
  if (!points.every((point) => joiners.has(point))) return true
  return !needsJoiners(text, index - 1) && !needsJoiners(text, index + found.length)
}

/** Letters beyond Latin, and signs: what joiners join. */
function needsJoiners(text: string, at: number): boolean {
  return text.charCodeAt(at) > 0x24f
}

function directionIn(text: string): Seen[] {
  const override = overrides.exec(text)
  if (override !== null) {
    const from = Math.max(0, override.index - 30)
    return [{ kind: 'direction', weight: 'high', text: text.slice(from, override.index + 60) }]
  }
  const open = text.match(opens)?.length ?? 0
  const closed = text.match(closes)?.length ?? 0
  if (open <= closed) return []
  const from = Math.max(0, text.search(opens) - 20)
  return [{ kind: 'direction', weight: 'low', text: text.slice(from, from + 100), count: open - closed }]
}
