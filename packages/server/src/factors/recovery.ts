/** Recovery codes: what somebody has on paper for the day the phone is gone. 80 bits each, so that a digest keeps them. */
import { createHash, randomInt } from 'node:crypto'

/** Without what looks alike on paper: 0 and o, 1 and l. 32 signs, so five bits each. */
const signs = 'abcdefghijkmnpqrstuvwxyz23456789'
const length = 16
const count = 10

/** Ten new codes, as they are shown: groups of four. */
export const newRecoveryCodes = (): string[] => Array.from({ length: count }, newCode)

/** What is stored of a code in any spelling; bound to its person, so that equal codes of two are not equal here. */
export function hashOfRecoveryCode(person: string, code: string): Buffer {
  const bare = code.toLowerCase().replace(/[\s-]/g, '')
  return createHash('sha256').update(`${person}:${bare}`).digest()
}

function newCode(): string {
  const text = Array.from({ length }, () => signs.charAt(randomInt(signs.length))).join('')
  return text.replace(/(.{4})(?=.)/g, '$1-')
}
