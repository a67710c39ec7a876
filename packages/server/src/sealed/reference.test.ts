import type { Json, Label } from '@castellan/contracts'
import { join, label, labelAt, ownerLabel } from '@castellan/kernel'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handleIn, handleOf, lookUp, type Named, referencesIn, resolve } from './reference.ts'

const web = label(['web:evil.example'])
const mail = label(['mail:eve'], ['owner'])
const stored = new Map<number, Named>([
  [
    17,
    {
      skill: 'web.fetch',
      value: { text: 'foreign {{web_17.title}}', n: 5, items: [{ name: 'a' }] },
      labels: { '': web },
    },
  ],
  [3, { skill: 'mail.read', value: { from: 'eve', body: 'hi' }, labels: { '': mail, '/from': ownerLabel } }],
])
const find = (seq: number) => stored.get(seq)
const resolved = (args: Json, written: Label = ownerLabel) => resolve(args, find, written)

describe('a reference', () => {
  it('alone in a string is the value itself, with its label', () => {
    expect(resolved({ n: '{{web_17.n}}', all: '{{ web_17.items }}' })).toEqual({
      args: { n: 5, all: [{ name: 'a' }] },
      references: { '/n': web, '/all': web },
    })
  })

  it('within a text is put in as text, and the text is as untrusted as all of its parts', () => {
    const tainted = label(['owner', 'feed:x'])
    expect(resolved({ text: 'a {{mail_3.body}} b {{web_17.n}}' }, tainted)).toEqual({
      args: { text: 'a hi b 5' },
      references: { '/text': join(tainted, join(web, mail)) },
    })
  })

  it('carries the label of its own field, and an object that of every field', () => {
    expect(resolved({ a: '{{mail_3.from}}', b: '{{mail_3}}' })).toMatchObject({
      references: { '/a': ownerLabel, '/b': join(ownerLabel, mail) },
    })
  })

  it('is never looked for in what another stands for', () => {
    expect(resolved({ text: 'see {{web_17.text}}' })).toMatchObject({
      args: { text: 'see foreign {{web_17.title}}' },
    })
  })

  it.each([
    '{{web_18.text}}',
    '{{mail_17.text}}',
    '{{web_17.none}}',
    '{{web_17.text.length}}',
    '{{web_17.__proto__}}',
  ])('%s leads nowhere, and says so', (text) => {
    expect(resolved({ text })).toEqual({ problem: expect.stringContaining(text) })
  })

  it('that is none is left alone', () => {
    const args = { text: '{{name}} {{ user.name }} {{#each x}} {web_17} {{web_17', 'web_17.text': ['{{}}'] }
    expect(resolved(args)).toEqual({ args, references: {} })
    expect(referencesIn(args)).toEqual([])
  })

  it('cannot make a call larger than anything could take', () => {
    stored.set(99, { skill: 'web.fetch', value: 'x'.repeat(100_000), labels: { '': web } })
    expect(resolved({ text: '{{web_99}} '.repeat(100) })).toHaveProperty('problem')
  })
})

it('a handle may be written with its braces or without', () => {
  expect([
    handleIn('{{web_17.text}}'),
    handleIn(' web_17.text '),
    handleIn('web 17'),
    handleIn('web_x'),
  ]).toEqual(['web_17.text', 'web_17.text', null, null])
  expect([handleOf('web.fetch', 17), handleOf('sealed.ask', 23)]).toEqual(['web_17', 'ask_23'])
})

it('every place that came by reference has a label, and every other place is what the planner wrote', () => {
  const texts = fc.constantFrom(
    'plain',
    '{{web_17.n}}',
    'a {{web_17.n}}',
    '{{mail_3}}',
    '{{x}}',
    '{{mail_3.from}} and {{web_17.text}}',
  )
  const args = fc.dictionary(
    fc.constantFrom('a', 'b/c', '~d'),
    fc.oneof(texts, fc.array(texts, { maxLength: 3 })),
  )
  fc.assert(
    fc.property(args, (written) => {
      const result = resolved(written)
      if ('problem' in result) throw new Error(result.problem)
      for (const [name, value] of Object.entries(written)) {
        for (const [n, text] of [value].flat().entries()) {
          const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}${Array.isArray(value) ? `/${n}` : ''}`
          const isReference = referencesIn(text).length > 0
          expect(Object.hasOwn(result.references, pointer)).toBe(isReference)
          if (!isReference) continue
          const label = labelAt(result.references, pointer)
          for (const handle of referencesIn(text)) {
            const found = lookUp(handle, find)
            if ('problem' in found) throw new Error(found.problem)
            expect(label.sources).toEqual(expect.arrayContaining([...labelAt(found.labels, '').sources]))
          }
        }
      }
    }),
  )
})
