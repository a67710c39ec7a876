/** Tokens of links: 128 bits are not guessed, but who tries many wrong ones is stopped all the same. */
import { CastellanError } from '@castellan/contracts'
import { limiterKey } from '../limits/index.ts'
import type { PeopleOptions } from './types.ts'

const rule = { failures: 10, windowMs: 900_000, blockMs: 900_000 } as const

/** Runs what a token opens; each `link_spent` counts against the address, ten of them block it for 15 minutes. */
export async function withGuess<T>(
  { limiter }: PeopleOptions,
  address: string,
  work: () => Promise<T>,
): Promise<T> {
  const key = limiterKey(address)
  const attempt = await limiter.reserve('link', key, rule)
  if ('blockedUntil' in attempt) {
    const details = { retryAfterMs: attempt.waitMs }
    throw new CastellanError(
      'too_many_attempts',
      'Too many links from this address were worthless. Wait a while.',
      {
        details,
      },
    )
  }
  try {
    const result = await work()
    await limiter.forgive('link', key)
    return result
  } catch (error) {
    // A password that was refused says nothing about the token.
    if (!(error instanceof CastellanError && error.code === 'link_spent')) await limiter.forgive('link', key)
    throw error
  }
}

/** The refusal of a token that is used, expired, taken back or never was: one answer for all four. */
export function spent(what: 'invitation' | 'link'): CastellanError {
  return new CastellanError(
    'link_spent',
    `This ${what} was used already, was taken back, or has expired. Nothing was changed.`,
    { hint: what === 'invitation' ? 'ask the owner for a new one' : 'ask for a new one' },
  )
}
