/** A source must never be shown as more trusted than it is. */
import { describe, expect, it } from 'vitest'
import { foreignSources, isForeign, originClasses, viewSource } from './classes.ts'

describe('viewSource', () => {
  it.each([
    ['owner', 'you', 'own', ''],
    ['system', 'system', 'own', ''],
    ['member:anna', 'member', 'house', 'anna'],
    ['pasted', 'pasted', 'foreign', ''],
    ['web:example.org', 'web', 'foreign', 'example.org'],
    ['mail:anna@example.org', 'mail', 'foreign', 'anna@example.org'],
    ['feed:https://example.org/a.xml', 'feed', 'foreign', 'https://example.org/a.xml'],
    ['file:notes/today.md', 'file', 'foreign', 'notes/today.md'],
    ['repo:a/b', 'repository', 'foreign', 'a/b'],
    ['plugin:weather', 'plugin', 'foreign', 'weather'],
    ['mcp:files', 'mcp', 'foreign', 'files'],
    ['model:claude', 'model', 'foreign', 'claude'],
  ])('tells %s', (source, kind, standing, place) => {
    expect(viewSource(source)).toMatchObject({ class: kind, standing, place })
  })

  it.each(['owner:evil.example', 'system:x', 'OWNER', ' owner', 'constructor', '__proto__', '', 'ipfs:abc'])(
    'trusts %j for nothing',
    (source) => {
      expect(viewSource(source)).toMatchObject({ class: 'other', standing: 'foreign' })
    },
  )

  it('has a class for everything UI.md names', () => {
    expect(originClasses).toHaveLength(13)
  })
})

describe('to a member', () => {
  it('their own words are theirs, and the owner is somebody of the house', () => {
    expect(viewSource('member:mia', 'member:mia')).toEqual(viewSource('owner'))
    expect(viewSource('member:ben', 'member:mia')).toEqual(viewSource('member:ben'))
    expect(viewSource('owner', 'member:mia')).toMatchObject({ standing: 'house', place: 'the owner' })
    expect(viewSource('web:a', 'web:a')).toEqual(viewSource('web:a'))
  })
})

describe('foreignSources', () => {
  it('names foreign sources once', () => {
    expect(foreignSources(['owner', 'web:a', 'web:a', 'member:b', 'model:c'])).toEqual(['web:a', 'model:c'])
    expect(isForeign('pasted')).toBe(true)
  })
})
