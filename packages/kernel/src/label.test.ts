import type { FieldLabels, Label } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bottom,
  foreignSources,
  join,
  joinAll,
  label,
  labelAt,
  labelOfAll,
  mayRead,
  ownerLabel,
  ownerReader,
  type Reader,
  storedLabel,
  unknownLabel,
} from './label.ts'

const source = fc.constantFrom('owner', 'system', 'pasted', 'web:a.example', 'mail:b@c.example', 'member:7')
const readerName = fc.constantFrom('owner', 'models:local', 'models', 'a.example', 'model:qwen')
const anyLabel: fc.Arbitrary<Label> = fc
  .tuple(fc.array(source), fc.oneof(fc.constant('everyone' as const), fc.array(readerName)))
  .map(([sources, readers]) => label(sources, readers))
const anyReader: fc.Arbitrary<Reader> = fc.constantFrom(
  { name: 'a.example', classes: [] },
  { name: 'model:qwen', classes: ['models', 'models:local'] },
  { name: 'model:cloud', classes: ['models'] },
  ownerReader,
)

describe('join', () => {
  it('does not mind order, grouping or repetition, and bottom adds nothing', () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, anyLabel, (a, b, c) => {
        expect(join(a, b)).toEqual(join(b, a))
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)))
        expect(join(a, a)).toEqual(a)
        expect(join(a, bottom)).toEqual(a)
        expect(joinAll([a, b, c])).toEqual(join(a, join(b, c)))
      }),
    )
  })

  it('never makes a value more trusted or less secret', () => {
    fc.assert(
      fc.property(anyLabel, anyLabel, anyReader, (a, b, reader) => {
        const both = join(a, b)
        expect(foreignSources(both)).toEqual(expect.arrayContaining(foreignSources(a)))
        if (!mayRead(a, reader)) expect(mayRead(both, reader)).toBe(false)
      }),
    )
  })

  it('of nothing is bottom, which everyone may read', () => {
    expect(joinAll([])).toEqual(bottom)
    expect(mayRead(bottom, { name: 'anyone.example', classes: [] })).toBe(true)
  })

  it('leaves its arguments as they were', () => {
    const a = Object.freeze(label(['owner'], ['owner']))
    join(a, label(['web:x.example']))
    expect(a).toEqual({ sources: ['owner'], readers: ['owner'] })
  })
})

describe('labelAt', () => {
  const labels: FieldLabels = {
    '': label(['system']),
    '/mail': label(['mail:eve@x.example']),
    '/mail/from': label(['system', 'owner']),
    '/a~1b': label(['web:slash.example']),
  }

  it.each([
    ['', ['system']],
    ['/id', ['system']],
    ['/mail', ['mail:eve@x.example']],
    ['/mail/body/0', ['mail:eve@x.example']],
    ['/mail/from', ['owner', 'system']],
    ['/mail/from/name', ['owner', 'system']],
    ['/mailbox', ['system']],
    ['/mail/fromage', ['mail:eve@x.example']],
    ['/a~1b/c', ['web:slash.example']],
    ['/a', ['system']],
  ])('takes the longest labelled prefix of whole segments for "%s"', (pointer, sources) => {
    expect(labelAt(labels, pointer).sources).toEqual(sources)
  })

  it('finds what a plain search over all prefixes finds', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', '0', '~0', '~1')
    const pointer = fc.array(segment, { maxLength: 4 }).map((path) => path.map((each) => `/${each}`).join(''))
    fc.assert(
      fc.property(fc.dictionary(pointer, anyLabel), pointer, (some, wanted) => {
        const prefixes = Object.keys(some).filter((each) => wanted === each || wanted.startsWith(`${each}/`))
        const longest = prefixes.sort((a, b) => b.length - a.length)[0]
        expect(labelAt(some, wanted)).toEqual(longest === undefined ? unknownLabel : some[longest])
      }),
    )
  })

  it('trusts nothing that has no label, and looks up no inherited names', () => {
    expect(labelAt({}, '/x')).toEqual(unknownLabel)
    expect(labelAt({}, '')).toEqual(unknownLabel)
    expect(labelAt({}, 'toString')).toEqual(unknownLabel)
    expect(labelAt({}, '__proto__')).toEqual(unknownLabel)
  })
})

describe('labelOfAll', () => {
  it('holds every field, and what is unknown when the whole has no label', () => {
    const page = label(['web:x.example'])
    expect(labelOfAll({ '': label(['system']), '/body': page })).toEqual(label(['system', 'web:x.example']))
    expect(labelOfAll({ '/body': page })).toEqual(label(['unknown', 'web:x.example'], ['owner']))
    expect(labelOfAll({})).toEqual(unknownLabel)
  })
})

describe('mayRead', () => {
  const secret = label(['owner'], ['owner', 'models:local'])

  it.each<[string, Reader, boolean]>([
    ['the owner', ownerReader, true],
    ['a model on this machine', { name: 'model:qwen', classes: ['models', 'models:local'] }, true],
    ['a model elsewhere', { name: 'model:cloud', classes: ['models'] }, false],
    ['a host', { name: 'a.example', classes: [] }, false],
    ['a host that is called owner', { name: 'owner', classes: [] }, false],
    ['a model that is called models:local', { name: 'models:local', classes: ['models'] }, false],
  ])('answers for %s', (_who, reader, expected) => {
    expect(mayRead(secret, reader)).toBe(expected)
  })

  it('lets the owner read what names somebody else, and nobody read what names no one', () => {
    expect(mayRead(label(['owner'], ['a.example']), ownerReader)).toBe(true)
    expect(mayRead(label(['owner'], ['a.example']), { name: 'a.example', classes: [] })).toBe(true)
    expect(mayRead(label(['owner'], []), { name: 'a.example', classes: ['models'] })).toBe(false)
  })
})

describe('a stored row', () => {
  it('that names no source is trusted for nothing', () => {
    expect(storedLabel({ sources: [], readers: null })).toEqual(unknownLabel)
    expect(storedLabel({ sources: null, readers: null })).toEqual(unknownLabel)
    expect(storedLabel({ sources: ['owner'], readers: null })).toEqual(ownerLabel)
  })
})
