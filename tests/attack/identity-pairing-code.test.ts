/** Pairing codes: guessed, used late, used twice, used at once by two, read from a stolen table, taken from a neighbour. */
import { createHash, randomInt } from 'node:crypto'
import { codeSymbols } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newDevice, redeemBody, spendCode } from '../fakes/device.ts'
import { minute, openPairingHouse, origin, type PairingHouse, told } from './pairing-house.ts'

let house: PairingHouse
beforeAll(async () => {
  house = await openPairingHouse()
})
afterAll(() => house.close())
beforeEach(() => house.reset())

const guess = () => Array.from({ length: 9 }, () => codeSymbols[randomInt(25)]).join('')
const hello = (code: string, address?: string) => house.from(address)('/auth/pair/hello', { code })
const outcomes = async () => {
  const { rows } = await house.admin.query(
    'select outcome, count(*)::int as n from castellan.pairing_attempts group by outcome order by outcome',
  )
  return rows.map(({ outcome, n }) => `${outcome} ${n}`)
}

test('has at least 40 bits in symbols that are not taken for each other', async () => {
  expect(new Set(codeSymbols).size ** 9).toBeGreaterThan(2 ** 40)
  expect(codeSymbols).not.toMatch(/[01258OIlSBZ6]/)
  const { code } = await house.makeCode()
  expect(code).toMatch(/^(\w{3}-){2}\w{3}$/)
})

test('lets ten wrong codes of one address pass by, then none, and says so once', async () => {
  for (let n = 0; n < 10; n++) expect(await told(await hello(guess()))).toEqual([401, 'wrong_code'])
  const { code } = await house.makeCode()
  for (let n = 0; n < 5; n++) {
    const answer = await hello(code)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await told(answer)).toEqual([429, 'too_many_attempts'])
  }
  expect(await house.alerts()).toEqual(['pairing.blocked 1'])
  expect(await outcomes()).toEqual(['blocked 5', 'wrong 10'])
  expect((await hello(code, '203.0.113.10')).status).toBe(200)
  house.clock.now += 15 * minute
  for (let n = 0; n < 10; n++) await hello(guess())
  expect(await house.alerts()).toEqual(['pairing.blocked 2'])
})

test('of one’s own, shown in between, makes no room for further guesses at another’s', async () => {
  const { code } = await house.makeCode('mia')
  for (let n = 0; n < 9; n++) {
    expect((await hello(guess())).status).toBe(401)
    expect((await hello(code)).status).toBe(200)
  }
  expect((await hello(guess())).status).toBe(401)
  expect(await told(await hello(code))).toEqual([429, 'too_many_attempts'])
  expect(await house.alerts()).toEqual(['pairing.blocked 1'])
})

test('is void once its maker, or whom it is for, has started over or was disabled', async () => {
  const end = (name: 'mia' | 'owner') =>
    house.db.database
      .as(house.people[name].tenant)
      .transaction()
      .execute((transaction) => house.pairing.endAccess(transaction, house.people[name]))
  const open = await house.makeCode('mia')
  await end('mia')
  expect(await told(await hello(open.code))).toEqual([410, 'expired'])
  const forMia = await house.makeCode('owner', { person: house.people.mia.person })
  const { phrase } = await spendCode(newDevice(), house.from(), { ...forMia, server: origin })
  await end('mia')
  expect(await told(await house.confirm(forMia.id, phrase))).toEqual([409, 'conflict'])
})

test('evaluates no more than ten of a hundred guesses that come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => hello(guess(), '198.51.100.7')))
  const counts = Map.groupBy(answers, ({ status }) => status)
  expect([counts.get(401)?.length, counts.get(429)?.length]).toEqual([10, 90])
  expect(await house.alerts()).toEqual(['pairing.blocked 1'])
})

test('counts a household’s IPv6 network as one, and no forwarded header of a stranger', async () => {
  for (let n = 0; n < 10; n++) await hello(guess(), `2001:db8:1:2::${n}`)
  expect((await hello(guess(), '2001:db8:1:2:ffff::1')).status).toBe(429)
  expect((await hello(guess(), '2001:db8:1:3::1')).status).toBe(401)
})

test('closes for everybody when five hundred senders share the guessing', async () => {
  for (let n = 0; n < 50; n++)
    await Promise.all(Array.from({ length: 10 }, (_, k) => hello(guess(), `198.18.${n}.${k}`)))
  const { code } = await house.makeCode()
  expect(await told(await hello(code, '203.0.113.77'))).toEqual([429, 'too_many_attempts'])
  expect(await house.alerts()).toEqual(['pairing.flooded 1'])
  house.clock.now += 15 * minute
  expect((await hello((await house.makeCode()).code)).status).toBe(200)
})

test('does not count text that is no code as free', async () => {
  for (const code of ['', ' ', 'ABC', '000-000-000', "' or 1=1 --", 'é'.repeat(9), 'A'.repeat(64)])
    await hello(code)
  // What is no request at all (an empty text) is refused before it counts.
  expect(await outcomes()).toEqual(['wrong 6'])
})

test('answers 410 after ten minutes, to the millisecond', async () => {
  const made = await house.makeCode()
  house.clock.now += 10 * minute - 1
  expect((await hello(made.code)).status).toBe(200)
  house.clock.now += 1
  expect(await told(await hello(made.code))).toEqual([410, 'expired'])
  const body = redeemBody(newDevice(), { ...made, server: origin })
  expect(await told(await house.from()('/auth/pair/redeem', body))).toEqual([410, 'expired'])
  expect((await house.look(made.id)).state).toBe('expired')
})

test('is good for one device: of two at once one wins, the other gets 409 and the maker hears of it', async () => {
  for (let round = 0; round < 5; round++) {
    const made = await house.makeCode('mia')
    const bodies = [newDevice('first'), newDevice('second')].map((device) =>
      redeemBody(device, { ...made, server: origin }),
    )
    const answers = await Promise.all(
      bodies.map((body, n) => house.from(`203.0.113.${n}`)('/auth/pair/redeem', body)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const winner = bodies[answers.findIndex(({ status }) => status === 200)]
    expect((await house.look(made.id, 'mia')).device?.name).toBe(winner?.name)
  }
  expect(await house.alerts('mia')).toEqual(['pairing.second 5'])
})

test('is spent by the same request only once', async () => {
  const made = await house.makeCode()
  const body = redeemBody(newDevice(), { ...made, server: origin })
  expect((await house.from()('/auth/pair/redeem', body)).status).toBe(200)
  expect(await told(await house.from()('/auth/pair/redeem', body))).toEqual([409, 'conflict'])
  expect(await told(await hello(made.code))).toEqual([409, 'conflict'])
})

test('is void once its maker has made another or called it off', async () => {
  const first = await house.makeCode()
  const second = await house.makeCode()
  expect(await told(await hello(first.code))).toEqual([410, 'expired'])
  expect((await hello(second.code)).status).toBe(200)
  await house.deny(second.id)
  expect(await told(await hello(second.code))).toEqual([410, 'expired'])
})

test('stands in the table only under a keyed hash', async () => {
  const { code } = await house.makeCode()
  const plain = code.replaceAll('-', '')
  const { rows } = await house.admin.query(
    "select p::text as row, encode(code_hash, 'hex') as hash from castellan.pairings p",
  )
  const text = JSON.stringify([rows, house.recorded]).toUpperCase()
  for (const form of [code, plain]) expect(text).not.toContain(form)
  const hashes = [code, plain].map((form) => createHash('sha256').update(form).digest('hex'))
  expect(hashes).not.toContain(rows[0].hash)
})

test('pairs in the tenant it was made in, for whom it was made, whoever else is there', async () => {
  const made = await house.makeCode('neighbour')
  const device = newDevice()
  const { phrase } = await spendCode(device, house.from(), { ...made, server: origin })
  for (const other of ['owner', 'mia'] as const) {
    expect(await told(await house.send('GET', `/api/pairings/${made.id}`, undefined, { as: other }))).toEqual(
      [404, 'not_found'],
    )
    expect(await told(await house.confirm(made.id, phrase, other))).toEqual([404, 'not_found'])
    expect(await told(await house.deny(made.id, other))).toEqual([404, 'not_found'])
  }
  expect((await house.confirm(made.id, phrase, 'neighbour')).status).toBe(200)
  const { rows } = await house.admin.query('select tenant_id, person_id from castellan.devices')
  const { tenant, person } = house.people.neighbour
  expect(rows).toEqual([{ tenant_id: tenant, person_id: person }])
})

test('is nobody’s to look at, confirm or call off but who made it, not even the owner’s', async () => {
  const made = await house.makeCode('mia')
  const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  for (const other of ['owner', 'tom'] as const) {
    const look = await house.send('GET', `/api/pairings/${made.id}`, undefined, { as: other })
    expect(await told(look)).toEqual([404, 'not_found'])
    expect(await told(await house.confirm(made.id, phrase, other))).toEqual([404, 'not_found'])
    expect(await told(await house.deny(made.id, other))).toEqual([404, 'not_found'])
  }
  expect((await house.confirm(made.id, phrase, 'mia')).status).toBe(200)
})

test('is made only by who has just shown that it is them, and for others only by the owner', async () => {
  const ask = (as: string, body: object = {}) => house.send('POST', '/api/pairings', body, { as })
  expect(await told(await ask('mia', { person: house.people.tom.person }))).toEqual([403, 'refused'])
  expect(await told(await ask('owner', { person: house.people.neighbour.person }))).toEqual([
    404,
    'not_found',
  ])
  expect((await ask('owner', { person: house.people.mia.person })).status).toBe(201)
  house.settings.fresh = false
  expect(await told(await ask('owner'))).toEqual([403, 'factor_needed'])
})

test('tells a person when the owner paired a device that acts as them', async () => {
  const made = await house.makeCode('owner', { person: house.people.mia.person })
  const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  await house.confirm(made.id, phrase)
  expect(await house.alerts('mia')).toEqual(['pairing.for_you 1'])
})

test('tried by strangers fills no table, also where nobody makes codes', async () => {
  await hello(guess())
  house.clock.now += 7 * 24 * 60 * minute
  await house.pairing.prune()
  expect(await outcomes()).toEqual(['wrong 1'])
  house.clock.now += 1
  await house.pairing.prune()
  expect(await outcomes()).toEqual([])
})

test('forgets attempts after a week', async () => {
  await hello(guess())
  house.clock.now += 7 * 24 * 60 * minute + 1
  await house.makeCode()
  expect(await outcomes()).toEqual([])
})

test('keeps no address in clear beside an attempt', async () => {
  await hello(guess(), '198.51.100.23')
  const { rows } = await house.admin.query('select sender from castellan.pairing_attempts')
  expect(rows[0].sender).toHaveLength(32)
  expect(rows[0].sender).not.toEqual(createHash('sha256').update('198.51.100.23').digest())
})
