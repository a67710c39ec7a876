/** Attack: fix, steal or keep somebody's session, or have another site use it. */
import { Account, SessionView } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { cookieOf } from './house.ts'
import { goodPassword, type Household, openHousehold, read } from './household.ts'

let house: Household
let owner: string
beforeAll(async () => {
  house = await openHousehold()
  owner = await house.signIn()
})
afterAll(() => house.close())

let count = 0
const somebody = async () => {
  const email = `person${++count}@example.com`
  return { email, ...(await house.join(owner, { email })) }
}
const alive = async (cookie: string) =>
  (await house.ask('/api/account', undefined, { cookie })).status === 200
const sessionsOf = (cookie: string) =>
  read(z.array(SessionView), house.ask('/api/sessions', undefined, { cookie }))

test('is a new one after every sign-in, whatever cookie the browser brought', async () => {
  const { email, cookie } = await somebody()
  const planted = `castellan_castle=${'A'.repeat(43)}`
  for (const before of [planted, cookie]) {
    const answer = await house.ask('/auth/login', { email, password: goodPassword }, { cookie: before })
    const after = cookieOf(answer)
    expect(after).not.toBe(before)
    expect(await alive(after)).toBe(true)
    expect(await alive(before)).toBe(false)
  }
})

test('of one person does not live on when another signs in at the same browser, across tenants too', async () => {
  const foreign = await house.settle(owner, 'Bakery', 'baker@example.net')
  const { email } = await somebody()
  const answer = await house.ask('/auth/login', { email, password: goodPassword }, { cookie: foreign })
  expect(answer.status).toBe(200)
  expect(await alive(foreign)).toBe(false)
})

test('says where it was begun and by what; each person sees and ends their own alone', async () => {
  const [one, two] = [await somebody(), await somebody()]
  const second = await house.signIn({ email: one.email, password: goodPassword })
  const own = await sessionsOf(one.cookie)
  expect(own.map(({ began_by, current, address }) => [began_by, current, address]).sort()).toEqual([
    ['invitation', true, '127.0.0.1'],
    ['password', false, '127.0.0.1'],
  ])
  const other = own.find(({ current }) => !current)?.id
  const steal = await house.ask(`/api/sessions/${other}`, undefined, { cookie: two.cookie, method: 'DELETE' })
  expect(steal.status).toBe(404)
  expect(await alive(second)).toBe(true)
  const end = await house.ask(`/api/sessions/${other}`, undefined, { cookie: one.cookie, method: 'DELETE' })
  expect(end.status).toBe(204)
  expect(await alive(second)).toBe(false)
})

test('is ended everywhere else at once, and here it is not', async () => {
  const { email, cookie } = await somebody()
  const others = [1, 2].map(() => house.signIn({ email, password: goodPassword }))
  const ended = await house.ask('/api/sessions/end-others', {}, { cookie })
  expect(ended.status).toBe(200)
  for (const other of await Promise.all(others)) {
    // Those that began after the question was asked are ended by the next one.
    await house.ask('/api/sessions/end-others', {}, { cookie })
    expect(await alive(other)).toBe(false)
  }
  expect(await alive(cookie)).toBe(true)
  expect(await alive(owner)).toBe(true)
})

test('can be ended by the owner of the tenant, and a new password ends all others', async () => {
  const { id, email, cookie } = await somebody()
  const sessions = await read(
    z.array(SessionView),
    house.ask(`/api/people/${id}/sessions`, undefined, { cookie: owner }),
  )
  const path = `/api/people/${id}/sessions/${sessions[0]?.id}`
  expect((await house.ask(path, undefined, { cookie: owner, method: 'DELETE' })).status).toBe(204)
  expect(await alive(cookie)).toBe(false)
  const [here, there] = [
    await house.signIn({ email, password: goodPassword }),
    await house.signIn({ email, password: goodPassword }),
  ]
  const password = 'gravel teapot window salmon'
  const change = await house.ask('/api/account/password', { password }, { cookie: here, method: 'PUT' })
  expect(change.status).toBe(204)
  expect([await alive(here), await alive(there)]).toEqual([true, false])
  expect((await house.ask('/auth/login', { email, password: goodPassword })).status).toBe(401)
})

test('is used by no other site: no form, no image, no script', async () => {
  const { cookie } = await somebody()
  const before = await read(Account, house.ask('/api/account', undefined, { cookie }))
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:7778' },
    { origin: 'http://localhost.evil.example:7777' },
  ] as Record<string, string>[])
    for (const [method, path, body] of [
      ['PATCH', '/api/account', { name: 'Changed' }],
      ['PUT', '/api/account/password', { password: 'gravel teapot window salmon' }],
      ['POST', '/api/sessions/end-others', {}],
      ['POST', '/auth/logout', {}],
      ['POST', '/auth/recover', { email: 'a@example.com' }],
      ['POST', '/auth/invitations/accept', {}],
      ['POST', '/auth/email/confirm', { token: 'A'.repeat(22) }],
    ] as const) {
      const answer = await house.ask(path, body, { cookie, method, headers })
      expect([path, answer.status]).toEqual([path, 403])
    }
  expect(await read(Account, house.ask('/api/account', undefined, { cookie }))).toEqual(before)
})

test('is not begun by a form: what is no JSON is refused', async () => {
  const { email } = await somebody()
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await house.ask(
      '/auth/login',
      { email, password: goodPassword },
      { headers: { 'content-type': type } },
    )
    expect(answer.status).toBe(400)
  }
})

test('is nobody’s when the header is doubled or the cookie given twice', async () => {
  const { cookie } = await somebody()
  expect(await alive(`${cookie}; castellan_castle=${'B'.repeat(43)}`)).toBe(false)
  expect(await alive(cookie.replace('castellan_castle', 'castellan_castle_step'))).toBe(false)
  const both = await house.ask('/api/account', undefined, {
    cookie,
    headers: { authorization: 'Bearer nothing' },
  })
  expect(both.status).toBe(401)
})

test('leads nowhere else: no answer of a sign-in redirects, whatever it is told', async () => {
  const { email } = await somebody()
  for (const query of [
    '?next=https://evil.example',
    '?redirect=//evil.example',
    '?return_to=javascript:alert(1)',
  ]) {
    const answer = await house.ask(`/auth/login${query}`, { email, password: goodPassword })
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null])
  }
})

test('is no longer than eight hours', async () => {
  const { cookie } = await somebody()
  house.advance(8 * 3_600_000 + 1_000)
  expect(await alive(cookie)).toBe(false)
})
