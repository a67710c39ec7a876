/** Attack: another site, or another program on this machine, makes the owner's browser act in the owner's name. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type House, openHouse, origin, password, type Sent } from './house.ts'

let house: House
let cookie: string
beforeAll(async () => {
  house = await openHouse({ hosts: { port: 7777, tls: false, public: ['https://castle.example'] } })
  cookie = await house.signIn()
})
afterAll(() => house.close())
beforeEach(() => {
  house.rooms.done = 0
})

const act = (headers: Record<string, string>, init: Sent = {}) =>
  house.send('/api/things', {
    method: 'POST',
    body: '{"text":"x"}',
    ...init,
    headers: { 'content-type': 'application/json', ...headers },
  })

describe('a state change with the session cookie', () => {
  test('is carried out for our own page', async () => {
    expect((await act({ cookie, origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect((await act({ cookie, origin })).status).toBe(200)
    expect((await act({ cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(house.rooms.done).toBe(3)
  })

  const refused: [string, Record<string, string>][] = [
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site whose browser sends Origin only', { origin: 'https://evil.example' }],
    ['another site whose browser sends Sec-Fetch-Site only', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { origin: 'http://localhost:7778', 'sec-fetch-site': 'same-site' }],
    ['another port, Origin only', { origin: 'http://localhost:7778' }],
    ['the same host over another scheme', { origin: 'https://localhost:7777' }],
    ['a loopback address that is not canonical', { origin: 'http://127.0.0.1:7777' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a name that begins like ours', { origin: 'http://localhost:7777.evil.example' }],
    ['a name that ends like ours', { origin: 'http://evil-localhost:7777' }],
    ['an origin with a path', { origin: 'http://localhost:7777/' }],
    ['two origins', { origin: `${origin}, https://evil.example` }],
    ['an empty origin', { origin: '' }],
    ['our origin but a foreign site', { origin, 'sec-fetch-site': 'cross-site' }],
    ['our site but a foreign origin', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['somebody who hides both', {}],
    ['a Referer of ours alone', { referer: `${origin}/` }],
  ]
  for (const [who, headers] of refused) {
    test(`is refused for ${who}`, async () => {
      const answer = await act({ cookie, ...headers })
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ error: { code: 'cross_origin' } })
      expect(house.rooms.done).toBe(0)
    })
  }

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PURGE']) {
    test(`is refused for ${method} from another site`, async () => {
      const answer = await house.send('/api/things', {
        method,
        headers: { cookie, origin: 'https://evil.example' },
      })
      expect(answer.status).toBe(403)
    })
  }
})

test('does not read a form, which any site may post', async () => {
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    '',
  ]) {
    const answer = await act({ cookie, origin, 'content-type': type })
    expect(answer.status).toBe(400)
  }
  expect(house.rooms.done).toBe(0)
})

test('refuses to sign the owner in or out at another site’s wish', async () => {
  const evil = { headers: { origin: 'https://evil.example' } }
  expect((await house.post('/auth/login', { password }, evil)).status).toBe(403)
  expect((await house.post('/auth/link', { token: 'x' }, evil)).status).toBe(403)
  const out = await house.post('/auth/logout', {}, { headers: { origin: 'https://evil.example', cookie } })
  expect(out.status).toBe(403)
  expect((await house.send('/api/things', { headers: { cookie } })).status).toBe(200)
})

test('refuses API reads, streams and upgrades that another site caused', async () => {
  const foreign = { cookie, 'sec-fetch-site': 'cross-site' }
  expect((await house.send('/api/things', { headers: foreign })).status).toBe(403)
  expect((await house.send('/api/events', { headers: foreign })).status).toBe(403)
  expect(
    (await house.send('/api/events', { headers: { cookie, origin: 'https://evil.example' } })).status,
  ).toBe(403)
  for (const path of ['/api/events', '/', '/anything']) {
    const upgrade = { cookie, connection: 'Upgrade', upgrade: 'websocket' }
    expect((await house.send(path, { headers: upgrade })).status).toBe(403)
    expect((await house.send(path, { headers: { ...upgrade, origin: 'https://evil.example' } })).status).toBe(
      403,
    )
  }
})

test('lets another site link to a page, which does nothing by itself', async () => {
  const answer = await house.send('/', { headers: { cookie, 'sec-fetch-site': 'cross-site' } })
  expect(answer.status).toBe(200)
})

test('grants no other site anything by CORS', async () => {
  const answer = await house.send('/api/things', {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  expect(answer.status).toBe(403)
})

describe('a bearer', () => {
  test('needs no origin, being no ambient credential', async () => {
    expect((await act({ authorization: `Bearer ${house.localToken}` })).status).toBe(200)
  })

  test('that is wrong is not helped by a cookie', async () => {
    for (const authorization of ['Bearer wrong', 'bearer  wrong', 'Bearer ', 'BEARER a b']) {
      const answer = await act({ cookie, authorization, origin: 'https://evil.example' })
      expect([401, 403]).toContain(answer.status)
      expect(house.rooms.done).toBe(0)
    }
  })

  test('of another scheme spares nobody the origin check', async () => {
    expect((await act({ cookie, authorization: 'Basic eDp5' })).status).toBe(403)
  })
})

describe('the Host header', () => {
  const foreign = [
    'http://evil.example:7777',
    'http://evil.example',
    'http://localhost:7778',
    'http://localhost',
    'http://localhost.:7777',
    'http://localhost.evil.example:7777',
    'http://127.0.0.2:7777',
    'http://127.0.0.1.nip.io:7777',
    'http://castle.example:7777',
    'http://castle.example.',
    'http://0.0.0.0:7777',
  ]
  for (const url of foreign) {
    test(`is refused as ${url.slice(7)}, signed in or not`, async () => {
      for (const path of ['/', '/api/things', '/auth/state', '/healthz']) {
        const answer = await house.send(url + path, { headers: { cookie } })
        expect(answer.status).toBe(421)
        expect(await answer.json()).toMatchObject({ error: { code: 'unknown_host' } })
      }
    })
  }

  test('must be ours even when the target names us', async () => {
    const answer = await house.send('/api/things', { headers: { cookie, host: 'evil.example' } })
    expect(answer.status).toBe(421)
  })

  test('may be any loopback name for programs, and pages go to the canonical one', async () => {
    const authorization = `Bearer ${house.localToken}`
    for (const host of ['127.0.0.1:7777', '[::1]:7777', 'LOCALHOST:7777']) {
      expect((await house.send(`http://${host}/api/things`, { headers: { authorization } })).status).toBe(200)
    }
    for (const host of ['127.0.0.1:7777', '[::1]:7777']) {
      for (const path of ['/', '/chat?x=1', '//evil.example/', '/%2f%2fevil.example']) {
        const answer = await house.send(`http://${host}${path}`)
        expect(answer.status).toBe(308)
        expect(answer.headers.get('location')).toBe(origin + path)
      }
    }
  })

  test('may be a configured public name', async () => {
    const owner = await house.post(
      'https://castle.example/auth/login',
      { password },
      { headers: { origin: 'https://castle.example' } },
    )
    expect(owner.status).toBe(200)
  })
})
