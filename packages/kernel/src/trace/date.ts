/** Days named in a text, for comparing: `2025-01-11`, `January 11th, 2025`, `14. November`, `11.01.2025`. */

/** A day. Without a year it is that day of any year. */
export interface Day {
  readonly year: number | null
  readonly month: number
  readonly day: number
}

/** A day with where it stands in the text it was found in. */
export interface FoundDay extends Day {
  readonly from: number
  readonly to: number
}

/** Every day a text names. What could be read in two ways (`01/02/2025`) names none. */
export function daysIn(text: string): FoundDay[] {
  if (!/\d/.test(text)) return []
  const isNamed = monthHint.test(text)
  return forms.flatMap(({ pattern, read, hasName }) =>
    hasName && !isNamed
      ? []
      : [...text.matchAll(pattern)].flatMap((found) => {
          const day = read(found.groups ?? {})
          if (day === null || !exists(day)) return []
          return [{ ...day, from: found.index, to: found.index + found[0].length }]
        }),
  )
}

/** The day a literal begins with, e.g. of `2025-01-11 09:00`; null for anything else. */
export function dayOf(literal: string): Day | null {
  return daysIn(literal).find(({ from }) => from === 0) ?? null
}

/** Whether a named day may be the one that is meant. The year must be the same where the name has one. */
export function isSameDay(named: Day, meant: Day): boolean {
  const sameYear = named.year === null || named.year === meant.year
  return sameYear && named.month === meant.month && named.day === meant.day
}

/** English, German, French, Spanish, Italian and Dutch, by the letters that tell them apart. */
const months = [
  'jan|january|januar|januari|janvier|enero|gennaio',
  'feb|february|februar|februari|février|febrero|febbraio',
  'mar|march|märz|maart|mars|marzo',
  'apr|april|avril|abril|aprile',
  'may|mai|mei|mayo|maggio',
  'jun|june|juni|juin|junio|giugno',
  'jul|july|juli|juillet|julio|luglio',
  'aug|august|augustus|août|agosto',
  'sep|sept|september|septembre|septiembre|settembre',
  'oct|okt|october|oktober|octobre|octubre|ottobre',
  'nov|november|novembre|noviembre',
  'dec|dez|december|dezember|décembre|diciembre|dicembre',
].map((names) => names.split('|'))
const monthNumbers: ReadonlyMap<string, number> = new Map(
  months.flatMap((names, index) => names.map((name) => [name, index + 1] as const)),
)

const name = `(?<month>${[...monthNumbers.keys()].sort((a, b) => b.length - a.length).join('|')})\\.?`
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th|er|\\.|º)?'
const year = '(?<year>(?:19|20)\\d{2})'
const edge = { before: '(?<![\\p{L}\\p{N}.,/-])', behind: '(?![\\p{L}\\p{N}])' }

/** Beginnings of months, looked for first: most texts have none, and the forms cost more. */
const monthHint =
  /jan|ene|gen|feb|fév|m[aä]r|maa|apr|avr|abr|ma[iy]|mei|mag|jun|jui|giu|jul|lug|aug|aoû|ago|sep|set|o[ck]t|ott|nov|dec|dez|déc|dic/i

interface Form {
  /** It holds a month's name. */
  readonly hasName: boolean
  readonly pattern: RegExp
  readonly read: (groups: { [name: string]: string | undefined }) => Day | null
}

const forms: readonly Form[] = [
  form(`${year}-(?<month>\\d{2})-(?<day>\\d{2})(?=T|${edge.behind})`, ({ month }) => Number(month)),
  form(`(?<day>\\d{1,2})\\.(?<month>\\d{1,2})\\.${year}${edge.behind}`, ({ month }) => Number(month)),
  form(`${name}\\s+${day}(?:,?\\s+(?:of\\s+)?${year})?${edge.behind}`, named),
  form(`${day}\\s+(?:of\\s+|de\\s+)?${name}(?:,?\\s+(?:of\\s+|de\\s+)?${year})?${edge.behind}`, named),
]

function form(pattern: string, month: (groups: { [name: string]: string | undefined }) => number): Form {
  return {
    hasName: pattern.includes(name),
    pattern: new RegExp(`${edge.before}${pattern}`, 'giu'),
    read: (groups) => ({
      year: groups['year'] === undefined ? null : Number(groups['year']),
      month: month(groups),
      day: Number(groups['day']),
    }),
  }
}

function named(groups: { [name: string]: string | undefined }): number {
  return monthNumbers.get((groups['month'] ?? '').toLowerCase()) ?? 0
}

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function exists({ month, day }: Day): boolean {
  return day >= 1 && day <= (daysOfMonth[month - 1] ?? 0)
}
