/** Attack: request targets that a URL library would tidy up before sending, byte for byte over a socket. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type House, openHouse } from './house.ts'

let house: House
let port: number
beforeAll(async () => {
  house = await openHouse()
  port = (await house.listen()).port
})
afterAll(() => house.close())

function send(method: string, target: string, host = `localhost:${port}`): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let all = ''
    socket.on('data', (chunk) => {
      all += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(all))
    socket.on('error', reject)
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  })
}

describe('nothing guarded is told to', () => {
  const targets = [
    '/api/things',
    '/healthz/../api/things',
    '/healthz/..%2fapi/things',
    '/healthz/%2e%2e/api/things',
    '/healthz/%2E%2e/api/things',
    '/x/..//api/things',
    '/./api/things',
    '//api/things',
    '///api///things',
    '/api/things?/healthz',
    '/api/things#/healthz',
    '/api/things/',
    '/api/things%',
    '/api/things%0',
    '/api/things%c0%ae',
    '/%2561pi/things',
    '/api/th%2569ngs',
    '/api/things\t',
    'api/things',
    '*',
    'http://localhost:PORT/api/things',
    'http://localhost:PORT/healthz/../api/things',
    'https://localhost:PORT/api/things',
    'ftp://localhost/api/things',
    'http://user:pass@localhost:PORT/api/things',
    'http://:pass@localhost:PORT/api/things',
    'http://localhost:PORT@evil.example/api/things',
  ]
  for (const target of targets) {
    test(`GET ${JSON.stringify(target)}`, async () => {
      for (const method of ['GET', 'HEAD', 'POST', 'TRACE', 'QUERY']) {
        const answer = await send(method, target.replace('PORT', String(port)))
        expect(answer).toMatch(/^HTTP\/1\.1 (400|401|404|421) /)
        expect(answer).not.toContain('the owner')
        expect(answer.toLowerCase()).toContain('x-frame-options: sameorigin')
      }
    })
  }
})

test('a target in absolute form does not get round the Host allowlist', async () => {
  expect(await send('GET', `http://evil.example/healthz`)).toMatch(/^HTTP\/1\.1 421 /)
  expect(await send('GET', `http://localhost:${port}/healthz`, 'evil.example')).toMatch(/^HTTP\/1\.1 421 /)
  expect(await send('GET', `http://localhost:${port}/healthz`)).toMatch(/^HTTP\/1\.1 200 /)
})

test('two Host headers do not get a stranger’s name past us', async () => {
  expect(await send('GET', '/healthz', `evil.example\r\nHost: localhost:${port}`)).toMatch(
    /^HTTP\/1\.1 4\d\d /,
  )
})

test('a redirect never leads to another host', async () => {
  for (const target of [
    '//evil.example/',
    '/\\evil.example/',
    '/%5cevil.example',
    '/.//evil.example',
    '/%0d%0aLocation:%20//evil.example',
  ]) {
    const answer = await send('GET', target, `127.0.0.1:${port}`)
    const location = /^location: (.*)$/im.exec(answer)?.[1]?.trim()
    if (location !== undefined) expect(new URL(location).origin).toBe(`http://localhost:${port}`)
    else expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  }
})

test('CONNECT makes us nobody’s proxy', async () => {
  expect(await send('CONNECT', 'evil.example:443')).not.toMatch(/^HTTP\/1\.1 2/)
})

test('an upgrade without a session opens nothing', async () => {
  const upgrade = `localhost:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`
  for (const target of ['/api/events', '/api/things', '/mcp']) {
    expect(await send('GET', target, upgrade)).toMatch(/^HTTP\/1\.1 401 /)
  }
})
