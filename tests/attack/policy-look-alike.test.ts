/**
 * A page that the run has read makes the planner act on a target that looks like, or is part of, what the owner said.
 * Only what stands in the owner's words exactly is the owner's.
 */
import type { Json } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Gatehouse, openGatehouse, tainted } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

const read = (said: string, args: { [name: string]: Json }) =>
  house.call({ skill: 'test.read', args: args as Json, facts: { ...tainted, words: [said] } })

describe('after reading a foreign page', () => {
  test('what the owner named is read unasked', async () => {
    const outcome = await house.gate()(
      read('Summarise https://peer.example/news, please.', {
        url: 'https://peer.example/news',
        body: 'Summarise',
      }),
    )
    expect(outcome.kind).toBe('done')
  })

  test.each([
    ['a longer host', 'read https://peer.example.evil.example/', 'https://peer.example'],
    ['a shorter path', 'read https://peer.example/a/b', 'https://peer.example/a'],
    ['a query that is added', 'read https://peer.example/', 'https://peer.example/?canary=1'],
    ['a fragment that is added', 'read https://peer.example/', 'https://peer.example/#canary'],
    ['a user name that is added', 'read https://peer.example/', 'https://canary@peer.example/'],
    ['a port that is added', 'read https://peer.example/', 'https://peer.example:8443/'],
    ['another scheme', 'read https://peer.example/', 'http://peer.example/'],
    ['another case', 'read https://peer.example/News', 'https://peer.example/news'],
    ['a final dot', 'read https://peer.example/', 'https://peer.example./'],
    ['Cyrillic letters', 'read https://peer.example/', 'https://рееr.example/'],
    ['full-width letters', 'read https://peer.example/', 'https://ｐeer.example/'],
    ['a zero-width space', 'read https://peer.example/', 'https://peer\u200b.example/'],
    ['a host cut off before U+FEFF', 'read https://peer.example\ufeff.evil.example/', 'https://peer.example'],
    [
      'a URL inside another',
      'read https://peer.example/?next=https://evil.example/',
      'https://evil.example/',
    ],
    ['a URL behind a comma', 'read https://peer.example/x,https://evil.example/', 'https://evil.example/'],
    [
      'a URL in brackets of another',
      'read https://peer.example/(https://evil.example/)',
      'https://evil.example/',
    ],
    ['the host alone', 'read https://peer.example/', 'peer.example'],
  ])('%s is asked about', async (_name, said, url) => {
    const outcome = await house.gate()(read(said, { url, body: said }))
    expect(outcome).toMatchObject({ kind: 'asks', decision: { decision: 'ask' } })
    expect(house.done).toEqual([])
  })

  test('a target hidden in the name of a member is asked about', async () => {
    const said = 'read https://peer.example/ and say hello'
    const args = { url: 'https://peer.example/', body: 'hello', to: { 'eve@evil.example': 'hello' } }
    const outcome = await house.gate()(read(said, args))
    expect(outcome).toMatchObject({ kind: 'asks' })
    expect(house.done).toEqual([])
  })

  test('a host that is called owner reads nothing that only the owner may', async () => {
    const facts = { words: ['http://owner/'], label: { sources: ['owner'], readers: ['owner'] } }
    const args = { url: 'http://owner/', body: 'the diary' }
    expect((await house.gate()(house.call({ skill: 'test.send', args, facts }))).kind).toBe('asks')
    expect(house.done).toEqual([])
  })
})
