/**
 * Finds the characters a reader would not see or would take for others: zero-width and bidirectional controls,
 * tag characters, odd spaces, letters of one script that imitate another. Pure; drawing is verbatim.tsx's.
 */
import { asciiTwin, scriptOf } from './lookalike.ts'

/** Why a character is marked. */
export type MarkKind = 'invisible' | 'direction' | 'tag' | 'control' | 'space' | 'lookalike' | 'stacked'

/** A stretch of a text: plain, or one marked stretch with what to draw in its place. */
export type Segment =
  | { kind: 'plain'; text: string }
  | { kind: MarkKind; text: string; shown: string; name: string }

const named: Readonly<Record<number, readonly [MarkKind, string, string]>> = {
  160: ['space', 'NBSP', 'no-break space'],
  173: ['invisible', 'SHY', 'soft hyphen'],
  847: ['invisible', 'CGJ', 'combining grapheme joiner'],
  1564: ['direction', 'ALM', 'Arabic letter mark'],
  4447: ['invisible', 'HF', 'Hangul filler'],
  4448: ['invisible', 'HF', 'Hangul filler'],
  6158: ['invisible', 'MVS', 'Mongolian vowel separator'],
  8203: ['invisible', 'ZWSP', 'zero width space'],
  8204: ['invisible', 'ZWNJ', 'zero width non-joiner'],
  8205: ['invisible', 'ZWJ', 'zero width joiner'],
  8206: ['direction', 'LRM', 'left-to-right mark'],
  8207: ['direction', 'RLM', 'right-to-left mark'],
  8232: ['control', 'LS', 'line separator'],
  8233: ['control', 'PS', 'paragraph separator'],
  8234: ['direction', 'LRE', 'left-to-right embedding'],
  8235: ['direction', 'RLE', 'right-to-left embedding'],
  8236: ['direction', 'PDF', 'end of direction change'],
  8237: ['direction', 'LRO', 'left-to-right override'],
  8238: ['direction', 'RLO', 'right-to-left override'],
  8239: ['space', 'NNBSP', 'narrow no-break space'],
  8288: ['invisible', 'WJ', 'word joiner'],
  8294: ['direction', 'LRI', 'left-to-right isolate'],
  8295: ['direction', 'RLI', 'right-to-left isolate'],
  8296: ['direction', 'FSI', 'first strong isolate'],
  8297: ['direction', 'PDI', 'end of isolate'],
  10240: ['space', 'BLANK', 'blank Braille pattern'],
  12644: ['invisible', 'HF', 'Hangul filler'],
  65279: ['invisible', 'BOM', 'zero width no-break space'],
  65440: ['invisible', 'HF', 'Hangul filler'],
  27: ['control', 'ESC', 'escape'],
  127: ['control', 'DEL', 'delete'],
  0: ['control', 'NUL', 'null'],
  8: ['control', 'BS', 'backspace'],
  13: ['control', 'CR', 'carriage return'],
}

const emoji = /^\p{RGI_Emoji}/v
const ignorable = /^\p{Default_Ignorable_Code_Point}$/u
const unseen = /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}]$/u
const oddSpace = /^\p{Zs}$/u
const wordCharacter = /^[\p{L}\p{M}\p{N}_]$/u
const combining = /^\p{Mn}$/u

/** `U+200B` for a code point. */
export const codeName = (point: number): string => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`

const isTag = (point: number): boolean => point >= 0xe0000 && point <= 0xe007f

const markOf = (character: string, point: number): Segment | null => {
  if (character === '\n' || character === '\t' || character === ' ') return null
  const known = named[point]
  if (known !== undefined) {
    return { kind: known[0], text: character, shown: known[1], name: `${known[2]}, ${codeName(point)}` }
  }
  if (oddSpace.test(character)) {
    return {
      kind: 'space',
      text: character,
      shown: codeName(point),
      name: `unusual space, ${codeName(point)}`,
    }
  }
  if (ignorable.test(character)) {
    return {
      kind: 'invisible',
      text: character,
      shown: codeName(point),
      name: `invisible character, ${codeName(point)}`,
    }
  }
  if (unseen.test(character)) {
    return {
      kind: 'control',
      text: character,
      shown: codeName(point),
      name: `control or unassigned character, ${codeName(point)}`,
    }
  }
  return null
}

/** Tag characters spell a hidden ASCII text: draw what they spell. */
const readTags = (text: string, from: number): Segment => {
  let spelled = ''
  let end = from
  while (end < text.length) {
    const point = text.codePointAt(end) ?? 0
    if (!isTag(point)) break
    if (point >= 0xe0020 && point < 0xe007f) spelled += String.fromCharCode(point - 0xe0000)
    end += 2
  }
  const count = (end - from) / 2
  const name =
    spelled === '' ? `${count} invisible tag characters` : `hidden text in tag characters: ${spelled}`
  return { kind: 'tag', text: text.slice(from, end), shown: `TAG ${spelled || count}`, name }
}

class Collector {
  readonly segments: Segment[] = []
  #plain = ''
  plain(text: string): void {
    this.#plain += text
  }
  mark(segment: Segment): void {
    this.flush()
    this.segments.push(segment)
  }
  flush(): void {
    if (this.#plain !== '') this.segments.push({ kind: 'plain', text: this.#plain })
    this.#plain = ''
  }
}

/** Letters that make the word pretend to be another: all foreign ones in a Latin word, or a whole word of twins. */
const addWord = (word: string, scriptsInText: ReadonlySet<string>, out: Collector): void => {
  const letters = [...word].filter((c) => /\p{L}/u.test(c))
  const scripts = new Set(letters.map(scriptOf))
  const mixed = scripts.has('Latin') && scripts.size > 1
  const whole = !scripts.has('Latin') && letters.length > 1 && letters.every((c) => asciiTwin(c) !== null)
  let marks = 0
  for (const c of word) {
    const script = scriptOf(c)
    const twin = asciiTwin(c)
    marks = combining.test(c) ? marks + 1 : 0
    const alwaysOdd = twin !== null && (script === 'Latin' || script === 'Common')
    const inLatin =
      mixed && script !== 'Latin' && script !== 'Common' && (script !== 'East Asian' || twin !== null)
    const pretends = inLatin || (whole && !scriptsInText.has(script))
    if (marks > 2) {
      out.mark({
        kind: 'stacked',
        text: c,
        shown: codeName(c.codePointAt(0) ?? 0),
        name: 'stacked combining mark',
      })
    } else if (alwaysOdd || (pretends && /\p{L}/u.test(c))) {
      const kind = script === 'Latin' || script === 'Common' ? 'compatibility form' : script
      const like = twin === null ? '' : `, looks like ${twin}`
      out.mark({
        kind: 'lookalike',
        text: c,
        shown: c,
        name: `${kind} letter ${codeName(c.codePointAt(0) ?? 0)}${like}`,
      })
    } else out.plain(c)
  }
}

/** Scripts that the text uses in earnest: with letters that no Latin letter resembles, as real prose in them has. */
const scriptsInEarnest = (text: string): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const c of text) if (/\p{L}/u.test(c) && asciiTwin(c) === null) found.add(scriptOf(c))
  return found
}

/** Splits a text into plain stretches and marked characters, in order; joined `text`s give the input back. */
export const inspect = (text: string): Segment[] => {
  const out = new Collector()
  const earnest = scriptsInEarnest(text)
  let word = ''
  const endWord = (): void => {
    if (word !== '') addWord(word, earnest, out)
    word = ''
  }
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0
    const character = String.fromCodePoint(point)
    const picture = point > 0xa8 ? emoji.exec(text.slice(at, at + 40)) : null
    const mark = picture === null ? markOf(character, point) : null
    if (
      picture === null &&
      mark === null &&
      (wordCharacter.test(character) || asciiTwin(character) !== null)
    ) {
      word += character
      at += character.length
      continue
    }
    endWord()
    if (picture !== null) {
      out.plain(picture[0])
      at += picture[0].length
    } else if (isTag(point)) {
      const tags = readTags(text, at)
      out.mark(tags)
      at += tags.text.length
    } else {
      if (mark === null) out.plain(character)
      else out.mark(mark)
      at += character.length
    }
  }
  endWord()
  out.flush()
  return out.segments
}

const phrases: readonly [readonly MarkKind[], string, string][] = [
  [['invisible', 'space', 'stacked'], 'invisible or unusual character', 'invisible or unusual characters'],
  [
    ['direction'],
    'character that changes the reading direction',
    'characters that change the reading direction',
  ],
  [['tag'], 'hidden text in tag characters', 'hidden texts in tag characters'],
  [['control'], 'control character', 'control characters'],
  [['lookalike'], 'letter that imitates another', 'letters that imitate others'],
]

/** One plain sentence about what is marked, or null when nothing is. */
export const summarise = (segments: readonly Segment[]): string | null => {
  const parts: string[] = []
  for (const [kinds, one, many] of phrases) {
    const count = segments.filter((s) => s.kind !== 'plain' && kinds.includes(s.kind)).length
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`)
  }
  return parts.length === 0 ? null : `Holds ${parts.join(', ')}.`
}
