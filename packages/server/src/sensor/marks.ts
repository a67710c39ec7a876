/** How marks are gathered: one for each kind, weight and place, the weightiest first, with a short excerpt drawn visibly. */
import type { Found, FoundKind } from '@castellan/contracts'

/** One thing a sensor saw. */
export interface Sight {
  readonly kind: FoundKind
  readonly weight: Found['weight']
  /** The text itself, as it came; drawn and cut here. */
  readonly text: string
  readonly where: string
  /** How many the sight stands for; 1 when absent. */
  readonly count?: number
}

const excerptCharacters = 200
/** Most marks that one result bears; what comes after says nothing new. */
const mostMarks = 20

/** Folds sights to marks. */
export function marksOf(sights: readonly Sight[]): Found[] {
  const marks = new Map<string, Found>()
  for (const { kind, weight, text, where, count = 1 } of sights) {
    const key = `${weight} ${kind} ${where}`
    const known = marks.get(key)
    marks.set(
      key,
      known === undefined
        ? { kind, weight, count, excerpt: drawn(text), where: where.slice(0, excerptCharacters) }
        : { ...known, count: known.count + count },
    )
  }
  const all = [...marks.values()]
  const weighty = all.filter((mark) => mark.weight === 'high')
  return [...weighty, ...all.filter((mark) => mark.weight === 'low')].slice(0, mostMarks)
}

/** What nobody sees: format characters, fillers, variation selectors, controls but for line ends and tabs. */
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]|(?![\n\t])\p{Cc}/u

/** A text with everything invisible written out, tag characters as the letters they spell; at most 200 characters. */
export function drawn(text: string): string {
  let shown = ''
  for (const character of text.slice(0, 4 * excerptCharacters).toWellFormed()) {
    if (shown.length >= excerptCharacters) break
    const point = character.codePointAt(0) ?? 0
    if (point > 0xe0020 && point < 0xe007f) shown += String.fromCharCode(point - 0xe0000)
    else if (point === 0xe0020) shown += ' '
    else if (unseen.test(character)) shown += `‹U+${point.toString(16).toUpperCase().padStart(4, '0')}›`
    else shown += /\s/.test(character) ? ' ' : character
  }
  return shown.length <= excerptCharacters ? shown : `${clip(shown, excerptCharacters - 1)}…`
}

function clip(text: string, limit: number): string {
  return text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')
}
