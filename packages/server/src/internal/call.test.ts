/** Signed calls against vectors made by another implementation (Python's hmac), and under every change of every part. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callCheck, hashOf, pairKey, readAnswer, type Service, signAnswer, signCall } from './index.ts'
import { nonceMemory } from './nonces.ts'

const root = Buffer.from(Array.from({ length: 32 }, (_, n) => n))
const key = pairKey(root, 'server', 'graphql')
const time = 1_790_000_000_000
const nonce = Buffer.from(Array.from({ length: 16 }, (_, n) => n)).toString('base64url')
const call = { method: 'POST', target: '/execute?x=1', caller: 'server', callee: 'graphql' } as const
const body = hashOf('{"query":"{ role }"}')
const vector =
  'v1.server.1790000000000.AAECAwQFBgcICQoLDA0ODw.bwEb9FA1W17nw_NAAdaWPBYRP66VUxkh7VNfU9Pn0wU.PnmjuCST7oA09E_nAVpnMuUPKQtQSVFt_N3HdZ-6wY4'

const makeCheck = (over: { now?: number; mostNonces?: number } = {}) =>
  callCheck({
    callee: 'graphql',
    keys: { server: key },
    routes: { 'POST /execute': ['server'], 'POST /other': ['graphql'] },
    now: () => over.now ?? time,
    ...(over.mostNonces === undefined ? {} : { mostNonces: over.mostNonces }),
  })
const arrival = { method: 'POST', target: '/execute?x=1', headers: [vector] }

describe('known answers', () => {
  test('a key for each ordered pair', () => {
    const hex = (from: Service, to: Service) => pairKey(root, from, to).export().toString('hex')
    expect(hex('server', 'graphql')).toBe('1caa79b7cab82e5f09df5eae94a871f4247d4826a8fb4270c644856a3af043e8')
    expect(hex('graphql', 'server')).toBe('7c58fe50baca5303e968b505819f27af5d91e4f9e3dd8773c8406b6aa1263547')
    expect(() => pairKey(Buffer.alloc(31), 'server', 'graphql')).toThrow(TypeError)
  })

  test('the header of a call', () => {
    expect(signCall(key, call, body, time, nonce).header).toBe(vector)
    expect(makeCheck()(arrival)).toEqual({ caller: 'server', nonce, body })
  })

  test('the header of an answer', () => {
    const back = pairKey(root, 'graphql', 'server')
    const header =
      'v1.f7nRZtGhW84LnwhfOBiUb9kpfkUTpKA0oM63SSkrTA0._Li9CiexW6ALNMgZvuiRkb0xzxxP6ZVtOZUa1iLdR-k'
    const hash = hashOf('{"data":{}}')
    expect(signAnswer(back, nonce, 200, hash)).toBe(header)
    expect(readAnswer(back, header, nonce, 200)).toEqual(hash)
    expect(readAnswer(back, header, nonce, 400)).toBeUndefined()
    expect(readAnswer(back, header, 'BAECAwQFBgcICQoLDA0ODw', 200)).toBeUndefined()
    expect(readAnswer(key, header, nonce, 200)).toBeUndefined()
    expect(readAnswer(back, undefined, nonce, 200)).toBeUndefined()
  })
})

describe('refused is', () => {
  test('every header with one character changed, left out or added', () => {
    const check = makeCheck()
    const edits = [...vector].flatMap((was, at) => [
      vector.slice(0, at) + vector.slice(at + 1),
      `${vector.slice(0, at)}${was === 'A' ? 'B' : 'A'}${vector.slice(at + 1)}`,
      `${vector.slice(0, at)}é${vector.slice(at)}`,
    ])
    // Other letters for the same bytes: the last of each part has bits that stand for nothing.
    edits.push(`${vector.slice(0, -1)}5`, vector.replace('0wU.', '0wV.'))
    for (const header of edits) expect(check({ ...arrival, headers: [header] })).toBeUndefined()
    expect(check(arrival)).toBeDefined()
  })

  test('any text that is not this one', () => {
    const check = makeCheck()
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), (header) => {
        expect(check({ ...arrival, headers: [header] })).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  test('the right header on another method, path or query', () => {
    const check = makeCheck()
    fc.assert(
      fc.property(fc.constantFrom('GET', 'PUT', 'post', 'POST '), fc.webPath(), (method, target) => {
        expect(check({ ...arrival, method })).toBeUndefined()
        expect(check({ ...arrival, target: `/execute/${target}?x=1` })).toBeUndefined()
        expect(check({ ...arrival, target: `/execute?x=1&y=${target}` })).toBeUndefined()
      }),
      { numRuns: 200 },
    )
    expect(check({ ...arrival, target: '/execute' })).toBeUndefined()
    expect(check({ ...arrival, target: '/execute?x=2' })).toBeUndefined()
  })

  test.each([
    ['no header', []],
    ['an empty header', ['']],
    ['the header twice', [vector, vector]],
    ['the header beside another', [vector, 'x']],
  ])('%s', (_name, headers) => {
    expect(makeCheck()({ ...arrival, headers })).toBeUndefined()
  })

  test('a call that is older or newer than a minute', () => {
    const of = (off: number) => makeCheck({ now: time + off })(arrival)
    expect([of(60_000), of(-60_000)]).toMatchObject([{ caller: 'server' }, { caller: 'server' }])
    expect([of(60_001), of(-60_001), of(86_400_000)]).toEqual([undefined, undefined, undefined])
  })

  test('a call that was let in before', () => {
    const check = makeCheck()
    expect(check(arrival)).toBeDefined()
    expect(check(arrival)).toBeUndefined()
  })

  test('a caller without a key, under a key of another pair, or on a route that is not its own', () => {
    const sign = (from: Service, to: Service, target = '/execute') =>
      signCall(pairKey(root, from, to), { method: 'POST', target, caller: from, callee: to }, body, time)
        .header
    const check = makeCheck()
    const ask = (header: string, target = '/execute') => check({ method: 'POST', target, headers: [header] })
    expect(ask(sign('graphql', 'graphql'))).toBeUndefined()
    expect(ask(sign('graphql', 'server'))).toBeUndefined()
    expect(ask(sign('server', 'server'))).toBeUndefined()
    expect(ask(sign('server', 'graphql', '/other'), '/other')).toBeUndefined()
    expect(ask(sign('server', 'graphql', '/none'), '/none')).toBeUndefined()
    expect(ask(sign('server', 'graphql'))).toBeDefined()
  })

  test('parts that were moved across their borders', () => {
    const header = (method: string, target: string) =>
      signCall(key, { ...call, method, target }, body, time, nonce).header
    expect(header('POST', '/execute')).not.toBe(header('POST/', 'execute'))
    expect(header('POS', 'T/execute')).not.toBe(header('POST', '/execute'))
  })
})

describe('the memory of nonces', () => {
  test('holds no more than it may, and lets nothing in twice for that', () => {
    const memory = nonceMemory(60_000, 100)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(40)), { maxLength: 300 }), (calls) => {
        const spent = new Set<string>()
        for (const [second, name] of calls) {
          const once = `${second}-${name}`
          const isNew = memory.spend(once, time + second * 1_000, time)
          if (isNew) expect(spent.has(once)).toBe(false)
          if (isNew) spent.add(once)
          expect(memory.size).toBeLessThanOrEqual(100)
        }
        // What one run has spent must stay spent for the next.
        for (const once of spent) {
          expect(memory.spend(once, time + Number(once.split('-')[0]) * 1_000, time)).toBe(false)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('forgets what is too old to be sent again', () => {
    const memory = nonceMemory(60_000, 1_000)
    for (let n = 0; n < 500; n++) memory.spend(`n${n}`, time + n * 1_000, time + n * 1_000)
    expect(memory.size).toBeLessThan(70)
  })
})
