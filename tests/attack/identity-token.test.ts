/**
 * Attack: an access token is forged, bent or carried in by another way. What counts is the key that its kid names, that
 * key's own algorithm, and one spelling; nothing that the token says of itself chooses how it is judged.
 */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { exportJWK, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../packages/server/src/http/index.ts'
import {
  homeOwner,
  homeTenant,
  openTokenHouse,
  origin,
  type TokenHouse,
} from '../../packages/server/src/testing/token-house.ts'

let house: TokenHouse
let good: string
let header: Record<string, unknown>
let claims: Record<string, unknown>

beforeAll(async () => {
  house = await openTokenHouse()
  good = await house.mint()
  ;[header = {}, claims = {}] = good.split('.').slice(0, 2).map(decode)
})
afterAll(() => house.close())

const decode = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const nobody = async (token: string) => expect(await house.who(token)).toBeUndefined()

/** A token that is ours in everything but what the attacker changes: signed with our own key. */
async function signed(over: { header?: object; claims?: object } = {}): Promise<string> {
  const { key, alg, kid } = await house.tokens.keyring.signer()
  const protectedHeader = { alg, kid, typ: 'at+jwt', ...over.header }
  return new SignJWT({ ...claims, ...over.claims }).setProtectedHeader(protectedHeader).sign(key)
}

test('a token as it was made is taken, so that each refusal below means something', async () => {
  expect(await house.who(good)).toMatchObject({ person: homeOwner })
  expect(await house.who(await signed())).toMatchObject({ person: homeOwner })
})

describe('the algorithm', () => {
  test('is never none, however that is written', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, 0, ['EdDSA']]) {
      await nobody(`${encode({ ...header, alg })}.${encode(claims)}.`)
      await nobody(`${encode({ ...header, alg })}.${encode(claims)}.${good.split('.')[2]}`)
    }
  })

  test('is not the one that the token names, but the one of its key', async () => {
    const [{ publicKey } = { publicKey: {} }] = await house.tokens.keyring.list()
    const jwk = JSON.stringify(publicKey)
    const raw = Buffer.from(String((publicKey as { x?: string }).x), 'base64url')
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
    const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`
    for (const secret of [
      raw,
      spki,
      Buffer.from(pem),
      Buffer.from(pem.trim()),
      Buffer.from(jwk),
      Buffer.alloc(0),
    ]) {
      for (const kid of [header['kid'], 'hs256']) {
        const body = `${encode({ ...header, kid, alg: 'HS256' })}.${encode(claims)}`
        const mac = createHmac('sha256', secret).update(body).digest('base64url')
        await nobody(`${body}.${mac}`)
      }
    }
  })

  test('is written as it is written', async () => {
    for (const alg of ['eddsa', 'EDDSA', 'Ed25519', 'HS512', 'RS256', 'ES256']) {
      const body = `${encode({ ...header, alg })}.${encode(claims)}`
      await nobody(`${body}.${good.split('.')[2]}`)
    }
  })

  test('with a shared key is HS256 alone: a token of our public keys does not pass for one', async () => {
    const sharedKey = 'a key that two servers share, 32+ characters'
    const shared = await openTokenHouse({ sharedKey })
    const body = `${encode({ alg: 'EdDSA', kid: 'hs256', typ: 'at+jwt' })}.${encode(claims)}`
    expect(
      await shared.who(`${body}.${createHmac('sha256', sharedKey).update(body).digest('base64url')}`),
    ).toBe(undefined)
    await shared.close()
  })
})

describe('the key', () => {
  test('is one of ours: an unknown kid, a path or SQL in it finds nothing', async () => {
    const kids = [
      '0000000000000000',
      '../../etc/passwd',
      "' or 1=1 --",
      '',
      'token/x',
      '__proto__',
      'a'.repeat(33),
    ]
    for (const kid of [...kids, null, 1, ['x'], { kid: 'x' }]) {
      await nobody(`${encode({ ...header, kid })}.${encode(claims)}.${good.split('.')[2]}`)
      if (typeof kid === 'string') await nobody(await signed({ header: { kid } }))
    }
    const { kid: _, ...without } = header
    await nobody(`${encode(without)}.${encode(claims)}.${good.split('.')[2]}`)
  })

  test('does not come with the token', async () => {
    const own = generateKeyPairSync('ed25519')
    const jwk = await exportJWK(own.publicKey)
    for (const more of [
      { jwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/cert.pem' },
      { x5c: ['MIIB'] },
      { crit: ['exp'] },
      { b64: true, crit: ['b64'] },
    ]) {
      const body = `${encode({ ...header, ...more })}.${encode(claims)}`
      await nobody(`${body}.${sign(null, Buffer.from(body), own.privateKey).toString('base64url')}`)
      // Not even beside a signature of ours: such a name has no business in the header.
      if (!('crit' in more)) await nobody(await signed({ header: more }))
    }
  })

  test('that has been rotated out opens nothing, signed with it or not', async () => {
    const rotated = await openTokenHouse()
    const { kid } = await rotated.tokens.keyring.signer()
    const token = await rotated.mint()
    const stolen = await rotated.vault.spend(homeTenant, `token/${kid}`, async (d) => d)
    const [{ publicKey } = { publicKey: {} }] = await rotated.tokens.keyring.list()
    const thief = await importJWK({ ...publicKey, d: stolen }, 'EdDSA')
    const forge = () =>
      new SignJWT(decode(token.split('.')[1] ?? ''))
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
        .sign(thief)
    expect(await rotated.who(await forge())).toBeDefined()
    await rotated.tokens.keyring.rotate(true)
    expect(await rotated.who(token)).toBeUndefined()
    expect(await rotated.who(await forge())).toBeUndefined()
    await rotated.close()
  })
})

describe('what the token says', () => {
  const now = Math.floor(Date.now() / 1000)
  const bent: readonly [string, object][] = [
    ['expired', { exp: now - 6 }],
    ['not yet valid', { nbf: now + 60 }],
    ['made in the future', { iat: now + 60 }],
    ['older than any token gets, whatever end it names', { iat: now - 86_500 }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: '9999999999' }],
    ['for another audience', { aud: 'castellan:other' }],
    ['for several audiences', { aud: ['castellan:home', 'castellan:other'] }],
    ['without an audience', { aud: undefined }],
    ['by another issuer', { iss: 'https://evil.example' }],
    ['by almost the same issuer', { iss: `${origin}/` }],
    ['without a subject', { sub: undefined }],
    ['for a person there is not', { sub: randomUUID() }],
    ['of a family there is not', { sid: randomUUID() }],
    ['with more than we say', { admin: true }],
    ['with a scope there is not', { scope: 'read everything' }],
  ]
  test.each(bent)('is refused when it is %s', async (_what, over) => nobody(await signed({ claims: over })))

  test('is refused for another user, tenant or role than its family has', async () => {
    const stranger = await house.addPerson('member')
    const name = 'https://hasura.io/jwt/claims'
    const hasura = claims[name] as object
    await nobody(await signed({ claims: { sub: stranger } }))
    await nobody(await signed({ claims: { [name]: { ...hasura, 'x-hasura-user-id': stranger } } }))
    const theirs = { ...hasura, 'x-hasura-user-id': stranger }
    await nobody(await signed({ claims: { sub: stranger, [name]: theirs } }))
    await nobody(await signed({ claims: { [name]: { ...hasura, 'x-hasura-tenant-id': randomUUID() } } }))
    const viewer = await house.mint({ role: 'viewer' })
    const raised = {
      ...decode(viewer.split('.')[1] ?? ''),
      [name]: { ...hasura, 'x-hasura-default-role': 'owner' },
    }
    expect(await house.who(await signed({ claims: raised }))).toMatchObject({ role: 'viewer' })
  })

  test('is refused as another kind of token', async () => {
    for (const typ of ['JWT', 'jwt', 'id_token+jwt', 'dpop+jwt', 'at+JWT', 'application/at+jwt', undefined]) {
      await nobody(await signed({ header: { typ } }))
    }
  })

  test('is refused without proof of the key that it is bound to', async () => {
    const bound = await house.tokens.devices.mint({
      ...{ tenant: homeTenant, person: homeOwner, role: 'owner', scopes: ['read'] },
      ...{ device: String(claims['sid']), jkt: 'x'.repeat(43) },
    })
    await nobody(bound.token)
    expect(await house.tokens.devices.read(bound.token)).toBeDefined()
    expect(await house.tokens.devices.read(good)).toBeUndefined()
  })
})

describe('one byte', () => {
  test('changed anywhere makes it nobody’s', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \0é'
    const change = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      to: fc.constantFrom(...alphabet),
      how: fc.constantFrom('replace' as const, 'insert' as const, 'remove' as const),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to, how }) => {
        const tail = good.slice(how === 'insert' ? at : at + 1)
        const bent = good.slice(0, at) + (how === 'remove' ? '' : to) + tail
        fc.pre(bent !== good)
        expect(await house.who(bent)).toBeUndefined()
      }),
      { numRuns: 3_000 },
    )
  })

  test('at the end has spare bits, and they count', async () => {
    const last = good.at(-1) ?? ''
    for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (other !== last) await nobody(good.slice(0, -1) + other)
    }
  })
})

describe('the way in', () => {
  const ask = (init: RequestInit, path = '/api/grants') => house.send(path, init)

  test('is the Authorization header: neither query, cookie nor form carries a token', async () => {
    expect((await ask({}, `/api/grants?access_token=${good}`)).status).toBe(401)
    expect((await ask({}, `/api/grants?token=${good}`)).status).toBe(401)
    expect((await ask({ headers: { cookie: `castellan_home=${good}` } })).status).toBe(401)
    expect((await ask({ headers: { cookie: `access_token=${good}; token=${good}` } })).status).toBe(401)
    const form = {
      method: 'POST',
      body: `access_token=${good}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    expect((await ask(form, '/api/tokens')).status).toBe(401)
    expect((await ask({ headers: { authorization: `Basic ${good}` } })).status).toBe(401)
    expect((await ask({ headers: { authorization: `Bearer ${good} ${good}` } })).status).toBe(401)
    // Known, and then refused by the table: the doors of an account are no token's.
    expect((await ask({ headers: { authorization: `Bearer ${good}` } })).status).toBe(403)
  })

  test('is one header: a second one, whatever it says, makes nobody of the sender', async () => {
    const listener = await listen({ host: 'localhost', port: 0 })
    listener.serve((request, env) =>
      house.hono.fetch(new Request(request.url.replace(/:\d+/, ':7777'), request), env),
    )
    const line = `Authorization: Bearer ${good}\r\n`
    for (const second of [
      line,
      'Authorization: Bearer x\r\n',
      'authorization: Basic eDp4\r\n',
      'Authorization:\r\n',
    ]) {
      for (const headers of [line + second, second + line]) {
        expect(await status(listener.port, headers)).toBe(401)
      }
    }
    expect(await status(listener.port, line)).toBe(403)
    await listener.stop(0)
  })

  test('is narrow: a megabyte is not looked at', async () => {
    await nobody('a'.repeat(1_048_576))
    await nobody(`${encode({ ...header, pad: 'x'.repeat(1_048_576) })}.${encode(claims)}.x`)
    await nobody('.'.repeat(1_048_576))
    // One that is right in everything but its length.
    const name = 'https://hasura.io/jwt/claims'
    const long = { ...(claims[name] as object), 'x-hasura-allowed-roles': Array(1_000).fill('viewer') }
    await nobody(await signed({ claims: { [name]: long } }))
    const short = { ...(claims[name] as object), 'x-hasura-allowed-roles': Array(10).fill('viewer') }
    expect(await house.who(await signed({ claims: { [name]: short } }))).toBeDefined()
  })
})

/** The status line of a raw request for /api/grants. */
function status(port: number, headers: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /api/grants HTTP/1.1\r\nHost: localhost:7777\r\n${headers}Connection: close\r\n\r\n`),
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('end', () => resolve(Number(text.split(' ')[1])))
    socket.on('error', reject)
  })
}

test('a token for a test is minted at the machine alone, not by the owner’s session', async () => {
  const answer = await house.json('POST', '/api/tokens/mint', {}, { cookie: await house.signIn() })
  expect([answer.status, await answer.text()]).toMatchObject([403, expect.stringContaining('refused')])
})
