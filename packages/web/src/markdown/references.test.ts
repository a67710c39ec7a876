import { expect, test } from 'vitest'
import { references, split } from './references.ts'

const refs = new Set(['web_17.text', 'mail_3'])

test('known references are taken out of the text, others stay as they are written', () => {
  expect(split('It says {{web_17.text}} and {{ mail_3 }}, not {{web_9}}.', refs)).toEqual([
    'It says ',
    { ref: 'web_17.text' },
    ' and ',
    { ref: 'mail_3' },
    ', not {{web_9}}.',
  ])
})

test('only text is looked at: an address with a reference in it leads nowhere', () => {
  const link = {
    type: 'element',
    tagName: 'a',
    properties: { href: '{{mail_3}}' },
    children: [{ type: 'text', value: '{{mail_3}}' }],
  }
  const tree = { type: 'root', children: [link] }
  references(refs)()(tree)
  expect(tree.children).toMatchObject([
    {
      properties: { href: '{{mail_3}}' },
      children: [{ tagName: 'span', properties: { 'data-ref': 'mail_3' } }],
    },
  ])
})
