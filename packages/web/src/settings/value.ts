/** An option's value as text in a field, and back. Pure. */
import type { Json, OptionView } from '@castellan/contracts'

/** How a value is written where it is shown. */
export const showValue = (value: Json): string => {
  if (value === null || value === '') return 'not set'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** How a value is written where it is edited: lists one entry per line. */
export const editValue = (value: Json): string => {
  if (value === null) return ''
  return Array.isArray(value)
    ? value.map(String).join('\n')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
}

/** What a typed text means for an option of this type; an error in words when it means nothing. */
export const parseValue = (type: OptionView['type'], text: string): { value: Json } | { error: string } => {
  const trimmed = text.trim()
  if (type === 'integer') {
    return /^-?\d{1,15}$/.test(trimmed) ? { value: Number(trimmed) } : { error: 'A whole number is needed.' }
  }
  if (type === 'list')
    return {
      value:
        trimmed === ''
          ? []
          : trimmed
              .split(/[\n,]/)
              .map((s) => s.trim())
              .filter((s) => s !== ''),
    }
  if (type === 'boolean') return { value: trimmed === 'true' }
  return { value: trimmed }
}
