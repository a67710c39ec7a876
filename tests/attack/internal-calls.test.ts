/**
 * Attack: whoever reaches /internal/*, or the worker's socket, but holds no key. The same headers that would let a service
 * in are bent in every way; nothing is read of a body before its header is right, and no body but the signed one arrives.
 */
import { randomUUID } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AppEnv, createApp } from '../../packages/server/src/http/index.ts'
import { frameWriter, readFrames } from '../../packages/server/src/internal/frames.ts'
import {
  callHeader,
  hashOf,
  internalGuard,
  openLine,
  pairKey,
  signAnswer,
  signCall,
} from '../../packages/server/src/internal/index.ts'
import { type GraphqlHouse, openGraphqlHouse } from '../../packages/server/src/testing/graphql-house.ts'

const root = Buffer.alloc(32, 7)
const key = pairKey(root, 'graphql', 'server')
const origin = 'http://localhost:7777'

/** A server with one internal route, which tells what reached it. */
function makeHouse() {
  const reached: string[] = []
  const internal = new Hono<AppEnv>().use(
    internalGuard({
      callee: 'server',
      keys: { graphql: key },
      routes: { 'POST /internal/echo': ['graphql'] },
      now: Date.now,
    }),
  )
  internal.post('/echo', async (c) => {
    reached.push(await c.req.text())
    return c.text('done')
  })
  const app = createApp({
    identify: async () => undefined,
    hosts: { port: 7777, tls: false, public: [] },
    routes: { api: [], auth: [], internal },
    ready: () => true,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  return { reached, send: (init: RequestInit, path = '/internal/echo') => app.request(origin + path, init) }
}

const sign = (body: string, over: { target?: string; method?: string; time?: number } = {}) =>
  signCall(
    key,
    {
      method: over.method ?? 'POST',
      target: over.target ?? '/internal/echo',
      caller: 'graphql',
      callee: 'server',
    },
    hashOf(body),
    over.time ?? Date.now(),
  ).header

describe('before the body is read', () => {
  test('the right call is let in', async () => {
    const house = makeHouse()
    const answer = await house.send({
      method: 'POST',
      headers: { [callHeader]: sign('hello') },
      body: 'hello',
    })
    expect([answer.status, house.reached]).toEqual([200, ['hello']])
  })

  test.each<[name: string, header: () => string | null]>([
    ['no header', () => null],
    ['an empty one', () => ''],
    ['a long one', () => 'v1.'.repeat(2_000)],
    ['one that is too short', () => sign('hello').slice(0, -1)],
    ['one that is too long', () => `${sign('hello')}A`],
    ['one in capitals', () => sign('hello').toUpperCase()],
    ['one with blanks', () => sign('hello').replace('.', '. ')],
    ['the header twice', () => `${sign('hello')}, ${sign('hello')}`],
    ['another version', () => sign('hello').replace('v1', 'v2')],
    ['another caller', () => sign('hello').replace('.graphql.', '.server.')],
    ['a caller nobody knows', () => sign('hello').replace('.graphql.', '.root.')],
    ['one of an hour ago', () => sign('hello', { time: Date.now() - 3_600_000 })],
    ['one of the next hour', () => sign('hello', { time: Date.now() + 3_600_000 })],
    ['one for another path', () => sign('hello', { target: '/internal/other' })],
    ['one for a query', () => sign('hello', { target: '/internal/echo?all' })],
    ['one for another method', () => sign('hello', { method: 'PUT' })],
    ['a bearer instead', () => 'Bearer secret'],
  ])('%s is refused', async (_name, header) => {
    const house = makeHouse()
    const said = header()
    let read = false
    const body = new ReadableStream(
      {
        pull() {
          read = true
          throw new Error('the body was read')
        },
      },
      { highWaterMark: 0 },
    )
    const headers: Record<string, string> = said === null ? {} : { [callHeader]: said }
    const answer = await house.send({ method: 'POST', body, duplex: 'half', headers } as RequestInit)
    expect([answer.status, read, house.reached]).toEqual([401, false, []])
    expect(await answer.text()).not.toMatch(/nonce|hmac|signature|time|caller/i)
  })

  test('a call that was seen before is refused', async () => {
    const house = makeHouse()
    const init = { method: 'POST', headers: { [callHeader]: sign('hello') }, body: 'hello' }
    expect((await house.send(init)).status).toBe(200)
    expect((await house.send(init)).status).toBe(401)
    expect(house.reached).toEqual(['hello'])
  })

  test.each([
    '/internal',
    '/internal/',
    '/internal/other',
    '/internal/echo/',
    '/internal/../internal/echo/x',
  ])('nothing below %s tells whether it is there', async (path) => {
    const answer = await makeHouse().send({ method: 'POST', body: 'x' }, path)
    expect(answer.status).toBe(401)
  })
})

describe('while the body is read', () => {
  test.each([
    ['cut short', 'hell'],
    ['made longer', 'hello there'],
    ['changed', 'hallo'],
    ['empty', ''],
  ])('one that was %s never arrives', async (_name, body) => {
    const house = makeHouse()
    const answer = await house.send({ method: 'POST', headers: { [callHeader]: sign('hello') }, body })
    expect([answer.status, house.reached]).toEqual([401, []])
  })

  test('one that never ends is cut off', async () => {
    const house = makeHouse()
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const headers = { [callHeader]: sign('hello') }
    const answer = await house.send({ method: 'POST', body, duplex: 'half', headers } as RequestInit)
    expect([answer.status, house.reached]).toEqual([401, []])
    expect(sent).toBeLessThan(1_000_000)
  })
})

describe("the worker's socket", () => {
  let house: GraphqlHouse
  beforeAll(async () => {
    house = await openGraphqlHouse()
    await house.ask('owner', '{ role }')
  })
  afterAll(() => house?.close())

  /** Sends a frame: the status of the answer, or null when it is hung up on. */
  const knock = (head: string, body: string, length = Buffer.byteLength(body), headLength = head.length) =>
    new Promise<number | null>((resolve, reject) => {
      const socket = connect(house.started.at(-1) ?? '')
      socket.on('error', reject).on('close', () => resolve(null))
      readFrames(socket, (answer) => {
        resolve(Number(answer.split(' ')[1]))
        return () => socket.destroy()
      })
      const lengths = Buffer.alloc(8)
      lengths.writeUInt32BE(headLength, 0)
      lengths.writeUInt32BE(length, 4)
      socket.write(Buffer.concat([lengths, Buffer.from(head + body)]))
    })
  const envelope = JSON.stringify({
    ...{ role: 'owner', settings: { role: 'app_owner' }, version: 'x', introspect: true },
    limits: { depth: 50, cost: 1 },
  })
  const body = `${envelope}\n{"query":"{ role }"}`
  const proof = (over: object = {}) =>
    signCall(
      house.keys.calls,
      { method: 'POST', target: '/execute', caller: 'server', callee: 'graphql', ...over },
      hashOf(body),
      Date.now(),
    ).header

  test('answers nobody who has no key, or another one, or says the same twice', async () => {
    expect(await knock('', body)).toBeNull()
    expect(await knock('/execute', body)).toBeNull()
    expect(await knock(`/execute ${sign(body)}`, body)).toBeNull()
    expect(await knock(`/execute ${proof()} ${proof()}`, body)).toBeNull()
    expect(await knock(`/execute  ${proof()}`, body)).toBeNull()
    expect(await knock(`/other ${proof({ target: '/other' })}`, body)).toBeNull()
    expect(await knock(`/execute ${proof()}`, `${body} `)).toBeNull()
    const once = `/execute ${proof()}`
    expect(await knock(once, body)).toBe(200)
    expect(await knock(once, body)).toBeNull()
  })

  test('hangs up before the body, on a head that is too long, and on HTTP', async () => {
    // Nothing of these bodies is ever sent: whoever waited for one would not hang up.
    expect(await knock(`/execute ${sign(body)}`, '', 1_000)).toBeNull()
    expect(await knock(`/execute ${proof()}`, '', 4_000_000_000)).toBeNull()
    expect(await knock('', '', 0, 1_025)).toBeNull()
    expect(await knock('', '', 0, 4_000_000_000)).toBeNull()
    expect(await knock('POST /execute HTTP/1.1\r\n\r\n', body)).toBeNull()
  })

  test('takes a frame in pieces, and many at once', async () => {
    const frame = () => {
      const head = Buffer.from(`/execute ${proof()}`)
      const lengths = Buffer.alloc(8)
      lengths.writeUInt32BE(head.byteLength, 0)
      lengths.writeUInt32BE(Buffer.byteLength(body), 4)
      return Buffer.concat([lengths, head, Buffer.from(body)])
    }
    const socket = connect(house.started.at(-1) ?? '')
    const statuses: string[] = []
    const done = new Promise<void>((resolve) => {
      readFrames(socket, (head) => {
        statuses.push(head.split(' ')[1] ?? '')
        return () => void (statuses.length === 6 && resolve())
      })
    })
    socket.setNoDelay(true)
    for (const byte of frame()) {
      await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => resolve()))
    }
    socket.write(Buffer.concat([frame(), frame(), frame(), frame(), frame()]))
    await done
    socket.destroy()
    expect(statuses).toEqual(['200', '200', '200', '200', '200', '200'])
  })

  test('taken over by another program, it is not believed', async () => {
    const { calls, answers } = house.keys
    const lies: [why: string, lie: (nonce: string, body: Buffer) => string][] = [
      ['unsigned', (nonce) => `${nonce} 200`],
      ['nonsense', (nonce) => `${nonce} 200 v1.x.y`],
      ['another key', (nonce, said) => `${nonce} 200 ${signAnswer(calls, nonce, 200, hashOf(said))}`],
      // The right key, as if an answer had been changed on its way; and one that was given to another call.
      ['another body', (nonce) => `${nonce} 200 ${signAnswer(answers, nonce, 200, hashOf('{}'))}`],
      ['another status', (nonce, said) => `${nonce} 200 ${signAnswer(answers, nonce, 400, hashOf(said))}`],
      [
        'another call',
        (nonce, said) => `${nonce} 200 ${signAnswer(answers, 'A'.repeat(22), 200, hashOf(said))}`,
      ],
    ]
    const ask = async (lie: (nonce: string, body: Buffer) => string) => {
      const path = join(house.home, `squatter-${randomUUID().slice(0, 8)}.sock`)
      const squatter = createServer((socket) => {
        const send = frameWriter(socket)
        const said = Buffer.from('{"data":{"role":"owned"}}')
        readFrames(socket, (head) => () => send(lie(head.split('.')[3] ?? '', said), said))
      })
      await new Promise<void>((resolve) => squatter.listen(path, resolve))
      const line = openLine({
        ...{ path, caller: 'server', callee: 'graphql', keys: house.keys, now: Date.now },
        ...{ most: 1, answerLimit: 1_000, silenceMs: 60_000 },
      })
      const said = await line.ask('/execute', Buffer.from(body)).then(
        (answer) => answer.body.toString(),
        (error: Error) => error.message,
      )
      line.close()
      await new Promise((resolve) => squatter.close(resolve))
      return said
    }
    for (const [why, lie] of lies)
      expect([why, await ask(lie)]).toEqual([why, expect.stringMatching(/broke|not signed/)])
    const honest = (nonce: string, said: Buffer) =>
      `${nonce} 200 ${signAnswer(answers, nonce, 200, hashOf(said))}`
    expect(await ask(honest)).toContain('owned')
  })

  test('nobody but the worker that is being started can announce itself', async () => {
    const say = async (pid: number, with_: Record<string, string>) =>
      (
        await house.raw(
          {
            method: 'POST',
            body: JSON.stringify({ pid }),
            headers: { 'content-type': 'application/json', ...with_ },
          },
          '/internal/graphql/ready',
        )
      ).status
    const signed = (pid: number) =>
      signCall(
        house.keys.answers,
        { method: 'POST', target: '/internal/graphql/ready', caller: 'graphql', callee: 'server' },
        hashOf(JSON.stringify({ pid })),
        Date.now(),
      ).header
    expect(await say(1, {})).toBe(401)
    expect(await say(1, { authorization: 'Bearer owner' })).toBe(401)
    expect(await say(1, { [callHeader]: signed(1) })).toBe(404)
    expect(await say(2, { [callHeader]: signed(1) })).toBe(401)
  })
})
