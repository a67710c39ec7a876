/** Which script a letter belongs to, and which ASCII character a stranger would take it for. */

const scripts: readonly [string, RegExp][] = [
  ['Common', /^[\p{Script=Common}\p{Script=Inherited}]$/u],
  ['Latin', /^\p{Script=Latin}$/u],
  ['Cyrillic', /^\p{Script=Cyrillic}$/u],
  ['Greek', /^\p{Script=Greek}$/u],
  ['Armenian', /^\p{Script=Armenian}$/u],
  ['Hebrew', /^\p{Script=Hebrew}$/u],
  ['Arabic', /^\p{Script=Arabic}$/u],
  ['Cherokee', /^\p{Script=Cherokee}$/u],
  ['Lisu', /^\p{Script=Lisu}$/u],
  ['Georgian', /^\p{Script=Georgian}$/u],
  // Written together in ordinary Japanese and Korean, so one name for all.
  [
    'East Asian',
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]$/u,
  ],
]

/** The script of a character, `Common` for digits and punctuation, `other` where we do not distinguish. */
export const scriptOf = (character: string): string => {
  if (character < '\u0080') return /[a-z]/i.test(character) ? 'Latin' : 'Common'
  return scripts.find(([, pattern]) => pattern.test(character))?.[0] ?? 'other'
}

const pairs: Readonly<Record<string, string>> = {
  // Cyrillic
  ...{
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    у: 'y',
    х: 'x',
    і: 'i',
    ј: 'j',
    ѕ: 's',
    ԁ: 'd',
    ԛ: 'q',
    ԝ: 'w',
    һ: 'h',
    ӏ: 'l',
  },
  ...{
    А: 'A',
    В: 'B',
    Е: 'E',
    К: 'K',
    М: 'M',
    Н: 'H',
    О: 'O',
    Р: 'P',
    С: 'C',
    Т: 'T',
    Х: 'X',
    Ѕ: 'S',
    І: 'I',
    Ј: 'J',
    Ү: 'Y',
    к: 'k',
  },
  // Greek
  ...{ ο: 'o', α: 'a', ν: 'v', ρ: 'p', τ: 't', υ: 'u', ι: 'i', κ: 'k', ϲ: 'c', ϳ: 'j' },
  ...{
    Α: 'A',
    Β: 'B',
    Ε: 'E',
    Ζ: 'Z',
    Η: 'H',
    Ι: 'I',
    Κ: 'K',
    Μ: 'M',
    Ν: 'N',
    Ο: 'O',
    Ρ: 'P',
    Τ: 'T',
    Υ: 'Y',
    Χ: 'X',
  },
  // Armenian
  ...{ օ: 'o', ո: 'n', ս: 'u', ց: 'g', հ: 'h', յ: 'j', ք: 'p', զ: 'q' },
  // Latin and signs that only look like the everyday ones
  ...{
    ɑ: 'a',
    ɡ: 'g',
    ɩ: 'i',
    ǃ: '!',
    '․': '.',
    '。': '.',
    '．': '.',
    '⁄': '/',
    '∕': '/',
    '⧸': '/',
    '／': '/',
    '∶': ':',
    '꞉': ':',
  },
  ...{ '＠': '@', '﹫': '@', '‐': '-', '‑': '-', '﹣': '-', '－': '-' },
}

/** The ASCII character this one imitates, or null. Full-width and mathematical letters count, ª and º do not. */
export const asciiTwin = (character: string): string | null => {
  if (character < '\u0080') return null
  const twin = pairs[character]
  if (twin !== undefined) return twin
  if (character === 'ª' || character === 'º' || !/^[\p{L}\p{Nd}]$/u.test(character)) return null
  const plain = character.normalize('NFKC')
  return plain.length === 1 && plain < '\u0080' ? plain : null
}
