/**
 * Whether a name looks like another that the owner knows: an address with one letter changed, a domain under another
 * ending, a host that wears a known one as its first label. Evidence for a person; no decision rests on it.
 */

/** Letters that strangers take for the ASCII letter they stand behind. */
const twins: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аα',
    b: 'ьв',
    c: 'сϲ',
    d: 'ԁ',
    e: 'еє',
    g: 'ɡ',
    h: 'һн',
    i: 'іιı',
    j: 'ј',
    k: 'кκ',
    l: 'ӏ1|',
    m: 'м',
    n: 'пη',
    o: 'оο0օ',
    p: 'рρ',
    q: 'ԛ',
    r: 'г',
    s: 'ѕ',
    t: 'тτ',
    u: 'υս',
    v: 'ѵν',
    w: 'ԝω',
    x: 'хχ',
    y: 'уγ',
  }).flatMap(([letter, like]) => [...like].map((each) => [each, letter] as const)),
)

/** The first of the known names that another one, not among them, could be taken for; null when none. */
export function resembling(name: string, known: Iterable<string>): string | null {
  const all = [...known]
  if (all.includes(name)) return null
  return all.find((each) => looksLike(name, each)) ?? null
}

function looksLike(name: string, known: string): boolean {
  if (skeleton(name) === skeleton(known)) return true
  const [one, other] = [partsOf(name), partsOf(known)]
  if (one === null || other === null) return one === other && name.length >= 8 && isNear(name, known)
  if (one.host === other.host) return one.local !== other.local && isNear(one.local, other.local)
  if (one.core === other.core && one.ending === other.ending) return false
  if (one.core.length >= 4 && (one.core === other.core || isNear(one.core, other.core))) return true
  // `bank.example.evil.org` and `bank-login.org` wear the name of `bank.example`.
  return other.core.length >= 4 && one.host.split(/[.-]/).includes(other.core)
}

interface Parts {
  readonly local: string
  readonly host: string
  /** The label that somebody registered, and what stands behind it. */
  readonly core: string
  readonly ending: string
}

/** Endings of two labels, as in `example.co.uk`. */
const seconds = new Set(['ac', 'co', 'com', 'edu', 'gov', 'gob', 'net', 'or', 'org'])

/** An address or host taken apart by its visible form; null for anything without a dot, e.g. an account number. */
function partsOf(name: string): Parts | null {
  const at = name.lastIndexOf('@')
  const host = skeleton(name.slice(at + 1).replace(/:\d+$/, ''))
  const labels = host.split('.')
  if (labels.length < 2) return null
  const isLong = labels.length > 2 && labels.at(-1)?.length === 2 && seconds.has(labels.at(-2) ?? '')
  const cut = labels.length - (isLong ? 3 : 2)
  return {
    local: skeleton(name.slice(0, Math.max(0, at))),
    host,
    core: labels[cut] ?? '',
    ending: labels.slice(cut + 1).join('.'),
  }
}

/** A name as an eye takes it: case, accents, unseen characters and imitating letters do not count. */
function skeleton(name: string): string {
  const plain = name.normalize('NFKC').toLowerCase().normalize('NFD')
  const seen = plain.replace(/[\p{M}\p{Cf}]/gu, '')
  return [...seen]
    .map((character) => twins.get(character) ?? character)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

/** One slip in a short name, two in a long one. */
function isNear(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length)
  return shorter >= 4 && Math.max(a.length, b.length) <= 128 && distance(a, b) <= (shorter >= 9 ? 2 : 1)
}

/** Letters to change, add, leave out or swap with their neighbour (Damerau, optimal string alignment). */
function distance(a: string, b: string): number {
  let [older, old] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (old[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(change, (old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (older[j - 2] ?? 0) + 1)
      row.push(least)
    }
    ;[older, old] = [old, row]
  }
  return old.at(-1) ?? 0
}
