/** Attack: come in by an invitation that is used, expired, taken back, guessed or somebody else's, or as more than it says. */
import { Account, Invitations, People } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword, type Household, openHousehold, read, refusalOf } from './household.ts'

let house: Household
let owner: string
beforeAll(async () => {
  house = await openHousehold()
  owner = await house.signIn()
})
afterAll(() => house.close())

const hour = 3_600_000
const accept = (token: string, given: object = {}, peer = '127.0.0.1') =>
  house.ask(
    '/auth/invitations/accept',
    { token, name: 'Mia', email: 'mia@example.com', password: goodPassword, ...given },
    { peer },
  )

test('makes a person of the role that it says, once', async () => {
  const token = await house.invite(owner, { role: 'viewer' })
  expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/)
  const cookie = await house.accept(token, { email: 'once@example.com' })
  const account = await read(Account, house.ask('/api/account', undefined, { cookie }))
  expect(account).toMatchObject({ role: 'viewer', email: 'once@example.com', email_verified: false })
  expect(await refusalOf(await accept(token, { email: 'twice@example.com' }))).toBe('410 link_spent')
})

test('of two who redeem it at once one wins', async () => {
  const token = await house.invite(owner)
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) => accept(token, { email: `racer${n}@example.com` }, `10.0.0.${n}`)),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410])
  const { people } = await read(People, house.ask('/api/people', undefined, { cookie: owner }))
  expect(people.filter(({ email }) => email?.startsWith('racer'))).toHaveLength(1)
})

test('is worthless after 72 hours, and after it was taken back', async () => {
  const late = await house.invite(owner)
  house.advance(72 * hour - 1_000)
  owner = await house.signIn()
  expect((await house.ask('/auth/invitations/look', { token: late })).status).toBe(200)
  house.advance(2_000)
  expect((await house.ask('/auth/invitations/look', { token: late })).status).toBe(410)
  expect(await refusalOf(await accept(late))).toBe('410 link_spent')
  const token = await house.invite(owner, { name: 'Taken back' })
  const { invitations } = await read(Invitations, house.ask('/api/invitations', undefined, { cookie: owner }))
  const path = `/api/invitations/${invitations.find(({ name }) => name === 'Taken back')?.id}`
  expect((await house.ask(path, undefined, { cookie: owner, method: 'DELETE' })).status).toBe(204)
  expect((await house.ask(path, undefined, { cookie: owner, method: 'DELETE' })).status).toBe(404)
  expect((await house.ask('/auth/invitations/look', { token })).status).toBe(410)
  expect(await refusalOf(await accept(token))).toBe('410 link_spent')
})

test('lies in the database as a hash, and its token in no list and no ledger row', async () => {
  const token = await house.invite(owner, { name: 'Hashed' })
  const superuser = await house.db.superuser()
  const { rows } = await superuser.query(
    `select (select json_agg(i) from castellan.invitations i)::text || (select json_agg(b) from castellan.ledger_bodies b)::text as all`,
  )
  expect(rows[0].all).not.toContain(token)
  const listed = await (await house.ask('/api/invitations', undefined, { cookie: owner })).text()
  expect(listed).toContain('Hashed')
  expect(listed).not.toContain(token)
})

test('makes nobody an owner, whatever the body says', async () => {
  const token = await house.invite(owner)
  for (const more of [
    { role: 'owner' },
    { tenant: 'x' },
    { id: 'x' },
    { tenant_id: 'x' },
    { email_verified: true },
  ])
    expect(await refusalOf(await accept(token, more))).toBe('400 bad_request')
  const made = await house.ask('/api/invitations', { role: 'owner', name: 'Second' }, { cookie: owner })
  expect(made.status).toBe(400)
  expect((await house.ask('/auth/invitations/look', { token })).status).toBe(200)
})

test('is not spent by a password that is refused or an address that is taken', async () => {
  await house.join(owner, { email: 'taken@example.com' })
  const token = await house.invite(owner)
  expect(await refusalOf(await accept(token, { password: 'password123' }))).toBe('400 bad_request')
  expect(await refusalOf(await accept(token, { email: 'TAKEN@Example.com' }))).toBe('409 conflict')
  expect(await refusalOf(await accept(token, { email: 'ＴＡＫＥＮ@example.com' }))).toBe('409 conflict')
  expect((await accept(token, { email: 'free@example.com' })).status).toBe(200)
})

test('cannot be guessed: ten wrong tokens block an address, and the right one with it', async () => {
  const token = await house.invite(owner)
  const peer = '203.0.113.9'
  for (let i = 0; i < 10; i++)
    expect(await refusalOf(await accept(String(i).padStart(22, 'A'), {}, peer))).toBe('410 link_spent')
  expect(await refusalOf(await accept(token, {}, peer))).toBe('429 too_many_attempts')
  const look = await house.ask('/auth/invitations/look', { token }, { peer })
  expect(look.status).toBe(429)
  expect((await house.ask('/auth/invitations/look', { token })).status).toBe(200)
})

test('replaces the session of whoever opens it, and does not take theirs over', async () => {
  const other = await house.signIn()
  const token = await house.invite(owner)
  const answer = await house.ask(
    '/auth/invitations/accept',
    { token, name: 'Mia', email: 'swap@example.com', password: goodPassword },
    { cookie: other },
  )
  expect(answer.status).toBe(200)
  expect((await house.ask('/api/account', undefined, { cookie: other })).status).toBe(401)
})

test('is made by a fresh session only', async () => {
  let fresh = true
  const strict = await openHousehold({ fresh: () => fresh })
  const cookie = await strict.signIn()
  fresh = false
  const made = await strict.ask('/api/invitations', { role: 'member', name: 'Mia' }, { cookie })
  expect(made.status).toBe(403)
  expect(strict.recorded.some(({ kind }) => kind === 'invited')).toBe(false)
  await strict.close()
})
