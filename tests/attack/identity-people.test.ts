/** Attack: as a member, a viewer or the owner of another tenant, reach what is not theirs, or become more than they are. */
import { randomUUID } from 'node:crypto'
import { Account, Invitations, People, SessionView } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { homeOwner } from '../../packages/server/src/database/index.ts'
import { goodPassword, type Household, openHousehold, read } from './household.ts'

let house: Household
let owner: string
let member: { cookie: string; id: string }
let viewer: { cookie: string; id: string }
let foreign: string
beforeAll(async () => {
  house = await openHousehold()
  owner = await house.signIn()
  member = await house.join(owner, { name: 'Mia', email: 'mia@example.com' })
  viewer = await house.join(owner, { role: 'viewer', name: 'Vera', email: 'vera@example.com' })
  foreign = await house.settle(owner, 'Bakery', 'baker@example.net')
})
afterAll(() => house.close())

type Ask = readonly [method: string, path: string, body?: unknown]
const send = ([method, path, body]: Ask, cookie: string) => house.ask(path, body, { cookie, method })
const peopleOf = async (cookie: string) =>
  (await read(People, house.ask('/api/people', undefined, { cookie }))).people

const ofOwners: readonly Ask[] = [
  ['GET', '/api/people'],
  ['PATCH', `/api/people/${homeOwner}`, { disabled: true }],
  ['DELETE', `/api/people/${homeOwner}`],
  ['GET', `/api/people/${homeOwner}/sessions`],
  ['DELETE', `/api/people/${homeOwner}/sessions/${randomUUID()}`],
  ['POST', `/api/people/${homeOwner}/recovery`, {}],
  ['POST', `/api/people/${homeOwner}/confirmation`, {}],
  ['GET', '/api/invitations'],
  ['POST', '/api/invitations', { role: 'member', name: 'Accomplice' }],
  ['DELETE', `/api/invitations/${randomUUID()}`],
]
const ofTheHouse: readonly Ask[] = [
  ['GET', '/api/settings'],
  ['GET', '/api/tenants'],
  ['POST', '/api/tenants', { name: 'Mine' }],
  ['POST', `/api/tenants/${randomUUID()}/invitations`, {}],
  ['POST', '/auth/links', {}],
  ['GET', '/api/nothing-is-here'],
]

describe('a member and a viewer', () => {
  for (const asked of [...ofOwners, ...ofTheHouse])
    test(`are refused ${asked[0]} ${asked[1].replace(/[0-9a-f-]{36}/g, ':id')}`, async () => {
      for (const { cookie } of [member, viewer]) {
        const answer = await send(asked, cookie)
        expect(answer.status).toBe(403)
        expect(await answer.text()).not.toContain('the owner’s things')
      }
      expect((await peopleOf(owner)).map(({ role }) => role)).toEqual(['owner', 'member', 'viewer'])
    })

  test('reach their own account and nothing of another’s by it', async () => {
    const account = await read(Account, house.ask('/api/account', undefined, { cookie: member.cookie }))
    expect(account).toMatchObject({ id: member.id, role: 'member', name: 'Mia' })
    for (const body of [{ name: 'x', role: 'owner' }, { role: 'owner' }, { name: 'x', id: homeOwner }]) {
      const answer = await house.ask('/api/account', body, { cookie: member.cookie, method: 'PATCH' })
      expect(answer.status).toBe(400)
    }
    const sessions = await read(
      z.array(SessionView),
      house.ask('/api/sessions', undefined, { cookie: owner }),
    )
    const stolen = await house.ask(`/api/sessions/${sessions[0]?.id}`, undefined, {
      cookie: member.cookie,
      method: 'DELETE',
    })
    expect(stolen.status).toBe(404)
    expect((await house.ask('/api/sessions', undefined, { cookie: owner })).status).toBe(200)
  })
})

describe('the owner of another tenant', () => {
  test('manages their own people and sees no others', async () => {
    expect((await peopleOf(foreign)).map(({ name }) => name)).toEqual(['Owner of Bakery'])
    const apprentice = await house.join(foreign, { name: 'Ada', email: 'ada@example.net' })
    expect((await peopleOf(foreign)).map(({ name }) => name)).toEqual(['Owner of Bakery', 'Ada'])
    expect((await peopleOf(owner)).map(({ name }) => name)).not.toContain('Ada')
    const gone = await house.ask(`/api/people/${apprentice.id}`, undefined, {
      cookie: foreign,
      method: 'DELETE',
    })
    expect(gone.status).toBe(204)
    expect((await house.ask('/api/account', undefined, { cookie: apprentice.cookie })).status).toBe(401)
  })

  test('finds nobody under the ids of the house', async () => {
    for (const id of [member.id, homeOwner, randomUUID(), 'x', "' or true --"]) {
      const path = `/api/people/${encodeURIComponent(id)}`
      for (const [method, rest, body] of [
        ['PATCH', '', { role: 'viewer' }],
        ['DELETE', '', undefined],
        ['GET', '/sessions', undefined],
        ['DELETE', `/sessions/${randomUUID()}`, undefined],
        ['POST', '/recovery', {}],
      ] as const) {
        const answer = await send([method, path + rest, body], foreign)
        expect([id, method, answer.status]).toEqual([id, method, 404])
      }
    }
    expect((await peopleOf(owner)).find(({ id }) => id === member.id)?.role).toBe('member')
  })

  test('takes no invitation of the house back', async () => {
    await house.invite(owner, { name: 'Guest' })
    const { invitations } = await read(
      Invitations,
      house.ask('/api/invitations', undefined, { cookie: owner }),
    )
    const answer = await send(['DELETE', `/api/invitations/${invitations[0]?.id}`], foreign)
    expect(answer.status).toBe(404)
  })

  for (const asked of ofTheHouse)
    test(`is refused ${asked[0]} ${asked[1].replace(/[0-9a-f-]{36}/g, ':id')}`, async () => {
      expect((await send(asked, foreign)).status).toBe(403)
    })

  test('writes into a ledger of their own', async () => {
    const superuser = await house.db.superuser()
    const { rows } = await superuser.query(
      `select l.tenant_id <> $1 as foreign, count(*)::int as n from castellan.ledger l
       where skill = 'identity.joined' group by 1 order by 1`,
      ['00000000-0000-4000-8000-000000000001'],
    )
    expect(rows.map((row) => row.foreign)).toEqual([false, true])
  })
})

describe('an owner', () => {
  test('can be neither removed, disabled nor given another role, by themselves either', async () => {
    for (const asked of [
      ['DELETE', `/api/people/${homeOwner}`],
      ['PATCH', `/api/people/${homeOwner}`, { disabled: true }],
      ['PATCH', `/api/people/${homeOwner}`, { role: 'member' }],
      ['POST', `/api/people/${homeOwner}/recovery`, {}],
    ] as const)
      expect((await send(asked, owner)).status).toBe(403)
    expect((await send(['PATCH', `/api/people/${member.id}`, { role: 'owner' }], owner)).status).toBe(400)
  })

  test('is one per tenant, in the database too', async () => {
    const superuser = await house.db.superuser()
    await expect(
      superuser.query(`update castellan.people set role = 'owner' where id = $1`, [member.id]),
    ).rejects.toThrow('one_owner')
  })
})

describe('what an owner does to somebody', () => {
  test('counts at once: a role', async () => {
    const { id, cookie } = await house.join(owner, { name: 'Rolf', email: 'rolf@example.com' })
    const role = async () => (await read(Account, house.ask('/api/account', undefined, { cookie }))).role
    expect(await role()).toBe('member')
    expect((await send(['PATCH', `/api/people/${id}`, { role: 'viewer' }], owner)).status).toBe(200)
    expect(await role()).toBe('viewer')
  })

  test('counts at once: closing the account, which ends sessions, tokens and signing in', async () => {
    const ended: string[] = []
    const strict = await openHousehold({
      people: { endAccess: [async (_transaction, { person }) => void ended.push(person)] },
    })
    const boss = await strict.signIn()
    const { id, cookie } = await strict.join(boss, { email: 'dora@example.com' })
    const change = (body: object) => strict.ask(`/api/people/${id}`, body, { cookie: boss, method: 'PATCH' })
    expect((await change({ disabled: true })).status).toBe(200)
    expect((await strict.ask('/api/account', undefined, { cookie })).status).toBe(401)
    expect(ended).toEqual([id])
    const answer = await strict.ask('/auth/login', { email: 'dora@example.com', password: goodPassword })
    expect(answer.status).toBe(401)
    expect((await change({ disabled: false })).status).toBe(200)
    expect((await strict.ask('/api/account', undefined, { cookie })).status).toBe(401)
    await strict.signIn({ email: 'dora@example.com', password: goodPassword })
    await strict.close()
  })

  test('counts at once: removing, with everything that hung on them', async () => {
    const { id, cookie } = await house.join(owner, { name: 'Gone', email: 'gone@example.com' })
    expect((await send(['DELETE', `/api/people/${id}`], owner)).status).toBe(204)
    expect((await house.ask('/api/account', undefined, { cookie })).status).toBe(401)
    const superuser = await house.db.superuser()
    const { rows } = await superuser.query(
      'select count(*)::int as n from castellan.sessions where person_id = $1',
      [id],
    )
    expect(rows[0].n).toBe(0)
    expect(house.recorded).toContainEqual({ kind: 'person_removed', person: id, name: 'Gone' })
  })

  test('needs a fresh factor, every time', async () => {
    let fresh = true
    const strict = await openHousehold({ fresh: () => fresh })
    const boss = await strict.signIn()
    const { id, cookie } = await strict.join(boss, {})
    fresh = false
    for (const [method, path, body, who] of [
      ['PATCH', `/api/people/${id}`, { role: 'viewer' }, boss],
      ['DELETE', `/api/people/${id}`, undefined, boss],
      ['DELETE', `/api/people/${id}/sessions/${randomUUID()}`, undefined, boss],
      ['POST', `/api/people/${id}/recovery`, {}, boss],
      ['POST', `/api/people/${id}/confirmation`, {}, boss],
      ['POST', '/api/tenants', { name: 'Bakery' }, boss],
      ['PUT', '/api/account/password', { password: goodPassword }, cookie],
      ['PUT', '/api/account/email', { email: 'new@example.com' }, cookie],
    ] as const) {
      const answer = await strict.ask(path, body, { cookie: who, method })
      expect([method, path, answer.status]).toEqual([method, path, 403])
    }
    await strict.close()
  })
})
