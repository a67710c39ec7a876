/** Attack: frame, sniff or script a page whose answer forgot its security headers. Every kind of answer is asked for. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type House, openHouse, origin, password, type Sent } from './house.ts'

let house: House
let cookie: string
beforeAll(async () => {
  house = await openHouse()
  cookie = await house.signIn()
})
afterAll(() => house.close())

const constant = {
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'x-xss-protection': '0',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

function expectDressed(headers: Headers): void {
  for (const [name, value] of Object.entries(constant)) expect(headers.get(name)).toBe(value)
  expect(headers.get('permissions-policy')).toContain('camera=()')
  const csp = headers.get('content-security-policy') ?? ''
  expect(csp.replace(/'nonce-[A-Za-z0-9+/]{22}=='/g, 'NONCE')).toBe(
    "default-src 'self'; script-src 'self' NONCE; style-src 'self' NONCE; style-src-attr 'unsafe-inline'; " +
      "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
  )
  for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
    expect(headers.get(name)).toBeNull()
}

const answers: [string, number, string, () => Sent][] = [
  ['a page', 200, '/', () => ({})],
  ['a missing page', 404, '/nothing', () => ({})],
  ['JSON', 200, '/api/things', () => ({ headers: { cookie } })],
  ['a stream', 200, '/api/events', () => ({ headers: { cookie } })],
  ['HEAD', 200, '/', () => ({ method: 'HEAD' })],
  ['a refusal for want of a session', 401, '/api/things', () => ({})],
  ['a missing route', 404, '/api/nothing', () => ({ headers: { cookie } })],
  ['a wrong method', 404, '/healthz', () => ({ method: 'POST', headers: { origin, cookie } })],
  [
    'a cross-site refusal',
    403,
    '/api/things',
    () => ({ method: 'POST', headers: { origin: 'https://evil.example' } }),
  ],
  ['an unknown host', 421, 'http://evil.example/', () => ({})],
  ['a redirect', 308, 'http://127.0.0.1:7777/', () => ({})],
  ['a fault', 500, '/api/boom', () => ({ headers: { cookie } })],
  ['a thrown string', 500, '/api/boom-strange', () => ({ headers: { cookie } })],
  ['a bad body', 400, '/auth/login', () => ({ method: 'POST', headers: { origin } })],
  [
    'a body over the limit',
    413,
    '/auth/login',
    () => ({ method: 'POST', headers: { origin, 'content-length': '9999999' }, body: 'x' }),
  ],
  ['an unknown method', 401, '/api/things', () => ({ method: 'PURGE', headers: { origin } })],
  ['liveness', 200, '/healthz', () => ({})],
]

describe('the security headers are on', () => {
  for (const [what, status, path, init] of answers) {
    test(what, async () => {
      const answer = await house.send(path, init())
      expect(answer.status).toBe(status)
      expectDressed(answer.headers)
      await answer.body?.cancel()
    })
  }

  const broken: [string, RegExp, string][] = [
    ['what is not HTTP', / 400 /, 'hello\r\n\r\n'],
    [
      'a header that is too large',
      / 431 /,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    ],
    ['a request without Host', / 400 /, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['HTTP/1.0 without Host', / 400 /, 'GET / HTTP/1.0\r\n\r\n'],
    [
      'an expectation nobody meets',
      / 404 /,
      'GET /x HTTP/1.1\r\nHost: localhost:PORT\r\nExpect: x\r\nConnection: close\r\n\r\n',
    ],
    ['a Host that is no host', / 400 /, 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['a target that is no path', / 400 /, 'GET foo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    [
      'a backslash in the path',
      / 400 /,
      'GET /api\\things HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ],
  ]
  for (const [what, status, text] of broken) {
    test(`${what}, on the bare socket`, async () => {
      const { port } = await house.listen()
      const answer = await exchange(port, text.replace('PORT', String(port)))
      expect(answer.split('\r\n')[0]).toMatch(status)
      expectDressed(headersOf(answer))
    })
  }
})

test('gives each answer a nonce of its own, and the page the one of its answer', async () => {
  const nonces = new Set<string>()
  for (let i = 0; i < 20; i++) {
    const answer = await house.send('/')
    const nonce = /nonce-([^']+)/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? ''
    expect(await answer.text()).toContain(`nonce="${nonce}"`)
    nonces.add(nonce)
  }
  expect(nonces.size).toBe(20)
})

test('keeps API answers out of every cache', async () => {
  for (const path of ['/api/things', '/auth/state', '/api/nothing']) {
    const answer = await house.send(path, { headers: { cookie } })
    expect(answer.headers.get('cache-control')).toContain('no-store')
  }
})

test('tells nothing of a fault but its number', async () => {
  for (const path of ['/api/boom', '/api/boom-strange']) {
    const before = house.logged.length
    const answer = await house.send(`${path}?token=secret-words`, { headers: { cookie } })
    const text = await answer.text()
    expect(text).not.toMatch(/hunter2|home\/owner|stack|boom/)
    const request = answer.headers.get('x-request-id') ?? 'none'
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal', details: { request } } })
    expect(house.logged[before]).toMatchObject({ request, path, code: 'internal' })
    expect(JSON.stringify(house.logged[before])).not.toContain('secret-words')
  }
})

test('says HSTS over TLS and under a public https name only', async () => {
  const tls = await openHouse({ hosts: { port: 7777, tls: true, public: [] } })
  const proxied = await openHouse({ hosts: { port: 7777, tls: false, public: ['castle.example'] } })
  const hsts = async (h: House, url: string) => (await h.send(url)).headers.get('strict-transport-security')
  expect(await hsts(tls, 'https://localhost:7777/')).toMatch(/^max-age=\d{8}/)
  expect(await hsts(tls, 'https://evil.example/')).toMatch(/^max-age=\d{8}/)
  expect(await hsts(proxied, 'https://castle.example/')).toMatch(/^max-age=\d{8}/)
  expect(await hsts(proxied, 'http://localhost:7777/')).toBeNull()
  await Promise.all([tls.close(), proxied.close()])
})

test('puts no text of a request into a header', async () => {
  const { port } = await house.listen()
  const crlf = '%0d%0aSet-Cookie:%20evil=1%0d%0a'
  const answer = await exchange(
    port,
    `GET /${crlf}?${crlf} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Request-Id: evil\r\nConnection: close\r\n\r\n`,
  )
  const headers = headersOf(answer)
  expect(answer).toMatch(/^HTTP\/1.1 308 /)
  expect(headers.get('set-cookie')).toBeNull()
  expect(headers.get('x-request-id')).not.toBe('evil')
})

test('signs in with a password that holds line breaks without splitting a header', async () => {
  const answer = await house.post('/auth/login', { password: `${password}\r\nSet-Cookie: evil=1` })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('set-cookie')).toBeNull()
})

/** Sends text over a bare socket and gives back all that comes until the other side ends. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let all = ''
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(all))
    socket.on('error', reject)
    socket.write(text)
  })
}

function headersOf(answer: string): Headers {
  const [head = ''] = answer.split('\r\n\r\n')
  return new Headers(
    head
      .split('\r\n')
      .slice(1)
      .map((line): [string, string] => {
        const at = line.indexOf(':')
        return [line.slice(0, at), line.slice(at + 1).trim()]
      }),
  )
}
