/** How an option's text becomes a value: one small parser per kind, each refusing in words that name no value. */
import { isIP } from 'node:net'
import { isLocalName, isLoopbackAddress } from '@castellan/kernel'

/** What an option may hold once read. */
export type OptionValue = string | number | boolean | readonly string[] | null

/** Reads and writes the values of one kind. `parse` throws `Unfit`. */
export interface Kind<T extends OptionValue> {
  readonly type: 'string' | 'integer' | 'boolean' | 'list'
  parse(text: string): T
}

/** Why a text is no value of its kind; completes "PORT …" and never holds the text. */
export class Unfit extends Error {}

/** A whole number within bounds, both included. */
export function integer(least: number, most: number): Kind<number> {
  return {
    type: 'integer',
    parse(text) {
      const value = Number(text)
      if (/^-?\d{1,15}$/.test(text) && value >= least && value <= most) return value
      throw new Unfit(`must be a whole number from ${least} to ${most}`)
    },
  }
}

/** Ports below 1024 need root and belong to others; 0 lets the system choose. */
export const port: Kind<number> = {
  type: 'integer',
  parse(text) {
    const value = Number(text)
    if (/^\d{1,5}$/.test(text) && (value === 0 || (value >= 1024 && value <= 65_535))) return value
    throw new Unfit('must be a port from 1024 to 65535, or 0 for any free one')
  },
}

/** Text that fits a pattern; `words` completes "must be …". */
export function text(pattern: RegExp, words: string): Kind<string> {
  return {
    type: 'string',
    parse(value) {
      if (pattern.test(value)) return value
      throw new Unfit(`must be ${words}`)
    },
  }
}

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    type: 'string',
    parse(value) {
      const found = words.find((word) => word === value)
      if (found !== undefined) return found
      throw new Unfit(`must be one of ${words.join(', ')}`)
    },
  }
}

/** Words separated by commas, each of which passes `check`; `words` completes "must be a list of …". */
export function list(check: (item: string) => boolean, words: string): Kind<readonly string[]> {
  return {
    type: 'list',
    parse(value) {
      const items = value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
      if (items.every(check)) return Object.freeze(items)
      throw new Unfit(`must be a list of ${words}, separated by commas`)
    },
  }
}

/** A secret of at least so many bytes. */
export function secret(leastBytes: number): Kind<string> {
  return {
    type: 'string',
    parse(value) {
      if (Buffer.byteLength(value) >= leastBytes) return value
      throw new Unfit(`must have at least ${leastBytes} bytes`)
    },
  }
}

/** Where PostgreSQL is; a password in it makes it a secret. */
export const postgresUrl: Kind<string> = {
  type: 'string',
  parse(value) {
    const url = URL.canParse(value) ? new URL(value) : null
    if (url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1) return value
    throw new Unfit('must look like postgres://user:password@host:5432/database')
  },
}

/** Where mail goes out; a password in it makes it a secret. */
export const smtpUrl: Kind<string> = {
  type: 'string',
  parse(value) {
    const url = URL.canParse(value) ? new URL(value) : null
    if (url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '' && url.pathname.length <= 1)
      return value
    throw new Unfit('must look like smtps://user:password@mail.example:465')
  },
}

/** An address to listen on, or a name of this machine. */
export const host: Kind<string> = {
  type: 'string',
  parse(value) {
    if (isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(value)) return value
    throw new Unfit('must be an address or a host name')
  },
}

/** A time zone of the IANA database. */
export const timeZone: Kind<string> = {
  type: 'string',
  parse(value) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
    } catch {
      throw new Unfit('must be a time zone such as Europe/Vienna')
    }
  },
}

/** Whether only this machine can reach a listener on `name`. */
export function isLoopback(name: string): boolean {
  return isLocalName(name) || isLoopbackAddress(name)
}
