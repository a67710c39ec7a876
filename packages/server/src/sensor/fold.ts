/**
 * A text as the sensor reads it: one letter case, no accents, no invisible characters, one kind of space, look-alikes
 * inside Latin words as the letters they imitate. Places lead back to the text as it came. One pass.
 */

/** Letters of other scripts that are taken for Latin ones. */
const twins: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аеорсухіјѕԁһԛԝӏқвкмнтг', 'aeopcyxijsdhqwlkbkmhtr'],
    ['αεορικντυχγβη', 'aeopikvtuxybn'],
  ].flatMap(([from = '', to = '']) => [...from].map((letter, at) => [letter, to[at] ?? letter])),
)

const ignorable = /^[\p{Default_Ignorable_Code_Point}\p{Cf}]$/u
const latin = /^[a-z]$/i

export interface Folded {
  readonly text: string
  /** Where a unit of `text` began in the text as it came. */
  place(at: number): number
  /** Invisible characters that were left out, or look-alikes that were replaced, stand in this stretch. */
  disguised(start: number, end: number): boolean
}

const mostDisguises = 10_000
const beyondAscii = /[^\0-\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const controls = /[\0-\x1f]/g

/** Folds a text. */
export function fold(text: string): Folded {
  // Most texts, and most of the time: nothing in them is longer or shorter when folded.
  if (!beyondAscii.test(text)) {
    return {
      text: text.toLowerCase().replace(controls, ' '),
      place: (at) => Math.min(at, text.length),
      disguised: () => false,
    }
  }
  return foldEach(text)
}

function foldEach(text: string): Folded {
  const places = new Uint32Array(text.length * 2 + 16)
  const disguises: number[] = []
  // Pieces and the last letter apart: looking at the end of a growing string would copy it each time.
  const pieces: string[] = []
  let [length, last, at] = [0, '', 0]
  for (const character of text) {
    const piece = foldOne(character, last, text[at + character.length] ?? '')
    const odd = piece === '' || twins[character] === piece
    if (odd && latin.test(last) && disguises.length < mostDisguises) disguises.push(length)
    // What would not fit is a character that unfolds to a phrase; no known phrase needs it.
    if (piece !== '' && length + piece.length <= places.length) {
      places.fill(at, length, length + piece.length)
      pieces.push(piece)
      length += piece.length
      last = piece
    }
    at += character.length
  }
  return {
    text: pieces.join(''),
    place: (unit) => (unit < length ? (places[unit] ?? 0) : text.length),
    disguised: (start, end) => disguises.some((place) => place > start && place < end),
  }
}

/** Folds a word or pattern of ours, the way texts are. */
export function foldWord(word: string): string {
  return fold(word).text
}

function foldOne(character: string, before: string, after: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x80) return code <= 0x20 ? ' ' : character.toLowerCase()
  if (ignorable.test(character)) return ''
  const twin = twins[character.toLowerCase()]
  if (twin !== undefined && (latin.test(before) || latin.test(after))) return twin
  const plain = character
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
  return /^\s/.test(plain) ? ' ' : straight(plain)
}

function straight(character: string): string {
  if (character === '’' || character === '‘') return "'"
  return character !== '' && '“”„«»'.includes(character) ? '"' : character
}
