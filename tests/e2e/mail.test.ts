/** A whole house with a mail server: an invitation, a change of address that is taken back, a forgotten password, by letters alone. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Account } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { linkIn, type Mailbox, openMailbox, wordsOf } from '../attack/mailbox.ts'
import { type Instance, makeInstance, showWhenFailed } from './instance.ts'
import { Seat } from './seat.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let mailbox: Mailbox
showWhenFailed(() => house)
beforeAll(async () => {
  mailbox = await openMailbox()
  house = await makeInstance()
  await appendFile(join(house.directory, '.env'), 'AUTH_RATE_LIMIT=6000\nMAIL_FROM=castle@example.org\n')
  await appendFile(join(house.directory, '.env.secrets'), `SMTP_URL=smtp://127.0.0.1:${mailbox.port}\n`)
  await house.start()
})
afterAll(async () => {
  await house?.close()
  await mailbox?.close()
})

const mia = 'mia@example.com'
const moved = 'eve@example.com'
const [first, second] = ['kettle rhubarb violin meadow', 'lantern orchard pebble tide']
/** The link in the newest of so many letters to an address; it leads into this house. */
async function linkTo(address: string, count: number): Promise<string> {
  const letter = (await mailbox.lettersTo(address, count)).at(-1)
  if (letter === undefined) throw new Error('no letter')
  expect(letter.raw).toMatch(/^From: .*castle@example\.org/m)
  const link = linkIn(letter)
  expect(link.origin).toBe(house.url)
  return link.hash.slice(1)
}

test('an invitation is mailed to its address and shown to nobody, and who accepts it has proved that address', async () => {
  const invited = await house.cli(['member', 'invite', 'Mia', '--email', mia, '--mail', '--json'])
  expect(JSON.parse(invited.stdout)).toMatchObject({ link: null })
  const seat = new Seat(house.url)
  const token = await linkTo(mia, 1)
  expect(
    await seat.post('/auth/invitations/accept', { token, name: 'Mia', email: mia, password: first }),
  ).toBe(200)
  expect(Account.parse(await seat.get('/api/account'))).toMatchObject({
    email: mia,
    email_verified: true,
    mail: true,
  })
})

test('a change of address counts when the new mailbox says so, and the old one takes it back, with everybody signed out', async () => {
  const seat = new Seat(house.url)
  expect(await seat.post('/auth/login', { email: mia, password: first })).toBe(200)
  expect(await seat.put('/api/account/email', { email: moved })).toBe(200)
  const confirm = (await linkTo(moved, 1)).replace('confirm.', '')
  const cancel = (await linkTo(mia, 2)).replace('cancel.', '')
  expect(await seat.post('/auth/email/confirm', { token: confirm })).toBe(200)
  expect(Account.parse(await seat.get('/api/account')).email).toBe(moved)
  expect(await new Seat(house.url).post('/auth/email/cancel', { token: cancel })).toBe(200)
  expect(await seat.status('/api/account')).toBe(401)
  const again = new Seat(house.url)
  expect(await again.post('/auth/login', { email: moved, password: first })).toBe(401)
  expect(await again.post('/auth/login', { email: mia, password: first })).toBe(200)
})

test('a forgotten password is replaced by a mailed link, once, and the mailbox hears of it', async () => {
  const seat = new Seat(house.url)
  expect(await seat.post('/auth/recover', { email: 'nobody@example.com' })).toBe(204)
  expect(await seat.post('/auth/recover', { email: mia })).toBe(204)
  const token = await linkTo(mia, 3)
  const finish = { token, password: second }
  expect(await seat.post('/auth/recover/finish', finish)).toBe(204)
  expect(await seat.post('/auth/recover/finish', finish)).toBe(410)
  expect(await seat.status('/api/account')).toBe(401)
  expect(await seat.post('/auth/login', { email: mia, password: first })).toBe(401)
  expect(await seat.post('/auth/login', { email: mia, password: second })).toBe(200)
  const told = (await mailbox.lettersTo(mia, 4)).at(-1)
  expect(told && wordsOf(told)).toContain('was replaced')
  expect(mailbox.received.flatMap(({ to }) => to)).not.toContain('nobody@example.com')
})
