/** The token must be found in each form of the link, and nothing else be taken for one. */
import { describe, expect, it } from 'vitest'
import { tokenFrom } from './token.ts'

describe('tokenFrom', () => {
  it('reads both forms of the link', () => {
    expect(tokenFrom('/signin', '#abc-123')).toBe('abc-123')
    expect(tokenFrom('/', '#token=abc')).toBe('abc')
    expect(tokenFrom('/signin', '#token=abc')).toBe('abc')
  })

  it('leaves the fragments of other pages alone', () => {
    expect(tokenFrom('/settings', '#AUTH_RATE_LIMIT')).toBeNull()
    expect(tokenFrom('/signin', '')).toBeNull()
    expect(tokenFrom('/', '#token=')).toBeNull()
  })
})
