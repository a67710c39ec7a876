/** Times of day that a text names, and records that lie at a time which the owner named. */
import { type Day, daysIn, isSameDay } from './date.ts'
import type { Field, Item } from './result.ts'
import type { Words } from './words.ts'

/** A time of day, in minutes since midnight. */
export type Clock = number

const clock =
  /(?<![\p{L}\p{N}.:,-])(?<hour>\d{1,2})(?:[:.](?<minute>[0-5]\d))?\s?(?<half>[ap])\.?m\b\.?|(?<![\p{L}\p{N}.:,-])(?<hours>\d{1,2})[:.](?<minutes>[0-5]\d)(?![\p{L}\p{N}.:-]|,\d)|(?<![\p{L}\p{N}.:,-])(?<uhr>\d{1,2})\s?(?:Uhr|h)\b/giu

/** Every time of day in a text: `3 pm`, `3:30pm`, `15:30`, `15 Uhr`. */
export function clocksIn(text: string): Clock[] {
  return [...text.matchAll(clock)].flatMap(({ groups = {} }) => {
    const { hour, minute = '0', half, hours, minutes = '0', uhr } = groups
    if (hour !== undefined && Number(hour) >= 1 && Number(hour) <= 12)
      return [(Number(hour) % 12) * 60 + Number(minute) + (half?.toLowerCase() === 'p' ? 720 : 0)]
    const whole = Number(hours ?? uhr ?? 24)
    return whole < 24 ? [whole * 60 + (uhr === undefined ? Number(minutes) : 0)] : []
  })
}

const weekdays =
  /(?<![\p{L}])(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|today|tonight|tomorrow|yesterday|heute|gestern|demain|hier|hoy|mañana|ayer|oggi|domani|ieri|vandaag|gisteren)(?![\p{L}])/giu
const spans =
  /(?<![\p{L}])(?:weeks?|weekends?|months?|woche|wochenende|monat|semaine|mois|semana|mes|settimana|mese|maand)(?![\p{L}])|(?<![\p{L}])(?<!\d(?:st|nd|rd|th|\.)?\s(?:of\s)?)(?:january|february|march|april|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|octobre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|octubre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre)(?![\p{L}])(?!\.?\s*\d)/iu

/** Days of the week from Sunday on, in the languages of `weekdays`. */
const weekdayNames = [
  'sunday|sonntag|dimanche|domingo|domenica|zondag',
  'monday|montag|lundi|lunes|lunedì|maandag',
  'tuesday|dienstag|mardi|martes|martedì|dinsdag',
  'wednesday|mittwoch|mercredi|miércoles|mercoledì|woensdag',
  'thursday|donnerstag|jeudi|jueves|giovedì|donderdag',
  'friday|freitag|vendredi|viernes|venerdì|vrijdag',
  'saturday|samstag|samedi|sábado|sabato|zaterdag',
].map((names) => names.split('|'))

/** The days of the week that a text names, 0 for Sunday; none where it also names a day or span that they do not tell. */
export function weekdaysIn(text: string): number[] {
  const named = (text.toLowerCase().match(weekdays) ?? []).map((word) =>
    weekdayNames.findIndex((names) => names.includes(word.replace(/s$/, '')) || names.includes(word)),
  )
  return spans.test(text) || named.includes(-1) ? [] : named
}

/** The day of the week of a day with its year, 0 for Sunday (Sakamoto's method). */
export function weekdayOf({ year, month, day }: Day): number | null {
  if (year === null) return null
  const y = month < 3 ? year - 1 : year
  const shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1] ?? 0
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shift + day) % 7
}

/** How many days or spans a text names that only a calendar could tell: "on Friday", "in the first week of December". */
export function looseDaysIn(text: string): number {
  return (text.match(weekdays)?.length ?? 0) + (spans.test(text) ? 1 : 0)
}

/** Whether a record begins at a day and a time that the owner named, or on a day they named; null where it has no moment. */
export function momentOf(
  { fields }: Item,
  { days, clocks }: Words,
): { field: Field; hasClock: boolean } | null {
  for (const field of fields) {
    const found = typeof field.value === 'string' ? moment.exec(field.value) : null
    if (found === null) continue
    const [day] = daysIn(field.value as string)
    if (day === undefined || !days.some((named) => isSameDay(named, day))) continue
    const at = Number(found[1]) * 60 + Number(found[2])
    return { field, hasClock: clocks.includes(at) }
  }
  return null
}

const moment = /^\d{4}-\d{2}-\d{2}[T ](\d{2}):(\d{2})/
