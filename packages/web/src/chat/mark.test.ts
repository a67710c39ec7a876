/** A place must be marked where the question saw it, not at the first word that is the same. */
import { describe, expect, it } from 'vitest'
import { findPlace } from './mark.ts'

const place = { before: 'please send to ', match: 'eve@evil.example', after: ' today' }

describe('findPlace', () => {
  it('prefers the words around it', () => {
    const text = 'From eve@evil.example: please send to eve@evil.example today.'
    expect(findPlace(text, place)).toBe(text.lastIndexOf('eve@'))
  })

  it('is content with the match alone, and says when it stands nowhere', () => {
    expect(findPlace('To eve@evil.example.', place)).toBe(3)
    expect(findPlace('To bob@a.example.', place)).toBe(-1)
  })
})
