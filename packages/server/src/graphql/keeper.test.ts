/** What becomes of the worker: idle, dying at once, dying again and again, and what is remembered of who asks. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Identity } from '../http/env.ts'
import { pairKey } from '../internal/index.ts'
import { type GraphqlHouse, openGraphqlHouse } from '../testing/graphql-house.ts'
import { makeKeeper, type StartWorker } from './index.ts'
import { remembering } from './remembered.ts'

let house: GraphqlHouse | undefined
afterEach(async () => {
  await house?.close()
  house = undefined
})

test('is not there until somebody asks, and goes when nobody does', async () => {
  house = await openGraphqlHouse({ keeper: { idleMs: 50 } })
  expect(house.keeper.pid()).toBeNull()
  expect((await house.ask('owner', '{ role }')).status).toBe(200)
  const pid = house.keeper.pid()
  if (pid !== null) await gone(pid)
  expect(house.keeper.pid()).toBeNull()
  expect((await house.ask('owner', '{ role }')).status).toBe(200)
  expect(house.said.filter((line) => line.includes('ended by itself'))).toEqual([])
})

test('many who ask at once have one worker started', async () => {
  house = await openGraphqlHouse()
  const { ask } = house
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('owner', '{ role }')))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(house.started).toHaveLength(1)
})

describe('a worker that dies of its start', () => {
  const key = pairKey(Buffer.alloc(32), 'server', 'graphql')
  const envelope = {
    ...{ role: 'owner' as const, settings: {}, version: '', introspect: false },
    limits: { depth: 1, cost: 1 },
  } as const

  test('is started again at once, and then at growing distances', async () => {
    let [now, starts] = [0, 0]
    const start: StartWorker = () => {
      starts++
      return {
        ...{ pid: starts, ended: Promise.resolve(), stop: async () => {} },
        ask: () => Promise.reject(new Error('nobody there')),
      }
    }
    const keeper = makeKeeper({
      ...{ start, keys: { calls: key, answers: key }, idleMs: 1e6, now: () => now, say: () => {} },
      config: () => ({
        ...{ apiUrl: '', socket: '/nonexistent/x.sock', server: { url: '', certificate: null } },
        ...{ statementTimeoutMs: 1, connections: 1, operations: { directory: '', required: false } },
      }),
    })
    const ask = () => keeper.ask(envelope, Buffer.from('{}')).catch((error: Error) => error)
    const settle = () => new Promise((resolve) => setImmediate(resolve))
    const startsUntil = async (time: number) => {
      now = time
      expect(await ask()).toMatchObject({ code: 'graphql_unavailable' })
      while (keeper.pid() !== null) await settle()
      await settle()
      return starts
    }
    expect(await startsUntil(0)).toBe(1)
    expect(await startsUntil(0)).toBe(2)
    expect(await startsUntil(100)).toBe(2)
    expect(await startsUntil(250)).toBe(3)
    expect(await startsUntil(600)).toBe(3)
    expect(await startsUntil(750)).toBe(4)
    await keeper.stop()
  })
})

describe('who asks', () => {
  const claim = {
    ...{ cookie: 'a=b', authorization: undefined, fromLoopback: true, address: '127.0.0.1' },
    origin: { url: 'http://localhost:1', secure: false, loopback: true },
  }
  const identity = { role: 'member', sessionId: 's1' } as Identity

  test('is asked once a second, for each cookie, token and address apart', async () => {
    let [now, asked] = [0, 0]
    const identify = remembering(
      async () => {
        asked++
        return identity
      },
      () => () => {},
      () => now,
    )
    for (const each of [claim, claim, { ...claim, cookie: 'a=c' }, { ...claim, address: '::1' }, claim]) {
      await identify(each)
    }
    expect(asked).toBe(3)
    now = 1_000
    await identify(claim)
    expect(asked).toBe(4)
  })

  test('is forgotten when the session ends', async () => {
    let end = () => {}
    let found: Identity | undefined = identity
    const identify = remembering(
      async () => found,
      (_who, onEnd) => {
        end = onEnd
        return () => {}
      },
      () => 0,
    )
    expect(await identify(claim)).toBe(identity)
    found = undefined
    expect(await identify(claim)).toBe(identity)
    end()
    expect(await identify(claim)).toBeUndefined()
    found = identity
    expect(await identify(claim)).toBe(identity)
  })
})

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
