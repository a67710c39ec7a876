import type { Event } from '@castellan/contracts'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { homeTenant, type Tenant } from '../database/index.ts'
import { ownerIdentity } from '../testing/identity.ts'
import type { AppEnv, Identity } from './env.ts'
import { type EventHub, eventHub, eventStream, type StreamOptions } from './sse.ts'

const notice = (text: string): Event => ({
  type: 'notice',
  id: '00000000-0000-4000-8000-000000000009',
  text,
  at: '2026-11-21T00:00:00.000Z',
})
const stranger = '00000000-0000-4000-8000-000000000002' as Tenant

const sessionIdentity: Identity = { ...ownerIdentity, sessionId: 's' }
const tokenIdentity: Identity = { ...ownerIdentity, via: 'access-token', scopes: ['read'] }

function makeStream(hub: EventHub, options: Partial<StreamOptions> = {}, identity = sessionIdentity) {
  const stream = eventStream(hub, { watch: () => () => {}, isLive: async () => true, ...options })
  const app = new Hono<AppEnv>()
  app.use(async (c, next) => {
    c.set('identity', identity)
    await next()
  })
  app.get('/events', stream.handle)
  return { stream, open: (init: RequestInit = {}) => Promise.resolve(app.request('/events', init)) }
}

/** Reads a stream until its text contains `end`. */
async function readUntil(answer: Response, end: string): Promise<string> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  let all = ''
  while (!all.includes(end)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`ended before ${end}: ${all}`)
    all += Buffer.from(value).toString()
  }
  reader.releaseLock()
  return all
}

const failLoudly = (error: unknown) => {
  throw error
}

test('streams events of the tenant in order, and no one else’s', async () => {
  const hub = eventHub(failLoudly)
  const { open } = makeStream(hub)
  const answer = await open()
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  hub.publish(stranger, notice('not for you'))
  for (let i = 0; i < 100; i++) hub.publish(homeTenant, notice(`n${i}`))
  const text = await readUntil(answer, 'n99')
  const seen = text.split('\n').filter((line) => line.startsWith('data: '))
  expect(seen.map((line) => JSON.parse(line.slice(6)).text)).toEqual(
    Array.from({ length: 100 }, (_, i) => `n${i}`),
  )
  expect(text).toContain('event: notice\ndata: {')
  expect(text).not.toContain('not for you')
})

test('keeps a text with line breaks in one event', async () => {
  const hub = eventHub(failLoudly)
  const { open } = makeStream(hub)
  const answer = await open()
  hub.publish(homeTenant, notice('a\n\nevent: question\ndata: {}\r\n\r\nz'))
  const text = await readUntil(answer, 'z"')
  expect(text.match(/^event: /gm)).toHaveLength(1)
})

test('asks again about a token, by what it came with, and ends when that no longer holds', async () => {
  const asked: unknown[] = []
  const isLive = async (_who: unknown, { authorization }: { authorization: string | undefined }) =>
    asked.push(authorization) < 3
  const { open } = makeStream(eventHub(failLoudly), { isLive, tokenMs: 5 }, tokenIdentity)
  await (await open({ headers: { authorization: 'Bearer of a token' } })).text()
  expect(new Set(asked)).toEqual(new Set(['Bearer of a token']))
})

test('serialises an event once, however many listen', async () => {
  const hub = eventHub(failLoudly)
  const { open } = makeStream(hub)
  const answers = await Promise.all(Array.from({ length: 20 }, () => open()))
  let serialised = 0
  const event = { ...notice('once'), toJSON: () => ({ type: 'notice', serialised: ++serialised }) }
  hub.publish(homeTenant, event)
  await Promise.all(answers.map((answer) => readUntil(answer, 'serialised')))
  expect(serialised).toBe(1)
})

test('serves the other listeners when one throws', () => {
  const errors: unknown[] = []
  const hub = eventHub((error) => errors.push(error))
  const heard: string[] = []
  hub.subscribe(ownerIdentity, () => {
    throw new Error('mine')
  })
  hub.subscribe(ownerIdentity, (event) => heard.push(event.type))
  hub.publish(homeTenant, notice('x'))
  expect(heard).toEqual(['notice'])
  expect(errors).toHaveLength(1)
})

test('tells each person what concerns them, and nobody else', () => {
  const hub = eventHub(failLoudly)
  const heard: string[] = []
  const mia = { tenant: homeTenant, principal: 'member:mia' } as const
  hub.subscribe(ownerIdentity, () => heard.push('owner'))
  hub.subscribe(mia, () => heard.push('mia'))
  hub.subscribe({ ...mia, tenant: 'next door' as Tenant }, () => heard.push('next door'))
  hub.publish(homeTenant, notice('x'))
  hub.publish(homeTenant, notice('x'), ['member:mia'])
  hub.publish(homeTenant, notice('x'), [])
  hub.publish(homeTenant, notice('x'), 'everyone')
  expect(heard).toEqual(['owner', 'mia', 'owner', 'mia'])
})

test('says now and then that it is still there', async () => {
  const { open } = makeStream(eventHub(failLoudly), { heartbeatMs: 5 })
  await readUntil(await open(), ': still here')
})

test('drops a reader that is too far behind and tells it to reload', async () => {
  const hub = eventHub(failLoudly)
  const { open } = makeStream(hub, { maxWaitingBytes: 10_000 })
  const [slow, fast] = await Promise.all([open(), open()])
  const reading = readUntil(fast, 'last')
  for (let i = 0; i < 20; i++) {
    hub.publish(homeTenant, notice('x'.repeat(1_000)))
    await new Promise(setImmediate)
  }
  hub.publish(homeTenant, notice('last'))
  expect((await reading).match(/x{1000}/g)).toHaveLength(20)
  expect(await slow.text()).toMatch(/^(retry.*\n.*\n\n)?event: reload\ndata: {}\n\n$/)
})

test('ends when the session is not live, or when that cannot be told', async () => {
  for (const isLive of [async () => false, () => Promise.reject(new Error('no database'))]) {
    const { open } = makeStream(eventHub(failLoudly), { isLive })
    expect(await (await open()).text()).not.toContain('data')
  }
})

test('listens no longer once the reader has gone, and never for HEAD', async () => {
  const subscribed = new Set<object>()
  const hub: EventHub = {
    publish: () => {},
    subscribe() {
      const mark = {}
      subscribed.add(mark)
      return () => subscribed.delete(mark)
    },
  }
  const { open } = makeStream(hub)
  await open({ method: 'HEAD' })
  expect(subscribed.size).toBe(0)
  const answer = await open()
  expect(subscribed.size).toBe(1)
  await answer.body?.cancel()
  expect(subscribed.size).toBe(0)
})

test('ends all streams when the house closes', async () => {
  const { stream, open } = makeStream(eventHub(failLoudly))
  const answers = await Promise.all([open(), open()])
  stream.close()
  await Promise.all(answers.map((answer) => answer.text()))
})
