/** Attack: begin to sign in with a stolen password, wait while its owner takes the account back, and then give the second step. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { cookieOf } from './house.ts'
import { fragment, goodPassword, type Household, openHousehold, refusalOf } from './household.ts'

let house: Household
let owner: string
beforeAll(async () => {
  house = await openHousehold()
  owner = await house.signIn()
})
afterAll(() => house.close())

const halfMinute = 30_000
/** A member with one-time codes, and a sign-in of somebody who knows the password. */
async function waiting(email: string) {
  const { cookie, id } = await house.join(owner, { email })
  const enrolling = await house.ask('/api/account/totp', {}, { cookie })
  const { secret } = (await enrolling.json()) as { secret: string }
  const code = () => {
    house.advance(halfMinute)
    return codeAt(secret, house.people.now())
  }
  const confirmed = await house.ask('/api/account/totp/confirm', { code: code() }, { cookie })
  expect(confirmed.status).toBe(200)
  const half = cookieOf(await house.ask('/auth/login', { email, password: goodPassword }))
  expect(half).toContain('_step=')
  return { id, code, finish: () => house.ask('/auth/second', { code: code() }, { cookie: half }) }
}

test('one that nobody took back goes on', async () => {
  const { finish } = await waiting('mia@example.com')
  expect((await finish()).status).toBe(200)
})

test('one of an account that was closed, even if opened again, is forgotten', async () => {
  const { id, finish } = await waiting('max@example.com')
  for (const disabled of [true, false])
    await house.ask(`/api/people/${id}`, { disabled }, { cookie: owner, method: 'PATCH' })
  expect(await refusalOf(finish())).toBe('401 not_signed_in')
})

test('one of an account that was recovered is forgotten', async () => {
  const { id, code, finish } = await waiting('kim@example.com')
  const handed = await house.ask(`/api/people/${id}/recovery`, {}, { cookie: owner })
  const { url } = (await handed.json()) as { url: string }
  const given = { token: fragment(url), password: 'lantern orchard pebble tide', code: code() }
  expect((await house.ask('/auth/recover/finish', given)).status).toBe(204)
  expect(await refusalOf(finish())).toBe('401 not_signed_in')
})
