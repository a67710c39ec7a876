/**
 * The sensor: finds in what comes in what was made for a model and not for people. Evidence and never permission: content
 * passes unchanged, and nothing that decides may import this (tests/architecture/sensor.test.ts).
 */
import type { FieldLabels, Found, Json } from '@castellan/contracts'
import { escapePointer, foreignSources, labelAt } from '@castellan/kernel'
import { marksOf, type Sight } from './marks.ts'
import { senseText } from './text.ts'

export { senseMarkup } from './markup.ts'

/** Units of text of one result that are looked at. */
const mostCharacters = 200_000
/** Texts of one result that are looked at. */
const mostTexts = 4_000

/** Marks what is foreign in a result. Total: whatever the value, it answers, and in bounded time. */
export function sense(value: Json, labels: FieldLabels): Found[] {
  try {
    return marksOf(sightsOf(value, labels))
  } catch {
    // What was done is done: a fault of the sensor must not make it look otherwise.
    return marksOf([{ kind: 'unread', weight: 'low', text: '', where: '' }])
  }
}

function sightsOf(value: Json, labels: FieldLabels): Sight[] {
  const sights: Sight[] = []
  let [room, texts, unread] = [mostCharacters, mostTexts, 0]
  const waiting: [pointer: string, value: Json][] = [['', value]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [pointer, each] = next
    if (typeof each === 'string') {
      if (isShort(each) || foreignSources(labelAt(labels, pointer)).length === 0) continue
      const looked = texts > 0 ? each.slice(0, room) : ''
      unread += each.length - looked.length
      room -= looked.length
      texts--
      sights.push(...senseText(looked, pointer))
    } else if (each !== null && typeof each === 'object') {
      const members = Object.entries(each).reverse()
      for (const [name, member] of members) waiting.push([`${pointer}/${escapePointer(name)}`, member])
    }
  }
  if (unread > 0) sights.push({ kind: 'unread', weight: 'low', text: '', where: '', count: unread })
  return sights
}

/** No phrase, no token and nothing unseen fits in so few plain characters. */
function isShort(text: string): boolean {
  return text.length < 12 && /^[ -~]*$/.test(text)
}
