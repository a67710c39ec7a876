import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { foreignSources, join, label, ownerLabel, systemLabel } from '@castellan/kernel'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelUnder } from './pointer.ts'
import { sealedView } from './view.ts'

const web = label(['web:evil.example'])
const mine = label(['owner'], ['models', 'owner'])

describe('a foreign result', () => {
  const page = { url: 'https://a.example/', title: 'A title', text: 'Some text', size: 5 }
  const shape = ['/url', '/title', '/text']

  it('is shown by handles, types, sizes and the class of its source', () => {
    const view = sealedView(
      'web_17',
      { value: page, labels: { '': web, '/url': ownerLabel } },
      { shape, platform: ['/size'] },
      [],
    )
    expect(view.told).toEqual({
      url: 'https://a.example/',
      title: { sealed: 'web_17.title', type: 'text', characters: 7, from: 'web page' },
      text: { sealed: 'web_17.text', type: 'text', characters: 9, from: 'web page' },
      size: 5,
    })
    expect(view.label).toEqual(label(['owner']))
    expect(view.sealed).toEqual(['web:evil.example'])
  })

  it('shows what stands in the owner’s words, and no more than that', () => {
    const view = sealedView('web_1', { value: page, labels: { '': web } }, { shape }, [
      'Is it called A title?',
    ])
    expect(view.told).toEqual({
      sealed: 'web_1',
      type: 'object',
      characters: expect.any(Number),
      from: 'web page',
    })
    const said = sealedView('web_1', { value: page, labels: { '': web } }, { shape: [...shape, '/size'] }, [
      'Is it called A title or Some texts?',
    ])
    expect(said.told).toMatchObject({ title: 'A title', text: { sealed: 'web_1.text' } })
    expect(foreignSources(said.label)).toEqual([])
  })

  it('shows no long text, no yes and no list for standing in the owner’s words', () => {
    const long = 'word '.repeat(70).trim()
    const value = { text: long, title: true }
    const view = sealedView('web_1', { value, labels: { '': web } }, { shape }, [`Is it true that ${long}?`])
    expect(view.told).toMatchObject({ text: { sealed: 'web_1.text' }, title: { sealed: 'web_1.title' } })
  })

  it('is sealed where a list was declared and somebody wrote an object, whatever its members are called', () => {
    const view = sealedView(
      'web_1',
      { value: { items: { '*': 'x' } }, labels: { '': web } },
      {
        ...{ shape: ['/items/*/name'] },
      },
      [],
    )
    expect(view.told).toMatchObject({ items: { sealed: 'web_1.items', type: 'object' } })
  })

  it('tells nothing of a source of a kind that nobody knows', () => {
    const strange = label(['obey me:now'])
    const view = sealedView('web_1', { value: 'x', labels: { '': strange } }, {}, [])
    expect(view.told).toMatchObject({ from: 'unknown source' })
  })

  it('stays sealed in its place once it was opened, also a list or an object', () => {
    const value = { items: [{ name: 'a', bytes: 3 }], entry: { name: 'b', bytes: 4 } }
    const declared = { shape: ['/items/*/name', '/entry/name'], platform: ['/items/*/bytes', '/entry/bytes'] }
    const opened = new Set(['/items', '/entry'])
    const view = sealedView('file_9', { value, labels: { '': web } }, declared, [], opened)
    expect(view.told).toMatchObject({
      items: { sealed: 'file_9.items' },
      entry: { sealed: 'file_9.entry' },
    })
    expect(view.read.value).toEqual(value)
  })

  it('is one sealed value where its members are called what nobody declared', () => {
    const view = sealedView('web_1', { value: { evil: 1, title: 'x' }, labels: { '': web } }, { shape }, [])
    expect(JSON.stringify(view.told)).not.toContain('evil')
    expect(view.told).toMatchObject({ sealed: 'web_1', type: 'object' })
  })

  it('tells a list of which nothing can be shown in one line, with the names of its members', () => {
    const value = {
      items: [
        { name: 'a', link: 'b' },
        { name: 'c', link: 'd' },
      ],
    }
    const view = sealedView(
      'feed_9',
      { value, labels: { '': web } },
      { shape: ['/items/*/name', '/items/*/link'] },
      [],
    )
    expect(view.told).toEqual({
      items: { sealed: 'feed_9.items', type: 'list', items: 2, members: ['name', 'link'], from: 'web page' },
    })
  })

  it('tells a list by its elements where something of them can be shown', () => {
    const value = { items: [{ name: 'secret name', bytes: 3 }] }
    const declared = { shape: ['/items/*/name'], platform: ['/items/*/bytes'] }
    const view = sealedView('file_9', { value, labels: { '': web } }, declared, [])
    expect(view.told).toMatchObject({ items: [{ name: { sealed: 'file_9.items.0.name' }, bytes: 3 }] })
  })

  it('keeps who may read what is shown of it', () => {
    const secret = label(['web:evil.example'], ['owner'])
    const view = sealedView(
      'web_1',
      { value: { size: 5 }, labels: { '': secret } },
      { platform: ['/size'] },
      [],
    )
    expect(view.label).toEqual(label([], ['owner']))
  })

  it('is sealed where its label is missing', () => {
    expect(sealedView('web_1', { value: 'x', labels: {} }, {}, []).told).toMatchObject({ sealed: 'web_1' })
  })

  it('is told without its size where that would tell something', () => {
    const view = sealedView(
      'ask_1',
      { value: { text: 'long' }, labels: { '': web } },
      { shape: ['/text'], unsized: true },
      [],
    )
    expect(view.told).toEqual({ text: { sealed: 'ask_1.text', from: 'web page' } })
  })

  it('is traced by what was shown or opened of it, each in its place', () => {
    const labels = { '': web, '/url': ownerLabel }
    const view = sealedView(
      'web_1',
      { value: page, labels },
      { shape, platform: ['/size'] },
      [],
      new Set(['/title']),
    )
    expect(view.told).toMatchObject({ title: { sealed: 'web_1.title' } })
    expect(view.read.value).toEqual({ url: 'https://a.example/', title: 'A title', text: null, size: 5 })
    expect(view.read.labels).toMatchObject({ '/title': web, '/url': ownerLabel })
  })
})

it('a result that nobody else wrote is shown as it is', () => {
  const value = { anything: { at: ['all'] } }
  const view = sealedView('time_1', { value, labels: { '': join(systemLabel, mine) } }, {}, [])
  expect(view).toMatchObject({ told: value, label: join(systemLabel, mine), sealed: [] })
})

/** Leaves and member names that can be told apart from everything else. */
const marker = fc.integer({ min: 0, max: 1e9 }).map((n) => `zq${n.toString(36)}qz`)
const leaf = fc.oneof(marker, fc.constant(null), fc.boolean(), fc.nat(9))
const { tree } = fc.letrec<{ tree: Json; object: Json; list: Json }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, tie('object'), tie('list')),
  object: fc.dictionary(fc.oneof(marker, fc.constantFrom('title', 'text', 'items', 'name')), tie('tree'), {
    maxKeys: 4,
  }),
  list: fc.array(tie('tree'), { maxLength: 3 }),
}))
const labels = fc.constantFrom<Label>(
  web,
  label(['mail:eve']),
  ownerLabel,
  systemLabel,
  mine,
  join(web, mine),
)

/** Every pointer into a value, its own first. */
function pointersOf(value: Json, at = ''): string[] {
  if (value === null || typeof value !== 'object') return [at]
  return [at, ...Object.entries(value).flatMap(([name, each]) => pointersOf(each, `${at}/${name}`))]
}

function patternOf(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')
}

interface Texts {
  /** Strings that only a stranger can have written. */
  readonly foreign: string[]
  /** Strings that may be shown. */
  readonly ours: string[]
}

/** The strings of a value, leaves and names of members, by who could have written them. */
function textsOf(
  value: Json,
  all: FieldLabels,
  shape: ReadonlySet<string>,
  platform: ReadonlySet<string>,
): Texts {
  const texts: Texts = { foreign: [], ours: [] }
  const isNamed = (path: string) =>
    [...shape, ...platform].some((each) => each === path || each.startsWith(`${path}/`))
  const visit = (node: Json, at: string): void => {
    const isForeign = foreignSources(labelUnder(all, at)).length > 0
    if (typeof node === 'string')
      texts[isForeign && !platform.has(patternOf(at)) ? 'foreign' : 'ours'].push(node)
    if (node === null || typeof node !== 'object') return
    for (const [name, each] of Object.entries(node)) {
      const below = `${at}/${name}`
      if (!Array.isArray(node)) texts[isForeign && !isNamed(patternOf(below)) ? 'foreign' : 'ours'].push(name)
      visit(each, below)
    }
  }
  visit(value, '')
  return texts
}

it('nothing that a stranger could have written is shown, whatever the result and its labels', () => {
  const results = tree.chain((value) => {
    const pointers = pointersOf(value)
    return fc.record({
      value: fc.constant(value),
      labels: fc.dictionary(fc.constantFrom(...pointers), labels),
      shape: fc.subarray(pointers.map(patternOf)),
      platform: fc.subarray(pointers.map(patternOf)),
      words: fc.array(marker, { maxLength: 2 }),
    })
  })
  let checked = 0
  fc.assert(
    fc.property(results, ({ value, labels: all, shape, platform, words }) => {
      const view = sealedView('web_1', { value, labels: all }, { shape, platform }, words)
      const told = JSON.stringify(view.told)
      const { foreign, ours } = textsOf(value, all, new Set(shape), new Set(platform))
      for (const text of foreign) {
        if (text.length <= 3 || !text.startsWith('zq') || words.includes(text) || ours.includes(text))
          continue
        checked += 1
        expect(told).not.toContain(text)
      }
      expect(foreignSources(view.label)).toEqual([])
    }),
    { numRuns: 3_000 },
  )
  expect(checked).toBeGreaterThan(1_000)
})
