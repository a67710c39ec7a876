/**
 * Keeps secrets out of what is written for people and files: by the name they stand under, and by value wherever they
 * stand. Logs, `doctor` and printed settings go through here.
 */
import type { LeakIndex } from './fingerprint.ts'
import { leakSpans, scan } from './leak.ts'

/** What is written in the place of a secret. */
export const redacted = '***REDACTED***'

/** A secret that no serializer prints; its value is lent to a function and to nothing else. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Lends the value to `use`, which must not let it out. */
  spend<T>(use: (value: string) => T): T {
    return use(this.#value)
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [Symbol.toPrimitive](): string {
    return redacted
  }

  /** What `console.log` and `util.inspect` print. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted
  }
}

/** Whether what stands under this name is a secret: `*_PASSWORD *_SECRET *_KEY *_TOKEN` in any spelling, and headers that sign in. */
export function isSecretName(name: string): boolean {
  const upper = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toUpperCase()
  return /^(PASSWORD|SECRET|TOKEN|AUTHORIZATION|(SET_)?COOKIE|SECRET_KEY_BASE)$|_(PASSWORD|SECRET|KEY|TOKEN)$/.test(
    upper,
  )
}

const urlPassword = /\b([a-z][a-z\d+.-]*:\/\/[^\s/?#@:]*):[^\s/?#@]+@/gi
const assignment =
  /(?<![\w-])((?:[\w-]+[_-](?:password|secret|key|token)|SECRET_KEY_BASE)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&"'}]+)/gi
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=*-]{8,}/g

/** A text without passwords in addresses, `NAME_TOKEN=value`, bearer tokens, and any value of the indexes in any encoding. */
export function redactText(text: string, indexes: readonly LeakIndex[] = []): string {
  return withoutValues(text, indexes)
    .replace(urlPassword, `$1:${redacted}@`)
    .replace(assignment, `$1${redacted}`)
    .replace(bearer, `$1 ${redacted}`)
}

/** A text without any value of the indexes in any encoding; where no one place holds it, nothing of the text is left. */
export function withoutValues(text: string, indexes: readonly LeakIndex[]): string {
  return indexes.reduce(withoutValuesOf, text)
}

function withoutValuesOf(text: string, index: LeakIndex): string {
  let result = ''
  let done = 0
  for (const [start, end] of leakSpans(text, index)) {
    result += text.slice(done, start) + redacted
    done = end
  }
  result += text.slice(done)
  return scan(result, index).leaks.length === 0 ? result : redacted
}

const maxDepth = 8

/** A copy of anything, for a log: secrets out, errors as plain data, binary data as its size, loops cut. */
export function redactValue(value: unknown, indexes: readonly LeakIndex[] = []): unknown {
  return copy(value, indexes, [])
}

function copy(value: unknown, indexes: readonly LeakIndex[], inside: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value, indexes)
  if (typeof value === 'bigint') return redactText(String(value), indexes)
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return redacted
  if (inside.includes(value) || inside.length >= maxDepth) return '…'
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`
  const path = [...inside, value]
  if (Array.isArray(value)) return value.map((each) => copy(each, indexes, path))
  if (value instanceof Map) return copyFields([...value], indexes, path)
  if (value instanceof Set) return [...value].map((each) => copy(each, indexes, path))
  if (value instanceof Error) return copyFields(errorFields(value), indexes, path)
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), indexes, path)
  return copyFields(Object.entries(value), indexes, path)
}

function copyFields(
  fields: readonly (readonly [unknown, unknown])[],
  indexes: readonly LeakIndex[],
  path: readonly object[],
): unknown {
  const result: { [name: string]: unknown } = Object.create(null)
  for (const [key, value] of fields) {
    const name = String(key)
    const hidden = isSecretName(name) && value !== null && value !== undefined && typeof value !== 'boolean'
    result[redactText(name, indexes)] = hidden ? redacted : copy(value, indexes, path)
  }
  return { ...result }
}

function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error
  const own = Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key))
  const more: [string, unknown][] = cause === undefined ? [] : [['cause', cause]]
  return [['type', name], ['message', message], ['stack', stack], ...own, ...more]
}
