/** Attack: get hold of the owner's session, fix one in advance, or go on using one that has ended. */
import { SessionView } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { cookieOf, type House, openHouse, origin, password } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const enter = (cookie: string, peer = '127.0.0.1') => house.send('/api/things', { headers: { cookie }, peer })
const linkToken = async () => (await house.identity.makeLink()).url.split('#')[1] ?? ''
const hour = 3_600_000

describe('the cookie', () => {
  test('is out of reach of scripts and of other sites, and dies in eight hours', async () => {
    const answer = await house.post('/auth/login', { password })
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^castellan_home=[A-Za-z0-9_-]{43}; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect(await answer.text()).not.toContain(cookieOf(answer).split('=')[1])
  })

  test('is bound to its host and to TLS where there is TLS', async () => {
    const hosts = { port: 7777, tls: false, public: ['https://castle.example'] }
    const proxied = await openHouse({ hosts })
    const url = 'https://castle.example'
    const answer = await proxied.post(`${url}/auth/login`, { password }, { headers: { origin: url } })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-castellan_home=[A-Za-z0-9_-]{43}; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    // Without its prefix the same token is a cookie that any subdomain could have set.
    const bare = cookieOf(answer).replace('__Host-', '')
    expect((await proxied.send(`${url}/api/things`, { headers: { cookie: bare } })).status).toBe(401)
    expect((await proxied.send(`${url}/api/things`, { headers: { cookie: cookieOf(answer) } })).status).toBe(
      200,
    )
    await proxied.close()
  })

  test('of another instance on this host opens nothing', async () => {
    const cookie = await house.signIn()
    expect((await enter(cookie.replace('castellan_home', 'castellan_work'))).status).toBe(401)
  })

  test('given twice with different values opens nothing', async () => {
    const cookie = await house.signIn()
    const planted = `castellan_home=${'A'.repeat(43)}`
    expect((await enter(`${planted}; ${cookie}`)).status).toBe(401)
    expect((await enter(`${cookie}; ${planted}`)).status).toBe(401)
    expect((await enter(`other=1; ${cookie}; x=y`)).status).toBe(200)
  })

  test('that is malformed opens nothing and breaks nothing', async () => {
    const values = [
      '',
      '=',
      'x'.repeat(9_000),
      "' or 1=1 --",
      '\u00ff'.repeat(43),
      '%00',
      'A'.repeat(42),
      'A'.repeat(44),
    ]
    for (const value of values) expect((await enter(`castellan_home=${value}`)).status).toBe(401)
    expect((await enter('castellan_home')).status).toBe(401)
  })
})

test('does not take over a session id that was planted before the sign-in', async () => {
  const planted = `castellan_home=${'B'.repeat(43)}`
  const answer = await house.post('/auth/login', { password }, { headers: { cookie: planted } })
  expect(answer.status).toBe(200)
  expect(cookieOf(answer)).not.toBe(planted)
  expect((await enter(planted)).status).toBe(401)
})

test('ends the session that was there before a sign-in, by password or link', async () => {
  const first = await house.signIn()
  const second = await house.signIn({ headers: { cookie: first } })
  expect((await enter(first)).status).toBe(401)
  const third = await house.post('/auth/link', { token: await linkToken() }, { headers: { cookie: second } })
  expect((await enter(second)).status).toBe(401)
  expect((await enter(cookieOf(third))).status).toBe(200)
})

test('keeps no token in the database, only what cannot be turned back into one', async () => {
  const cookie = await house.signIn()
  const link = await linkToken()
  const superuser = await house.db.superuser()
  for (const table of ['sessions', 'signin_links']) {
    const { rows } = await superuser.query(`select t::text as text, token_hash from castellan.${table} t`)
    for (const row of rows) {
      expect(row.token_hash).toHaveLength(32)
      for (const secret of [cookie.split('=')[1] ?? '', link]) {
        expect(row.text).not.toContain(secret)
        expect(row.text).not.toContain(Buffer.from(secret, 'base64url').toString('hex').slice(0, 24))
        expect(row.text).not.toContain(Buffer.from(secret).toString('hex').slice(0, 24))
      }
    }
  }
  const stolen = await superuser.query('select token_hash from castellan.sessions')
  for (const { token_hash } of stolen.rows) {
    expect((await enter(`castellan_home=${token_hash.toString('base64url')}`)).status).toBe(401)
  }
})

describe('an ended session', () => {
  test('is refused after sign-out, whose answer takes the cookie away', async () => {
    const cookie = await house.signIn()
    const out = await house.post('/auth/logout', {}, { headers: { cookie } })
    expect(out.status).toBe(200)
    expect(out.headers.get('set-cookie')).toMatch(
      /^castellan_home=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect((await enter(cookie)).status).toBe(401)
  })

  test('is refused after the owner revoked it from another', async () => {
    const lost = await house.signIn({ headers: { 'user-agent': 'the lost phone' } })
    const own = await house.signIn()
    const headers = { cookie: own, origin }
    const list = z.array(SessionView).parse(await (await house.send('/api/sessions', { headers })).json())
    const row = list.find((session) => session.user_agent === 'the lost phone')
    expect(row).toMatchObject({ current: false, address: '127.0.0.1' })
    expect((await house.send(`/api/sessions/${row?.id}`, { method: 'DELETE', headers })).status).toBe(204)
    expect((await enter(lost)).status).toBe(401)
    expect((await enter(own)).status).toBe(200)
    expect((await house.send(`/api/sessions/${row?.id}`, { method: 'DELETE', headers })).status).toBe(404)
    expect((await house.send(`/api/sessions/'%20or%20true`, { method: 'DELETE', headers })).status).toBe(404)
    expect(house.recorded).toContainEqual(
      expect.objectContaining({ kind: 'session_ended', session: row?.id, why: 'revoked' }),
    )
  })

  test('is refused eight hours after it began, however much it was used', async () => {
    const cookie = await house.signIn()
    for (let i = 0; i < 7; i++) {
      house.advance(hour)
      expect((await enter(cookie)).status).toBe(200)
    }
    house.advance(hour - 60_000)
    expect((await enter(cookie)).status).toBe(200)
    house.advance(60_000)
    expect((await enter(cookie)).status).toBe(401)
  })

  test('ends its live stream at once', async () => {
    const cookie = await house.signIn()
    const answer = await house.send('/api/events', { headers: { cookie } })
    const ended = readToEnd(answer)
    await house.post('/auth/logout', {}, { headers: { cookie } })
    house.publish({
      type: 'notice',
      id: crypto.randomUUID(),
      text: 'for the owner only',
      at: new Date().toISOString(),
    })
    expect(await ended).not.toContain('for the owner only')
  })

  test('ends its live stream by the next heartbeat when another process ended it', async () => {
    const cookie = await house.signIn()
    const answer = await house.send('/api/events', { headers: { cookie } })
    const superuser = await house.db.superuser()
    await superuser.query('update castellan.sessions set revoked_at = now()')
    await readToEnd(answer)
  })

  test('ends its live stream when its time is up', async () => {
    const cookie = await house.signIn()
    const answer = await house.send('/api/events', { headers: { cookie } })
    house.advance(8 * hour)
    await readToEnd(answer)
  })
})

describe('a one-time link', () => {
  test('signs in once', async () => {
    const token = await linkToken()
    expect(Buffer.from(token, 'base64url')).toHaveLength(16)
    expect((await house.post('/auth/link', { token })).status).toBe(200)
    const again = await house.post('/auth/link', { token })
    expect(again.status).toBe(410)
    expect(await again.json()).toMatchObject({ error: { code: 'link_spent' } })
    expect(again.headers.get('set-cookie')).toBeNull()
  })

  test('signs in one of twenty who race for it', async () => {
    const token = await linkToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => house.post('/auth/link', { token })))
    expect(answers.map((a) => a.status).sort()).toEqual([200, ...Array(19).fill(410)])
  })

  test('is dead after five minutes', async () => {
    const token = await linkToken()
    house.advance(300_000)
    expect((await house.post('/auth/link', { token })).status).toBe(410)
  })

  test('stays out of the path and query, where logs and Referer headers would carry it', async () => {
    const { url } = await house.identity.makeLink()
    expect(url).toMatch(/^http:\/\/localhost:7777\/signin#[A-Za-z0-9_-]{22}$/)
  })

  test('is made for the local token only, not for a stolen session or a stranger', async () => {
    const cookie = await house.signIn()
    expect((await house.post('/auth/links', {}, { headers: { cookie } })).status).toBe(403)
    expect((await house.post('/auth/links', {})).status).toBe(401)
    const headers = { authorization: `Bearer ${house.localToken}` }
    const made = await house.post('/auth/links', {}, { headers })
    expect(await made.json()).toMatchObject({ url: expect.stringContaining('/signin#') })
  })
})

describe('the local token', () => {
  const whoami = (url: string, peer: string, token = house.localToken) =>
    house.send(`${url}/api/whoami`, { peer, headers: { authorization: `Bearer ${token}` } })

  test('acts for the owner from this machine, marked as what it is', async () => {
    expect(await (await whoami(origin, '127.0.0.1')).json()).toMatchObject({
      principal: 'owner',
      via: 'local-token',
    })
    expect((await whoami(origin, '::1')).status).toBe(200)
    expect((await whoami(origin, '::ffff:127.0.0.1')).status).toBe(200)
  })

  test('is refused from elsewhere, under a public name, and when wrong by one character', async () => {
    expect((await whoami(origin, '192.168.1.7')).status).toBe(401)
    expect((await whoami(origin, '')).status).toBe(401)
    expect((await whoami(origin, '127.0.0.1', `${house.localToken}x`)).status).toBe(401)
    expect((await whoami(origin, '127.0.0.1', house.localToken.slice(1))).status).toBe(401)
    expect((await whoami(origin, '127.0.0.1', '')).status).toBe(401)
    const hosts = { port: 7777, tls: false, public: ['https://castle.example'] }
    const proxied = await openHouse({ hosts })
    const headers = { authorization: `Bearer ${proxied.localToken}` }
    expect((await proxied.send('https://castle.example/api/things', { headers })).status).toBe(401)
    await proxied.close()
  })

  test('is no cookie and no query parameter', async () => {
    expect((await enter(`castellan_home=${house.localToken}`)).status).toBe(401)
    expect(
      (await house.send(`/api/things?token=${house.localToken}&access_token=${house.localToken}`)).status,
    ).toBe(401)
  })
})

/** All that a stream brings until it ends by itself. */
function readToEnd(answer: Response): Promise<string> {
  expect(answer.status).toBe(200)
  return answer.text()
}
