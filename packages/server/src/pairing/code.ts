/** One-time codes: nine symbols that a person can read aloud and type, 41.8 bits, kept only under a keyed hash. */
import { createHash, createHmac, randomInt } from 'node:crypto'
import { codeLength, codeSymbols } from '@castellan/contracts'

/** A new code, without its dashes. */
export function newCode(): string {
  return Array.from({ length: codeLength }, () => codeSymbols[randomInt(codeSymbols.length)]).join('')
}

/** A code as it is shown: three groups of three. */
export function grouped(code: string): string {
  return code.match(/.{1,3}/g)?.join('-') ?? code
}

/** The code that a person or program wrote, or undefined when it cannot be one. Case, spaces and dashes do not matter. */
export function parseCode(text: string): string | undefined {
  const code = text.replace(/[\s-]/g, '').toUpperCase()
  return code.length === codeLength && [...code].every((each) => codeSymbols.includes(each))
    ? code
    : undefined
}

/**
 * What the database keeps of a code. Keyed, because 2^42 guesses at a stolen table would take a machine less than the ten
 * minutes a code lives; deterministic, so that it is found by its index and no comparison tells anything by its time.
 */
export function hashOfCode(root: Buffer, code: string): Buffer {
  return createHmac('sha256', root).update(`code ${code}`).digest()
}

/** What the transcript holds of a code, as both sides can compute it; hex. */
export function digestOfCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
