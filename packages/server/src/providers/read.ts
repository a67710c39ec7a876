/** Readers of what providers say of an account. Nothing is believed to have a form before it is looked at. */
import type { Raw } from './row.ts'
import type { Profile } from './types.ts'

/** A text of 1–255 characters; undefined otherwise. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= 255 && value.isWellFormed()
    ? value
    : undefined
}

/** An id that may come as a number; a number that JavaScript cannot hold exactly is none. */
export function id(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : text(value)
}

/** A record within the answer; empty where there is none. */
export function within(raw: Raw, ...path: readonly string[]): Raw {
  let here: unknown = raw
  for (const name of path) here = isRecord(here) ? here[name] : undefined
  return isRecord(here) ? here : {}
}

/** The profile of these parts; undefined without a subject. An address that is none counts as absent. */
export function profile(parts: {
  subject: string | undefined
  name?: unknown
  email?: unknown
  verified?: unknown
  authoritative?: (domain: string) => boolean
}): Profile | undefined {
  if (parts.subject === undefined) return undefined
  const email = address(parts.email)
  // Apple says it as a text, Zoom as a number.
  const emailVerified = email !== null && (parts.verified === true || parts.verified === 'true')
  const authoritative = emailVerified && parts.authoritative?.(domainOf(email)) === true
  return { subject: parts.subject, name: text(parts.name) ?? null, email, emailVerified, authoritative }
}

/** The standard claims (OpenID Connect Core, section 5.1). */
export const standardClaims =
  (authoritative?: (domain: string, raw: Raw) => boolean) =>
  (raw: Raw): Profile | undefined =>
    profile({
      subject: text(raw['sub']),
      name: text(raw['name']) ?? raw['preferred_username'],
      email: raw['email'],
      verified: raw['email_verified'],
      authoritative: (domain) => authoritative?.(domain, raw) === true,
    })

/** The first of a list's records of which something is so. */
export function firstOf(list: unknown, matches: (entry: Raw) => boolean): Raw {
  const entries: readonly unknown[] = Array.isArray(list) ? list : []
  return entries.filter(isRecord).find(matches) ?? {}
}

/** What follows the @, in lower case. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase()
}

/** Printable ASCII on both sides: two addresses that look alike must not be two. */
function address(value: unknown): string | null {
  return typeof value === 'string' && /^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}$/.test(value) ? value : null
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
