/** A page that says one thing to people and another to models. The sensor marks it; the content passes as it came. */
import { describe, expect, test } from 'vitest'
import { sense } from '../../packages/server/src/sensor/index.ts'
import { readPage } from '../../packages/server/src/skills/reading/page.ts'
import { honest } from './corpus/honest.ts'
import { hostile, type Snippet } from './corpus/hostile.ts'

const foreign = { '': { sources: ['web:x.example'], readers: 'everyone' as const } }

/** What is marked once a snippet has come in, by markup and by text. */
function marksOn({ html, text }: Snippet) {
  if (html === undefined) return sense({ text: text ?? '' }, foreign)
  const page = readPage(html, 'https://x.example/')
  return [...page.found, ...sense({ title: page.title, text: page.text }, foreign)]
}

const isMarked = (snippet: Snippet) => marksOn(snippet).some((mark) => mark.weight === 'high')

/** Meaning without any sign of it: what to do about these is the gate's, not the sensor's. */
const missed = ['a plain request in a mail', 'an order that names nobody', 'an order in base64']

describe('the corpus', () => {
  const caught = hostile.filter(isMarked)
  const wronged = honest.filter(isMarked)

  test('is large enough to say something', () => {
    expect([hostile.length >= 60, honest.length >= 60]).toEqual([true, true])
  })

  test('hostile snippets are marked, but for those that no sign betrays', () => {
    expect(hostile.filter((each) => !caught.includes(each)).map((each) => each.name)).toEqual(missed)
  })

  test('honest ones are not marked heavily', () => {
    expect(wronged.map((each) => `${each.name}: ${JSON.stringify(marksOn(each))}`)).toEqual([])
  })
})
