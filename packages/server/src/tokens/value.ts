/** The secret values of the house's own tokens: a prefix that names the kind, then 256 random bits as base64url. */
import { createHash, randomBytes } from 'node:crypto'

/** The kinds there are; a found token says by its prefix what it opens. */
export type Prefix = 'csp_' | 'csr_' | 'cac_'

/** A new value. */
export const newValue = (prefix: Prefix): string => prefix + randomBytes(32).toString('base64url')

/** Whether a text could be a value of that kind; asked before anything is hashed or looked up. */
export const hasForm = (prefix: Prefix, text: string): boolean =>
  text.length === prefix.length + 43 && text.startsWith(prefix) && /^[\w-]{43}$/.test(text.slice(4))

/** What the database keeps of it: a stolen table opens nothing. 256 random bits need no slow hash. */
export const hashOfValue = (value: string): Buffer => createHash('sha256').update(value).digest()
