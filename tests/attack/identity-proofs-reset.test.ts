/** Attack: have the proofs of somebody else taken away, to come in by what is left: a password, a link, a token. */
import { FactorsView, PasskeyOptions, ProofsReset, Tenants } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { homeOwner, homeTenant } from '../../packages/server/src/database/index.ts'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import type { Identity } from '../../packages/server/src/http/index.ts'
import { fakePasskey } from '../fakes/authenticator.ts'
import { cookieOf } from './house.ts'
import {
  fragment,
  goodPassword,
  type Household,
  openHousehold,
  origin,
  read,
  refusalOf,
} from './household.ts'
import { wordsOf } from './mailbox.ts'

let house: Household
let owner: string
let fresh = true
let round = 0
const bearer = 'b'.repeat(40)
/** The owner by a token of theirs, good for everything that a token can be good for. */
const byToken: Identity = {
  ...{ tenant: homeTenant, person: homeOwner, role: 'owner', principal: 'owner', via: 'personal-token' },
  scopes: ['read', 'chat', 'approve', 'data'],
}
beforeAll(async () => {
  house = await openHousehold({
    mail: true,
    fresh: () => fresh,
    bearers: [async (token) => (token === bearer ? byToken : undefined)],
  })
})
afterAll(() => house.close())
beforeEach(async () => {
  fresh = true
  round += 1
  owner = await house.signIn()
})

const email = () => `mia${round}@example.com`
const factors = (cookie: string) =>
  read(FactorsView, house.ask('/api/account/factors', undefined, { cookie }))
const path = (id: string) => `/api/people/${id}/reset-proofs`
const reset = (cookie: string, id: string) => house.ask(path(id), {}, { cookie })
const signIn = () => house.ask('/auth/login', { email: email(), password: goodPassword })

/** A member with a passkey, one-time codes and recovery codes. */
async function proved(cookieOfOwner = owner) {
  const { cookie, id } = await house.join(cookieOfOwner, { email: email() })
  const asked = await house.ask('/api/account/passkeys/options', {}, { cookie })
  const key = fakePasskey(origin)
  const response = key.create(await read(PasskeyOptions, asked))
  const added = await house.ask('/api/account/passkeys', { name: 'phone', response }, { cookie })
  expect(added.status).toBe(201)
  const { secret } = (await (await house.ask('/api/account/totp', {}, { cookie })).json()) as {
    secret: string
  }
  const code = codeAt(secret, house.people.now())
  expect((await house.ask('/api/account/totp/confirm', { code }, { cookie })).status).toBe(200)
  return { cookie, id, key, secret }
}
async function keyOpens(key: Awaited<ReturnType<typeof proved>>['key']): Promise<number> {
  const options = await read(PasskeyOptions, house.ask('/auth/passkey/options', {}))
  return (await house.ask('/auth/passkey', { passkey: key.show(options) })).status
}

test('the owner takes a member’s proofs away: all of them, with what they opened, and it is told and recorded', async () => {
  const { cookie, id, key } = await proved()
  const half = cookieOf(await signIn())
  expect(await read(ProofsReset, reset(owner, id))).toEqual({ passkeys: 1, codes: true, recovery_codes: 10 })
  expect((await house.ask('/api/account', undefined, { cookie })).status).toBe(401)
  expect(await keyOpens(key)).toBe(401)
  expect(await refusalOf(house.ask('/auth/second', { code: '000000' }, { cookie: half }))).toBe(
    '401 not_signed_in',
  )
  const back = cookieOf(await signIn())
  expect(await factors(back)).toMatchObject({ passkeys: [], totp_since: null, recovery: null })
  const superuser = await house.db.superuser()
  const told = await superuser.query('select kind, facts from castellan.alerts where person_id = $1', [id])
  expect(told.rows).toContainEqual({
    kind: 'account.proofs_reset',
    facts: { passkeys: 1, codes: true, recovery_codes: 10 },
  })
  const [letter] = await house.mailbox.lettersTo(email(), 1)
  expect(letter && wordsOf(letter)).toContain('were taken away')
  expect(house.recorded).toContainEqual({
    ...{ kind: 'proofs_reset', person: id, passkeys: 1, codes: true, recovery_codes: 10 },
  })
  const left = await superuser.query("select name from castellan.secrets where name like 'totp/%'")
  expect(left.rows).toEqual([])
})

test('a link that waited for the second step is worth nothing once that step is gone', async () => {
  const { id } = await proved()
  const link = await house.ask(`/api/people/${id}/recovery`, {}, { cookie: owner })
  const { url } = (await link.json()) as { url: string }
  const finish = () =>
    house.ask('/auth/recover/finish', { token: fragment(url), password: 'lantern orchard pebble' })
  expect(await refusalOf(finish())).toBe('403 factor_needed')
  expect((await reset(owner, id)).status).toBe(200)
  expect(await refusalOf(finish())).toBe('410 link_spent')
})

test('nobody else does it to a member: no member, viewer, token, stale session, other tenant, stranger', async () => {
  const { cookie, id, key } = await proved()
  const other = await house.join(owner, { email: `max${round}@example.com` })
  const viewer = await house.join(owner, { email: `vera${round}@example.com`, role: 'viewer' })
  const neighbour = await house.settle(owner, `Bakery ${round}`, `bo${round}@example.com`)
  for (const who of [cookie, other.cookie, viewer.cookie])
    expect(await refusalOf(reset(who, id))).toBe('403 refused')
  expect(await refusalOf(reset(neighbour, id))).toBe('404 not_found')
  expect(await refusalOf(reset('castellan_castle=x', id))).toBe('401 not_signed_in')
  const headers = { authorization: `Bearer ${bearer}` }
  expect(await refusalOf(house.ask(path(id), {}, { headers }))).toBe('403 refused')
  fresh = false
  expect(await refusalOf(reset(owner, id))).toBe('403 factor_needed')
  fresh = true
  expect(await factors(cookie)).toMatchObject({ passkeys: [{ name: 'phone' }], recovery: { left: 10 } })
  expect(await keyOpens(key)).toBe(200)
})

test('an owner’s proofs are not taken away while the house runs, neither by a session nor by the local token', async () => {
  const neighbour = await house.settle(owner, `Bakery ${round}`, `bo${round}@example.com`)
  const { id } = (await (await house.ask('/api/account', undefined, { cookie: neighbour })).json()) as {
    id: string
  }
  const local = { authorization: `Bearer ${house.identityOptions.localToken}` }
  expect(await refusalOf(reset(owner, homeOwner))).toBe('403 refused')
  expect(await refusalOf(house.ask(path(homeOwner), {}, { headers: local }))).toBe('403 refused')
  expect(await refusalOf(reset(neighbour, id))).toBe('403 refused')
  // From the home the neighbour's people do not exist.
  expect(await refusalOf(reset(owner, id))).toBe('404 not_found')
  for (const wrong of ['x', '00000000-0000-0000-0000-000000000000'])
    expect(await refusalOf(reset(owner, wrong))).toBe('404 not_found')
})

test('the owner of another tenant gets a link or a reset from the house’s owner alone, and is told of it', async () => {
  const bo = `bo${round}@example.com`
  const neighbour = await house.settle(owner, `Bakery ${round}`, bo)
  const tenants = await read(Tenants, house.ask('/api/tenants', undefined, { cookie: owner }))
  const tenant = tenants.tenants.find(({ name }) => name === `Bakery ${round}`)?.id ?? ''
  const mia = await house.join(owner, { email: email() })
  for (const what of ['recovery', 'reset-proofs']) {
    const door = `/api/tenants/${tenant}/${what}`
    for (const cookie of [neighbour, mia.cookie])
      expect(await refusalOf(house.ask(door, {}, { cookie }))).toBe('403 refused')
    const headers = { authorization: `Bearer ${bearer}` }
    expect(await refusalOf(house.ask(door, {}, { headers }))).toBe('403 refused')
    expect(await refusalOf(house.ask(`/api/tenants/${homeTenant}/${what}`, {}, { cookie: owner }))).toBe(
      '404 not_found',
    )
    fresh = false
    expect(await refusalOf(house.ask(door, {}, { cookie: owner }))).toBe('403 factor_needed')
    fresh = true
  }
  const { url } = (await (
    await house.ask(`/api/tenants/${tenant}/recovery`, {}, { cookie: owner })
  ).json()) as {
    url: string
  }
  const password = 'lantern orchard pebble tide'
  expect((await house.ask('/auth/recover/finish', { token: fragment(url), password })).status).toBe(204)
  expect((await house.ask('/auth/login', { email: bo, password })).status).toBe(200)
  expect((await house.ask(`/api/tenants/${tenant}/reset-proofs`, {}, { cookie: owner })).status).toBe(200)
  const superuser = await house.db.superuser()
  const { rows } = await superuser.query(
    'select kind from castellan.alerts where tenant_id = $1 order by kind',
    [tenant],
  )
  expect(rows.map(({ kind }) => kind)).toEqual([
    'account.link_handed',
    'account.proofs_reset',
    'account.recovered',
  ])
  expect(house.recorded).toContainEqual({ kind: 'tenant_proofs_reset', of: tenant, name: `Bakery ${round}` })
})

test('a closed tenant lets nobody in, deletes nothing, and is opened by the house’s owner alone', async () => {
  const bo = `bo${round}@example.com`
  const boss = await house.settle(owner, `Bakery ${round}`, bo)
  const baker = await house.join(boss, { email: `baker${round}@example.com` })
  const invited = await house.invite(boss, { name: 'Somebody' })
  const tenants = await read(Tenants, house.ask('/api/tenants', undefined, { cookie: owner }))
  const tenant = tenants.tenants.find(({ name }) => name === `Bakery ${round}`)?.id ?? ''
  const change = (cookie: string, closed: boolean, id = tenant) =>
    house.ask(`/api/tenants/${id}`, { closed }, { cookie, method: 'PATCH' })
  const enter = (address: string) => house.ask('/auth/login', { email: address, password: goodPassword })
  for (const cookie of [boss, baker.cookie]) expect(await refusalOf(change(cookie, true))).toBe('403 refused')
  expect(await refusalOf(change(owner, true, homeTenant))).toBe('404 not_found')
  fresh = false
  expect(await refusalOf(change(owner, true))).toBe('403 factor_needed')
  fresh = true
  expect(await (await change(owner, true)).json()).toMatchObject({ id: tenant, state: 'closed' })
  for (const cookie of [boss, baker.cookie])
    expect((await house.ask('/api/account', undefined, { cookie })).status).toBe(401)
  for (const address of [bo, `baker${round}@example.com`]) expect((await enter(address)).status).toBe(401)
  expect(await refusalOf(house.ask('/auth/invitations/look', { token: invited }))).toBe('410 link_spent')
  expect(await (await change(owner, false)).json()).toMatchObject({ state: 'joined' })
  const back = cookieOf(await enter(bo))
  expect((await enter(`baker${round}@example.com`)).status).toBe(401)
  const { people } = (await (await house.ask('/api/people', undefined, { cookie: back })).json()) as {
    people: { id: string; disabled: boolean }[]
  }
  expect(people.map(({ disabled }) => disabled)).toEqual([false, true])
})
