/** Chat accounts, through the one door that channels have: strangers, guesses, groups, other people's codes, used ones. */
import { randomInt } from 'node:crypto'
import { codeSymbols } from '@castellan/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Heard } from '../../packages/server/src/pairing/index.ts'
import { minute, type Name, openPairingHouse, type PairingHouse, told } from './pairing-house.ts'

let house: PairingHouse
beforeAll(async () => {
  house = await openPairingHouse()
})
afterAll(() => house.close())
beforeEach(() => house.reset())

const hear = (text: string, over: Partial<Heard> = {}) =>
  house.pairing.hear({ channel: 'telegram', account: '4711', name: 'Mia 🦊', group: false, text, ...over })
const guess = () => Array.from({ length: 9 }, () => codeSymbols[randomInt(25)]).join('')
const code = async (as: Name = 'mia', channel = 'telegram') => (await house.makeCode(as, { channel })).code
const who = (name: Name) => ({ tenant: house.people[name].tenant, person: house.people[name].person })
const accounts = async () =>
  (await house.admin.query('select channel, external_id, person_id from castellan.accounts')).rows

test('the first stranger who writes becomes nobody, however they put it', async () => {
  const texts = [
    'hello',
    '/start',
    '/pair',
    '/start owner',
    'I am the owner',
    'pair me',
    '',
    '\0',
    guess(),
    `/pair ${guess()}`,
    '{"owner":true}',
    'a'.repeat(10_000),
  ]
  for (const [n, text] of texts.entries())
    expect(await hear(text, { account: `first ${n}` })).toHaveProperty('unknown')
  expect(await accounts()).toEqual([])
})

test('an account is its person’s from the moment it has sent their code', async () => {
  expect(await hear(`/pair ${(await code()).toLowerCase()}`)).toMatchObject({ paired: who('mia') })
  expect(await hear('good morning')).toEqual({ known: who('mia') })
  expect(await house.alerts('mia')).toEqual(['pairing.account 1'])
  const list = await (await house.send('GET', '/api/accounts', undefined, { as: 'mia' })).json()
  expect(list).toMatchObject({ accounts: [{ channel: 'telegram', external_id: '4711', name: 'Mia 🦊' }] })
})

test('a stranger is told the same whatever they send, and then nothing', async () => {
  const used = await code()
  await hear(used, { account: 'mia' })
  const late = await code()
  house.clock.now += 10 * minute
  const elsewhere = await code('mia', 'discord')
  const devices = (await house.makeCode('mia')).code
  const replies = new Set<unknown>()
  for (const [n, text] of ['hello', guess(), used, late, elsewhere, devices, '/start'].entries())
    replies.add(JSON.stringify(await hear(text, { account: `stranger ${n}` })))
  expect(replies.size).toBe(1)
  const answers = []
  for (let n = 0; n < 5; n++) answers.push(await hear('hello', { account: 'loud' }))
  expect(answers.map((each) => 'unknown' in each && each.unknown.reply !== null)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect(await accounts()).toHaveLength(1)
})

test('a code is for its channel, for ten minutes, for one account, and no device’s code is one', async () => {
  expect(await hear(await code('mia', 'discord'))).toHaveProperty('unknown')
  expect(await hear((await house.makeCode('mia')).code)).toHaveProperty('unknown')
  const late = await code()
  house.clock.now += 10 * minute
  expect(await hear(late)).toHaveProperty('unknown')
  const once = await code()
  expect(await hear(once)).toHaveProperty('paired')
  expect(await hear(once, { account: 'second' })).toHaveProperty('unknown')
  expect(await house.alerts('mia')).toEqual(['pairing.account 1', 'pairing.second 1'])
})

test('nor is a chat account’s code one that a device can spend', async () => {
  const chat = await code()
  expect(await told(await house.from()('/auth/pair/hello', { code: chat }))).toEqual([401, 'wrong_code'])
  expect(await hear(chat)).toHaveProperty('paired')
})

test('of two accounts that send one code at once, one is paired', async () => {
  for (let round = 0; round < 5; round++) {
    const both = await code()
    const heard = await Promise.all([0, 1].map((n) => hear(both, { account: `${round} ${n}` })))
    expect(heard.filter((each) => 'paired' in each)).toHaveLength(1)
    expect(await accounts()).toHaveLength(round + 1)
  }
})

test('no group pairs anybody, and strangers in it are not answered', async () => {
  const theirs = await code()
  expect(await hear(theirs, { group: true })).toEqual({ unknown: { reply: null } })
  expect(await hear(theirs)).toHaveProperty('paired')
  for (const text of ['hello', await code('tom')])
    expect(await hear(text, { group: true })).toEqual({ known: who('mia') })
})

test('a paired account is nobody else’s, and the code it sends reaches no agent', async () => {
  await hear(await code('mia'))
  const toms = await code('tom')
  expect(await hear(toms)).toEqual({ refused: who('mia'), reply: 'This account is paired already.' })
  expect(await hear(toms, { account: 'tom' })).toMatchObject({ paired: who('tom') })
  // A word that only looks like a code is a word.
  expect(await hear('prayertum')).toEqual({ known: who('mia') })
})

test('an account that was unpaired is a stranger’s again, and only its person unpairs it', async () => {
  await hear(await code())
  const {
    accounts: [account],
  } = (await (await house.send('GET', '/api/accounts', undefined, { as: 'mia' })).json()) as {
    accounts: { id: string }[]
  }
  const unpair = (as: Name) => house.send('DELETE', `/api/accounts/${account?.id}`, undefined, { as })
  expect((await unpair('owner')).status).toBe(404)
  expect((await unpair('neighbour')).status).toBe(404)
  expect((await unpair('mia')).status).toBe(204)
  expect(await hear('hello')).toHaveProperty('unknown')
  expect(await hear(await code('tom'))).toMatchObject({ paired: who('tom') })
})

test('a person who is disabled is not known by their account', async () => {
  await hear(await code())
  await house.admin.query('update castellan.people set disabled_at = now() where id = $1', [
    house.people.mia.person,
  ])
  expect(await hear('hello')).toHaveProperty('unknown')
  expect(await hear(await code('tom'))).toHaveProperty('unknown')
  await house.admin.query('update castellan.people set disabled_at = null where id = $1', [
    house.people.mia.person,
  ])
})

test('a code that somebody else made as a person is void once that person has started over', async () => {
  const theirs = await code('mia')
  const { mia } = house.people
  await house.db.database
    .as(mia.tenant)
    .transaction()
    .execute((transaction) => house.pairing.endAccess(transaction, mia))
  expect(await hear(theirs)).toHaveProperty('unknown')
  expect(await accounts()).toEqual([])
})

test('a good code in between makes no room for guesses at others’', async () => {
  for (let n = 0; n < 9; n++) await hear(guess(), { account: 'guesser' })
  expect(await hear(await code('tom'), { account: 'guesser' })).toHaveProperty('paired')
  await house.admin.query('delete from castellan.accounts')
  await hear(guess(), { account: 'guesser' })
  expect(await hear(await code('mia'), { account: 'guesser' })).toHaveProperty('unknown')
})

test('ten wrong codes of one account close the door to it, quietly, with one alert', async () => {
  for (let n = 0; n < 10; n++) await hear(guess())
  const right = await code()
  expect(await hear(right)).toHaveProperty('unknown')
  expect(await house.alerts()).toEqual(['pairing.blocked 1'])
  // The same id on another service is another account.
  expect(await hear(await code('tom', 'discord'), { channel: 'discord' })).toHaveProperty('paired')
})

test('many accounts that share the guessing close the channel, and no other', async () => {
  for (let n = 0; n < 50; n++)
    await Promise.all(Array.from({ length: 10 }, (_, k) => hear(guess(), { account: `bot ${n} ${k}` })))
  expect(await hear(await code(), { account: 'mia' })).toHaveProperty('unknown')
  expect(await hear(await code('mia', 'discord'), { channel: 'discord', account: 'mia' })).toHaveProperty(
    'paired',
  )
  expect(await house.alerts()).toEqual(['pairing.flooded 1'])
})

test('an account without an id that can be kept is nobody', async () => {
  const theirs = await code()
  for (const account of ['', '\0', 'a\nb', '\ud800', 'x'.repeat(201)])
    expect(await hear(theirs, { account })).toEqual({ unknown: { reply: null } })
  expect(await hear(theirs, { name: '\0\ud800'.repeat(200) })).toHaveProperty('paired')
})

type Act =
  | { readonly do: 'code'; readonly as: Name; readonly channel: string }
  | {
      readonly do: 'hear'
      readonly account: string
      readonly channel: string
      readonly group: boolean
      readonly pick: number
    }
  | { readonly do: 'wait'; readonly minutes: number }

const names: Name[] = ['owner', 'mia', 'tom', 'neighbour']
const channel = fc.constantFrom('telegram', 'discord')
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant('code' as const), as: fc.constantFrom(...names), channel }),
  fc.record({
    do: fc.constant('hear' as const),
    account: fc.constantFrom('a', 'b', 'c'),
    channel,
    group: fc.boolean(),
    pick: fc.nat(20),
  }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.nat(6) }),
)

test('whatever is said in whatever order, an account is whose code it sent, and no one’s else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
      await house.reset()
      const codes: { code: string; as: Name; channel: string; until: number; open: boolean }[] = []
      const holders = new Map<string, Name>()
      for (const each of acts) {
        if (each.do === 'wait') house.clock.now += each.minutes * minute
        else if (each.do === 'code') {
          for (const other of codes)
            if (other.as === each.as && other.channel === each.channel) other.open = false
          codes.push({
            ...each,
            code: await code(each.as, each.channel),
            until: house.clock.now + 10 * minute,
            open: true,
          })
        } else {
          const sent = codes[each.pick]
          const key = `${each.channel} ${each.account}`
          const holder = holders.get(key)
          const good =
            sent?.open === true &&
            sent.channel === each.channel &&
            sent.until > house.clock.now &&
            !each.group
          const heard = await hear(sent?.code ?? 'hello', each)
          if (holder !== undefined)
            expect(heard).toMatchObject(
              sent === undefined || each.group ? { known: who(holder) } : { refused: who(holder) },
            )
          else if (good) {
            sent.open = false
            holders.set(key, sent.as)
            expect(heard).toMatchObject({ paired: who(sent.as) })
          } else expect(heard).toHaveProperty('unknown')
        }
      }
      expect(await accounts()).toHaveLength(holders.size)
    }),
    { numRuns: 60 },
  )
}, 120_000)
