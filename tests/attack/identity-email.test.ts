/** Attack: make somebody's account one's own by changing its e-mail address, or learn by a change who has an account. */
import { Account } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fragment, goodPassword, type Household, openHousehold, read, refusalOf } from './household.ts'
import { linkIn } from './mailbox.ts'

let house: Household
let owner: string
beforeAll(async () => {
  house = await openHousehold({ mail: true })
  owner = await house.signIn()
})
afterAll(() => house.close())

const hour = 3_600_000
const change = (cookie: string, email: string) =>
  house.ask('/api/account/email', { email }, { cookie, method: 'PUT' })
const accountOf = (cookie: string) => read(Account, house.ask('/api/account', undefined, { cookie }))
/** The token of the newest of so many letters to a mailbox. */
async function tokenTo(to: string, count = 1): Promise<{ kind: string; token: string }> {
  const letter = (await house.mailbox.lettersTo(to, count)).at(-1)
  if (letter === undefined) throw new Error('no letter')
  const [kind = '', token = ''] = linkIn(letter).hash.slice(1).split('.')
  return { kind, token }
}
const confirm = (token: string) => house.ask('/auth/email/confirm', { token })
const cancel = (token: string) => house.ask('/auth/email/cancel', { token })

test('takes effect only when the new mailbox has confirmed it, and once', async () => {
  const { cookie } = await house.join(owner, { email: 'old@example.com' })
  expect((await change(cookie, 'New@Example.com')).status).toBe(200)
  expect(await accountOf(cookie)).toMatchObject({
    email: 'old@example.com',
    email_pending: 'New@Example.com',
  })
  const { kind, token } = await tokenTo('New@Example.com')
  expect(kind).toBe('confirm')
  expect(await (await confirm(token)).json()).toEqual({ email: 'New@Example.com' })
  expect(await accountOf(cookie)).toMatchObject({
    email: 'New@Example.com',
    email_verified: true,
    email_pending: null,
  })
  expect(await refusalOf(confirm(token))).toBe('410 link_spent')
  expect((await house.ask('/auth/login', { email: 'old@example.com', password: goodPassword })).status).toBe(
    401,
  )
  await house.signIn({ email: 'NEW@example.com', password: goodPassword })
})

test('is undone by the old mailbox for 72 hours, also after it took effect, and signs everybody out', async () => {
  const { cookie } = await house.join(owner, { email: 'victim@example.com' })
  // Somebody at an open browser moves the account twice.
  await change(cookie, 'thief@example.net')
  await confirm((await tokenTo('thief@example.net')).token)
  await change(cookie, 'thief2@example.net')
  await confirm((await tokenTo('thief2@example.net')).token)
  const { kind, token } = await tokenTo('victim@example.com')
  expect(kind).toBe('cancel')
  house.advance(71 * hour)
  owner = await house.signIn()
  const thief = await house.signIn({ email: 'thief2@example.net', password: goodPassword })
  expect(await (await cancel(token)).json()).toEqual({ email: 'victim@example.com' })
  expect((await house.ask('/api/account', undefined, { cookie: thief })).status).toBe(401)
  expect(
    (await house.ask('/auth/login', { email: 'thief2@example.net', password: goodPassword })).status,
  ).toBe(401)
  await house.signIn({ email: 'victim@example.com', password: goodPassword })
  expect(await refusalOf(cancel(token))).toBe('410 link_spent')
})

test('keeps the old address free for whoever may take it back', async () => {
  const { cookie } = await house.join(owner, { email: 'keep@example.com' })
  await change(cookie, 'moved@example.net')
  await confirm((await tokenTo('moved@example.net')).token)
  const squatter = await house.ask('/auth/invitations/accept', {
    ...{ token: await house.invite(owner), name: 'S', email: 'keep@example.com', password: goodPassword },
  })
  expect(squatter.status).toBe(409)
  house.advance(72 * hour + 1_000)
  owner = await house.signIn()
  expect(await refusalOf(cancel((await tokenTo('keep@example.com')).token))).toBe('410 link_spent')
})

test('to an address that somebody has tells the asker nothing, and fails where that mailbox is read', async () => {
  await house.join(owner, { email: 'has@example.com' })
  const { cookie } = await house.join(owner, { email: 'asks@example.com' })
  const [taken, free] = [await change(cookie, 'has@example.com'), await change(cookie, 'free@example.com')]
  expect([taken.status, free.status]).toEqual([200, 200])
  const { token } = await tokenTo('free@example.com')
  expect((await confirm(token)).status).toBe(200)
  await change(cookie, 'has@example.com')
  const again = await tokenTo('has@example.com', 2)
  expect(await refusalOf(confirm(again.token))).toBe('409 conflict')
})

test('takes no link for another: each kind opens its own door', async () => {
  const { cookie, id } = await house.join(owner, { email: 'kinds@example.com' })
  await change(cookie, 'kinds-new@example.com')
  const confirming = (await tokenTo('kinds-new@example.com')).token
  const cancelling = (await tokenTo('kinds@example.com')).token
  const { url } = (await (await house.ask(`/api/people/${id}/recovery`, {}, { cookie: owner })).json()) as {
    url: string
  }
  const finish = (token: string) => house.ask('/auth/recover/finish', { token, password: goodPassword })
  for (const attempt of [
    () => confirm(cancelling),
    () => confirm(fragment(url)),
    () => cancel(confirming),
    () => cancel(fragment(url)),
    () => finish(confirming),
    () => finish(cancelling),
  ])
    expect(await refusalOf(attempt())).toBe('410 link_spent')
  expect((await confirm(confirming)).status).toBe(200)
})

test('recovers nothing through the new address for 72 hours', async () => {
  const { cookie } = await house.join(owner, { email: 'first@example.com' })
  await change(cookie, 'second@example.com')
  await confirm((await tokenTo('second@example.com')).token)
  await house.ask('/auth/recover', { email: 'second@example.com' })
  await house.post.settled()
  expect(await house.mailbox.lettersTo('second@example.com', 1)).toHaveLength(1)
  house.advance(73 * hour)
  owner = await house.signIn()
  await house.ask('/auth/recover', { email: 'second@example.com' })
  expect(await house.mailbox.lettersTo('second@example.com', 2)).toHaveLength(2)
})

test('smuggles no header into a letter', async () => {
  const { cookie } = await house.join(owner, { email: 'smuggle@example.com' })
  for (const email of [
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com,b@example.com',
    '<a@example.com>',
    '"x"@example.com',
  ])
    expect((await change(cookie, email)).status).toBe(400)
})

test('taken back by its first mailbox is out of reach of those it was moved to since', async () => {
  const { cookie } = await house.join(owner, { email: 'mine@example.com' })
  await change(cookie, 'crook@example.net')
  await confirm((await tokenTo('crook@example.net')).token)
  await change(cookie, 'crook2@example.net')
  await confirm((await tokenTo('crook2@example.net')).token)
  const crooks = (await tokenTo('crook@example.net', 2)).token
  expect((await cancel((await tokenTo('mine@example.com')).token)).status).toBe(200)
  expect(await refusalOf(cancel(crooks))).toBe('410 link_spent')
  await house.signIn({ email: 'mine@example.com', password: goodPassword })
})

test('moved twice and half way back still recovers nothing while its first mailbox may take it back', async () => {
  const { cookie } = await house.join(owner, { email: 'settled@example.com' })
  await change(cookie, 'quick@example.net')
  await confirm((await tokenTo('quick@example.net')).token)
  await change(cookie, 'quick2@example.net')
  expect((await cancel((await tokenTo('quick@example.net', 2)).token)).status).toBe(200)
  await house.ask('/auth/recover', { email: 'quick@example.net' })
  await house.post.settled()
  expect(await house.mailbox.lettersTo('quick@example.net', 2)).toHaveLength(2)
  expect((await cancel((await tokenTo('settled@example.com')).token)).status).toBe(200)
})

test('asked for at an open screen ends with the next password', async () => {
  const { cookie } = await house.join(owner, { email: 'open-screen@example.com' })
  await change(cookie, 'passer-by@example.net')
  const { token } = await tokenTo('passer-by@example.net')
  const password = 'lantern gravel oboe thicket'
  expect((await house.ask('/api/account/password', { password }, { cookie, method: 'PUT' })).status).toBe(204)
  expect(await refusalOf(confirm(token))).toBe('410 link_spent')
})

test('sends strangers no flood of letters: each person may ask a few times', async () => {
  const { cookie } = await house.join(owner, { email: 'floods@example.com' })
  const answers: number[] = []
  for (let at = 0; at < 8; at++) answers.push((await change(cookie, `stranger${at}@example.net`)).status)
  expect(answers).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  house.advance(10 * 60_000)
  expect((await change(cookie, 'stranger9@example.net')).status).toBe(200)
})

test('to a mailbox that two ask for at once goes to one of them', async () => {
  const two = [
    await house.join(owner, { email: 'two-a@example.com' }),
    await house.join(owner, { email: 'two-b@example.com' }),
  ]
  for (const { cookie } of two) await change(cookie, 'wanted@example.com')
  const letters = await house.mailbox.lettersTo('wanted@example.com', 2)
  const tokens = letters.map((letter) => linkIn(letter).hash.split('.')[1] ?? '')
  const answers = await Promise.all(tokens.map(async (token) => (await confirm(token)).status))
  expect(answers.sort()).toEqual([200, 409])
})

test('is one address however its domain ends', async () => {
  await house.join(owner, { email: 'dot@example.com' })
  for (const email of ['dot@example.com.', 'dot@example..com', 'dot@.example.com'])
    expect(
      await refusalOf(
        house.ask('/auth/invitations/accept', {
          ...{ token: await house.invite(owner), name: 'D', email, password: goodPassword },
        }),
      ),
    ).toBe('400 bad_request')
})

test('without mail is handed over by the owner, and proves nothing', async () => {
  const quiet = await openHousehold()
  const boss = await quiet.signIn()
  const { cookie, id } = await quiet.join(boss, { email: 'before@example.com' })
  const asked = await quiet.ask(
    '/api/account/email',
    { email: 'after@example.com' },
    { cookie, method: 'PUT' },
  )
  expect(asked.status).toBe(200)
  const made = await quiet.ask(`/api/people/${id}/confirmation`, {}, { cookie: boss })
  const { url } = (await made.json()) as { url: string }
  const token = fragment(url).split('.')[1] ?? ''
  expect((await quiet.ask('/auth/email/confirm', { token })).status).toBe(200)
  const account = await read(Account, quiet.ask('/api/account', undefined, { cookie }))
  expect(account).toMatchObject({ email: 'after@example.com', email_verified: false })
  await quiet.close()
})

test('that waited for a day, or for the owner where mail is sent, is confirmed by nobody', async () => {
  const { cookie, id } = await house.join(owner, { email: 'slow@example.com' })
  expect((await change(cookie, 'slower@example.com')).status).toBe(200)
  const { token } = await tokenTo('slower@example.com')
  const asked = house.ask(`/api/people/${id}/confirmation`, {}, { cookie: owner })
  expect(await refusalOf(asked)).toBe('403 refused')
  house.advance(24 * hour + 1)
  expect(await refusalOf(confirm(token))).toBe('410 link_spent')
})

test('is asked for by a fresh session only', async () => {
  let fresh = true
  const strict = await openHousehold({ mail: true, fresh: () => fresh })
  const cookie = await strict.signIn()
  fresh = false
  const given = { email: 'thief@example.com' }
  const asked = strict.ask('/api/account/email', given, { cookie, method: 'PUT' })
  expect(await refusalOf(asked)).toBe('403 factor_needed')
  expect(strict.recorded.some(({ kind }) => kind === 'email_asked')).toBe(false)
  await strict.close()
})
