/**
 * Makes text safe to print. What a page, a mail or a model wrote could hold escape sequences that rewrite the screen, or
 * characters that look like none or like others; they are drawn as what they are.
 */

/** Code points that are drawn instead of printed: controls, direction marks, zero-width, fillers, tags. */
const hidden: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
]

/** The text with everything invisible written as `‹U+200B›`; line ends and tabs stay. */
export function visible(text: string): string {
  let shown = ''
  for (const character of text.toWellFormed().replaceAll('\r\n', '\n')) {
    const code = character.codePointAt(0) ?? 0
    shown += isHidden(code) ? `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›` : character
  }
  return shown
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '‹U+000A›').replaceAll('\t', '‹U+0009›')
}

/** A value as JSON whose strings hold nothing invisible: JSON itself escapes but a few of the controls that move a terminal. */
export function visibleJson(value: unknown): string {
  let shown = ''
  for (const character of JSON.stringify(value)) {
    shown += isHidden(character.codePointAt(0) ?? 0) ? escaped(character) : character
  }
  return shown
}

function escaped(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

function isHidden(code: number): boolean {
  return (code < 0x20 || code > 0x7e) && hidden.some(([first, last]) => code >= first && code <= last)
}
