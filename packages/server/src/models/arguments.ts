/** What a model wrote, in a form that can be stored and walked: the border between its text and our values. */
import type { Json } from '@castellan/contracts'

const maxDepth = 64

/** Arguments as JSON, or the raw text with what is wrong with it: the model can then be told and try again. */
export function readArguments(input: string): { args: Json; problem?: string } {
  const raw = storable(input)
  let args: Json
  try {
    args = JSON.parse(input.trim() === '' ? '{}' : input) as Json
  } catch {
    return { args: raw, problem: 'The arguments are not valid JSON.' }
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return { args: raw, problem: 'The arguments are not a JSON object.' }
  if (deeperThan(args, maxDepth))
    return { args: raw, problem: `The arguments are nested deeper than ${maxDepth} levels.` }
  // PostgreSQL stores neither; an odd number of backslashes makes it an escape and not text about one.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f][0-9a-f]{2})/i.test(JSON.stringify(args)))
    return { args: raw, problem: 'The arguments hold a NUL character or half a surrogate pair.' }
  return { args }
}

/** Whether a value is nested so deep that whoever walks it next could run out of stack. */
function deeperThan(root: Json, limit: number): boolean {
  let level: Json[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
  }
  return false
}

/** Text that PostgreSQL can store. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
