/** A text in the ways a reader could take it: as it is, with escapes undone, with what splits it up passed over. */
import type { Skips } from './piece.ts'

/** Escapes within escapes are undone this often. */
const maxRounds = 3

/**
 * The text, then each step of undoing escapes and compatibility forms (full-width letters). Every step is a reading of its
 * own: what one step uncovers, the next may take for an escape.
 */
export function readingsOf(text: string): string[] {
  const readings = [text]
  for (let round = 0; round < maxRounds; round += 1) {
    const before = readings.length
    for (const step of steps) {
      const last = readings.at(-1) ?? ''
      const next = step(last)
      if (next !== last) readings.push(next)
    }
    if (readings.length === before) break
  }
  return readings
}

/** No character is passed over. */
export const skipsNothing = skips(() => false)

/** What a text may be spread out or joined up with: white space, soft hyphens, zero-width and direction marks, - and +. */
export const skipsGaps = skips(
  (code) =>
    code <= 0x20 ||
    code === 0x2d ||
    code === 0x2b ||
    code === 0x7f ||
    code === 0xa0 ||
    code === 0xad ||
    (code >= 0x2000 && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202f) ||
    (code >= 0x205f && code <= 0x206f) ||
    code === 0x3000 ||
    code === 0xfeff,
)

/** Everything but hexadecimal digits. */
export const skipsAllButHex = skips((code) => code > 0x7f || !/[0-9a-f]/i.test(String.fromCharCode(code)))

/** The characters of a text that a search would not pass over, and where each was. */
export function kept(text: string, { ascii, other }: Skips): { text: string; places: number[] } {
  const places = Array.from({ length: text.length }, (_, i) => i).filter((i) => {
    const code = text.charCodeAt(i)
    return code < 128 ? ascii[code] === 0 : !other(code)
  })
  return { text: places.map((i) => text[i]).join(''), places }
}

function skips(rule: (code: number) => boolean): Skips {
  return { ascii: Uint8Array.from({ length: 128 }, (_, code) => Number(rule(code))), other: rule }
}

const percents = /(?:%[0-9a-f]{2})+/gi
const backslashes = /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(["\\/bfnrt]))/gi
const entities = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi
const controls: { readonly [letter: string]: string } = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const named: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const steps: readonly ((text: string) => string)[] = [
  (text) => (/[^\0-\x7f]/.test(text) ? text.normalize('NFKC') : text),
  (text) => text.replace(percents, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')),
  (text) =>
    text.replace(backslashes, (_, wide?: string, four?: string, two?: string, letter?: string) => {
      if (letter !== undefined) return controls[letter] ?? letter
      return character(Number.parseInt(wide ?? four ?? two ?? '', 16))
    }),
  (text) =>
    text.replace(entities, (_, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? ''
      return character(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
    }),
]

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
