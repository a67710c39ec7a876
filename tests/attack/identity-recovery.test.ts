/** Attack: take an account over by its recovery: guess or replay the link, have it sent elsewhere, learn who exists, or get past the second step. */
import { Account, CastellanError } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { homeTenant } from '../../packages/server/src/database/index.ts'
import type { CheckSecond } from '../../packages/server/src/people/index.ts'
import {
  fragment,
  goodPassword,
  type Household,
  openHousehold,
  origin,
  read,
  refusalOf,
} from './household.ts'
import { linkIn, wordsOf } from './mailbox.ts'

let house: Household
let owner: string
const ended: string[] = []
let second: CheckSecond = async () => {}
beforeAll(async () => {
  house = await openHousehold({
    mail: true,
    people: {
      endAccess: [async (_transaction, { person }) => void ended.push(person)],
      checkSecond: (who, given) => second(who, given),
    },
  })
  owner = await house.signIn()
})
afterAll(() => house.close())

const newPassword = 'lantern orchard pebble tide'
const minute = 60_000
/** A member who has proved their address by accepting a mailed invitation. */
async function proved(email: string): Promise<{ cookie: string; id: string }> {
  const wanted = { role: 'member', name: 'Mia', email, mail: true }
  const made = await house.ask('/api/invitations', wanted, { cookie: owner })
  expect(await made.json()).toMatchObject({ link: null })
  const [letter] = await house.mailbox.lettersTo(email, 1)
  if (letter === undefined) throw new Error('no letter')
  const cookie = await house.accept(linkIn(letter).hash.slice(1), { email })
  const account = await read(Account, house.ask('/api/account', undefined, { cookie }))
  expect(account.email_verified).toBe(true)
  return { cookie, id: account.id }
}
const recover = (email: string, sent: Parameters<Household['ask']>[2] = {}) =>
  house.ask('/auth/recover', { email }, sent)
async function linkTo(email: string, count: number): Promise<string> {
  const letters = await house.mailbox.lettersTo(email, count)
  const letter = letters.at(-1)
  if (letter === undefined) throw new Error('no letter')
  return linkIn(letter).hash.slice(1)
}
const finish = (token: string, given: object = {}, peer = '127.0.0.1') =>
  house.ask('/auth/recover/finish', { token, password: newPassword, ...given }, { peer })
const signIn = (email: string, password: string) => house.ask('/auth/login', { email, password })

test('sets a password by a mailed link once, signs nobody in, ends everything, and says so', async () => {
  const email = 'mia@example.com'
  const { cookie, id } = await proved(email)
  expect((await recover(email)).status).toBe(204)
  const token = await linkTo(email, 2)
  const answer = await finish(token)
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([204, null])
  expect((await house.ask('/api/account', undefined, { cookie })).status).toBe(401)
  expect(ended).toContain(id)
  expect((await signIn(email, goodPassword)).status).toBe(401)
  expect((await signIn(email, newPassword)).status).toBe(200)
  expect(await refusalOf(finish(token))).toBe('410 link_spent')
  const told = await house.mailbox.lettersTo(email, 3)
  expect(told[2] && wordsOf(told[2])).toContain('was replaced')
  const superuser = await house.db.superuser()
  const { rows } = await superuser.query(
    `select kind, person_id from castellan.alerts order by kind, person_id nulls last`,
  )
  expect(rows.map(({ kind }) => kind)).toEqual(['account.recovered', 'account.recovered'])
})

test('answers the same for whoever it is, and sends nothing to those who have proved nothing', async () => {
  await house.join(owner, { email: 'unproved@example.com' })
  await proved('proved@example.com')
  const sent = house.mailbox.received.length
  const answers = await Promise.all(
    ['proved@example.com', 'unproved@example.com', 'nobody@example.com'].map(async (email) => {
      const answer = await recover(email)
      const headers = Object.fromEntries(
        [...answer.headers].filter(([name]) => !/request-id|security-policy/.test(name)),
      )
      return { status: answer.status, headers, text: await answer.text() }
    }),
  )
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  await house.post.settled()
  const more = house.mailbox.received.slice(sent)
  expect(more.map(({ to }) => to)).toEqual([['proved@example.com']])
  expect(house.faults).toEqual([])
})

test('mails to the stored address, never to one that only looks the same', async () => {
  await proved('kim@example.com')
  const sent = house.mailbox.received.length
  // The Kelvin sign folds to k; in SMTP it is another mailbox.
  expect((await recover('\u212aim@example.com')).status).toBe(204)
  await house.post.settled()
  expect(house.mailbox.received.slice(sent).map(({ to }) => to)).toEqual([['kim@example.com']])
})

test('writes links with the configured name, whatever Host and X-Forwarded-Host say', async () => {
  const email = 'host@example.com'
  await proved(email)
  for (const headers of [
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
    { host: 'evil.example' },
    { host: 'localhost:7777', 'x-host': 'evil.example', 'x-original-url': 'https://evil.example/' },
  ] as Record<string, string>[]) {
    const answer = await recover(email, { headers })
    expect([204, 421]).toContain(answer.status)
  }
  await house.post.settled()
  for (const letter of house.mailbox.received.filter(({ to }) => to.includes(email))) {
    expect(letter.raw).not.toContain('evil')
    expect(linkIn(letter).origin).toBe(origin)
  }
})

test('is worth nothing after 30 minutes, after a newer one, and after a sign-in', async () => {
  const email = 'late@example.com'
  await proved(email)
  await recover(email)
  const first = await linkTo(email, 2)
  await recover(email)
  const later = await linkTo(email, 3)
  expect(await refusalOf(finish(first))).toBe('410 link_spent')
  expect((await signIn(email, goodPassword)).status).toBe(200)
  expect(await refusalOf(finish(later))).toBe('410 link_spent')
  await recover(email)
  const last = await linkTo(email, 4)
  house.advance(30 * minute + 1_000)
  expect(await refusalOf(finish(last))).toBe('410 link_spent')
})

test('still demands the second step, and a wrong code spends nothing', async () => {
  const email = 'stepped@example.com'
  await proved(email)
  second = async (_who, { code }) => {
    if (code === undefined) throw new CastellanError('factor_needed', 'A code is needed.')
    if (code !== '123456') throw new CastellanError('wrong_code', 'The code is wrong.')
  }
  await recover(email)
  const token = await linkTo(email, 2)
  expect(await refusalOf(finish(token))).toBe('403 factor_needed')
  expect((await refusalOf(finish(token, { code: '000000' }))).endsWith('wrong_code')).toBe(true)
  expect((await signIn(email, goodPassword)).status).toBe(200)
  await recover(email)
  expect((await finish(await linkTo(email, 3), { code: '123456' })).status).toBe(204)
  second = async () => {}
})

test('does not reach the owner of the house, nor a closed account', async () => {
  const superuser = await house.db.superuser()
  await superuser.query(
    `update castellan.people set email = 'owner@example.com', email_key = 'owner@example.com', email_verified_at = now()
     where tenant_id = $1 and role = 'owner'`,
    [homeTenant],
  )
  const { id } = await proved('closed@example.com')
  owner = await house.signIn()
  await house.ask(`/api/people/${id}`, { disabled: true }, { cookie: owner, method: 'PATCH' })
  const sent = house.mailbox.received.length
  for (const email of ['owner@example.com', 'closed@example.com'])
    expect((await recover(email)).status).toBe(204)
  await house.post.settled()
  expect(house.mailbox.received.length).toBe(sent)
})

test('cannot be guessed: ten wrong tokens block an address', async () => {
  const peer = '203.0.113.7'
  for (let i = 0; i < 10; i++)
    expect(await refusalOf(finish(String(i).padStart(22, 'B'), {}, peer))).toBe('410 link_spent')
  expect(await refusalOf(finish('C'.repeat(22), {}, peer))).toBe('429 too_many_attempts')
})

test('sends one mailbox no flood of letters, however often it is asked for', async () => {
  const email = 'flood@example.com'
  await proved(email)
  const answers = await Promise.all(Array.from({ length: 30 }, () => recover(email)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
  await house.post.settled()
  expect((await house.mailbox.lettersTo(email, 1)).length).toBeLessThanOrEqual(4)
})

test('lets the owner of a tenant hand a link to a member, which everybody hears of', async () => {
  const { id } = await house.join(owner, { email: 'handed@example.com' })
  const answer = await house.ask(`/api/people/${id}/recovery`, {}, { cookie: owner })
  const { url } = (await answer.json()) as { url: string }
  expect(url.startsWith(`${origin}/recover#`)).toBe(true)
  expect((await finish(fragment(url))).status).toBe(204)
  const cookie = await house.signIn({ email: 'handed@example.com', password: newPassword })
  expect((await house.ask('/api/account', undefined, { cookie })).status).toBe(200)
  expect(house.recorded).toContainEqual({ kind: 'recovery_handed', person: id })
})
