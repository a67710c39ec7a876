/**
 * Sequences of words, matched in one pass over the tokens of a text. A rule is written as a line: words side by side, `a|b`
 * for either, `abc*` for a beginning, `~3` for up to three words between, within one sentence. No backtracking: the time
 * is bounded by the tokens times the gaps, whatever the text.
 */
import { foldWord } from './fold.ts'

export interface Token {
  readonly word: string
  readonly start: number
  readonly end: number
}

const tokens = /[\p{L}\p{M}\p{N}_]+(?:['-][\p{L}\p{M}\p{N}_]+){0,4}|[.!?。!?@]/gu

/** Words and ends of sentences of a folded text, with their places in it. */
export function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(tokens), (match) => ({
    word: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }))
}

interface Step {
  readonly words: ReadonlySet<string>
  readonly beginnings: readonly string[]
  /** Words that may stand before it. */
  readonly gap: number
}

export interface Pattern {
  readonly steps: readonly Step[]
}

/** Reads a rule's line. Its first word has no beginnings, so that rules are found by it. */
export function pattern(line: string): Pattern {
  const steps: Step[] = []
  let gap = 0
  for (const part of line.split(' ')) {
    if (part.startsWith('~')) {
      gap = Number(part.slice(1))
      continue
    }
    const all = part.split('|')
    const beginnings = all.filter((word) => word.endsWith('*')).map((word) => foldWord(word.slice(0, -1)))
    steps.push({ words: new Set(all.filter((word) => !word.endsWith('*')).map(foldWord)), beginnings, gap })
    gap = 0
  }
  return { steps }
}

/** The patterns by their first words. */
export function byFirstWord<T extends Pattern>(patterns: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const each of patterns) {
    for (const word of each.steps[0]?.words ?? []) found.set(word, [...(found.get(word) ?? []), each])
  }
  return found
}

/** Where a pattern that begins at a token ends; null when it does not stand there. */
export function endOf({ steps }: Pattern, all: readonly Token[], first: number): number | null {
  let at = first
  for (const step of steps.slice(1)) {
    const next = find(step, all, at + 1)
    if (next === null) return null
    at = next
  }
  return at
}

function find(step: Step, all: readonly Token[], from: number): number | null {
  for (let at = from; at <= from + step.gap && at < all.length; at++) {
    const word = all[at]?.word ?? ''
    if (step.words.has(word) || step.beginnings.some((beginning) => word.startsWith(beginning))) return at
    if (/^[.!?。!?]$/.test(word)) return null
  }
  return null
}
