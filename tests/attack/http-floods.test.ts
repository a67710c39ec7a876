/** Attack: exhaust the server with bodies too large, headers too slow, readers that do not read, JSON too deep. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type House, openHouse, origin } from './house.ts'

let house: House
let cookie: string
beforeAll(async () => {
  house = await openHouse()
  cookie = await house.signIn()
})
afterAll(() => house.close())
beforeEach(() => {
  house.rooms.done = 0
})

const mebibyte = 1_048_576
const json = (bytes: number) => JSON.stringify({ text: 'x'.repeat(bytes - '{"text":""}'.length) })

describe('a body', () => {
  const send = (body: RequestInit['body'], headers: Record<string, string> = {}) => {
    const all = { origin, cookie, 'content-type': 'application/json', ...headers }
    return house.send('/api/things', { method: 'POST', headers: all, body, duplex: 'half' } as RequestInit)
  }

  test('of exactly one MiB is read, and one byte more is not', async () => {
    expect((await send(json(mebibyte))).status).toBe(200)
    const answer = await send(json(mebibyte + 1))
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ error: { code: 'too_large' } })
  })

  test('is counted although its Content-Length lies beside a Transfer-Encoding', async () => {
    const headers = { 'content-length': '10', 'transfer-encoding': 'chunked' }
    expect((await send(json(2 * mebibyte), headers)).status).toBe(413)
    expect(house.rooms.done).toBe(0)
  })

  test('that says it is too large is refused unread', async () => {
    let read = 0
    const body = endless(() => read++)
    expect((await send(body, { 'content-length': String(2 * mebibyte) })).status).toBe(413)
    expect(read).toBeLessThanOrEqual(3)
  })

  test('is counted although its Content-Length is a number that HTTP does not know', async () => {
    expect((await send(json(2 * mebibyte), { 'content-length': '1e3' })).status).toBe(413)
  })

  test('without end is read no further than the limit', async () => {
    let read = 0
    expect((await send(endless(() => read++))).status).toBe(413)
    expect(read * 65_536).toBeLessThan(2 * mebibyte)
  })

  test('without end from a stranger is not read at all', async () => {
    let read = 0
    const init = { method: 'POST', body: endless(() => read++), duplex: 'half', headers: { origin } }
    expect((await house.send('/api/things', init as RequestInit)).status).toBe(401)
    expect(read).toBeLessThanOrEqual(2)
  })

  test('nested a hundred thousand deep is refused, not a fault', async () => {
    for (const body of [
      '['.repeat(100_000) + ']'.repeat(100_000),
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    ]) {
      const headers = { origin, cookie, 'content-type': 'application/json' }
      const answer = await house.send('/api/anything', { method: 'POST', headers, body })
      expect(answer.status).toBe(400)
    }
  })

  test('that is broken, empty, polluted or of another shape is refused without being quoted', async () => {
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"text":1}',
      '{"text":"a","text2":"b"}',
      '{"text":"a","__proto__":{"x":1}}',
      '{"text":"hunter2"',
    ]
    for (const body of bodies) {
      const answer = await send(body)
      expect([body, answer.status]).toEqual([body, 400])
      expect(await answer.text()).not.toContain('hunter2')
    }
    expect(house.rooms.done).toBe(0)
  })
})

describe('over a real socket', () => {
  test('a chunked body over the limit is refused, and the connection does not linger', async () => {
    const { port } = await house.listen()
    const own = `http://localhost:${port}`
    const signedIn = await signInAt(own)
    const socket = connect(port, '127.0.0.1')
    const answer = readAll(socket)
    socket.on('error', () => {})
    socket.write(
      `POST /api/things HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: ${own}\r\nCookie: ${signedIn}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const pump = () => {
      while (socket.writable && socket.write(chunk));
    }
    socket.on('drain', pump)
    pump()
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(house.rooms.done).toBe(0)
  })

  test('a 2 MB body is refused with an answer', async () => {
    const { port } = await house.listen()
    const own = `http://localhost:${port}`
    const headers = { origin: own, cookie: await signInAt(own), 'content-type': 'application/json' }
    const answer = await fetch(`${own}/api/things`, { method: 'POST', headers, body: json(2_000_000) })
    expect(answer.status).toBe(413)
  })

  test('a body with both lengths never reaches a route', async () => {
    const { port } = await house.listen()
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `POST /auth/login HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '0\r\n\r\nGET /api/things HTTP/1.1\r\n\r\n',
    )
    const answer = await readAll(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  test('headers that trickle in are cut off', async () => {
    const { port } = await house.listen({ headersTimeoutMs: 200 })
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\n`)
    const drip = setInterval(() => socket.write('X: y\r\n'), 40)
    const answer = await readAll(socket)
    clearInterval(drip)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('a body that trickles in is cut off', async () => {
    const { port } = await house.listen({ headersTimeoutMs: 100, requestTimeoutMs: 300 })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /auth/login HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`,
    )
    const drip = setInterval(() => socket.write(' '), 40)
    const answer = await readAll(socket)
    clearInterval(drip)
    expect(answer).toMatch(/^HTTP\/1\.1 (408|400) /)
  })

  test('a stream reader that does not read is dropped, told to reload, and holds no memory', async () => {
    const { port } = await house.listen()
    const own = `http://localhost:${port}`
    const signedIn = await signInAt(own)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `GET /api/events HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${signedIn}\r\nConnection: close\r\n\r\n`,
    )
    await once(socket, 'data')
    socket.pause()
    const event = {
      type: 'notice',
      id: crypto.randomUUID(),
      text: 'x'.repeat(10_000),
      at: new Date().toISOString(),
    } as const
    const reader = await house.send('/api/events', { headers: { cookie } })
    // The socket's buffers take several megabytes before the server notices; then its own queue fills.
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 4_000; i++) {
      house.publish(event)
      if (i % 50 === 0) await new Promise(setImmediate)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * mebibyte)
    const rest = readAll(socket)
    socket.resume()
    const text = await rest
    expect(text.match(/event: notice/g)?.length ?? 0).toBeLessThan(4_000)
    expect(text).toContain('event: reload\ndata: {}')
    // The other reader did not read either, and is told the same.
    expect(await reader.text()).toContain('event: reload')
  })
})

function endless(onPull: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      onPull()
      controller.enqueue(new Uint8Array(65_536).fill(32))
    },
  })
}

/** All that a socket receives until the other side ends the connection. */
function readAll(socket: Socket): Promise<string> {
  let all = ''
  socket.on('data', (chunk) => {
    all += chunk.toString('latin1')
  })
  return new Promise((resolve) => socket.on('close', () => resolve(all)))
}

async function signInAt(own: string): Promise<string> {
  const { url } = await house.identity.makeLink()
  const answer = await fetch(`${own}/auth/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: own },
    body: JSON.stringify({ token: url.split('#')[1] }),
  })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
