/** The keys of access tokens over their life, and what others read of them. */
import { decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { homeTenant, openTokenHouse, origin, type TokenHouse } from '../testing/token-house.ts'

const day = 86_400_000
let house: TokenHouse

beforeAll(async () => {
  house = await openTokenHouse()
  await house.register()
})
afterAll(() => house.close())

const parsed = async <T>(schema: z.ZodType<T>, answer: Response | Promise<Response>): Promise<T> =>
  schema.parse(await (await answer).json())

describe('keys', () => {
  test('sign for thirty days, are known a day before and stay until their tokens have expired', async () => {
    const keys = await openTokenHouse()
    const published = async () => (await keys.tokens.keyring.list()).map((key) => key.kid)
    const { kid: first } = await keys.tokens.keyring.signer()
    keys.advance(29 * day - 60_000)
    await keys.tokens.keyring.tend()
    expect(await published()).toEqual([first])
    keys.advance(120_000)
    await keys.tokens.keyring.tend()
    const [, second] = await published()
    expect(second).toBeDefined()
    expect((await keys.tokens.keyring.signer()).kid).toBe(first)
    keys.advance(day - 120_000)
    const last = await keys.mint({ minutes: 1440 })
    expect(decodeProtectedHeader(last).kid).toBe(first)
    keys.advance(120_000)
    expect((await keys.tokens.keyring.signer()).kid).toBe(second)
    await keys.tokens.keyring.tend()
    expect(await keys.who(last)).toBeDefined()
    expect(await published()).toEqual([first, second])
    keys.advance(day)
    await keys.tokens.keyring.tend()
    expect(await published()).toEqual([second])
    expect(await keys.vault.has(homeTenant, `token/${first}`)).toBe(false)
    await keys.close()
  })

  test('rotated by hand take over in ten minutes; at once, the old ones open nothing any more', async () => {
    const keys = await openTokenHouse()
    const old = await keys.mint()
    const slow = await keys.tokens.keyring.rotate(false)
    expect((await keys.tokens.keyring.signer()).kid).not.toBe(slow.kid)
    keys.advance(601_000)
    expect((await keys.tokens.keyring.signer()).kid).toBe(slow.kid)
    expect(await keys.who(old)).toBeDefined()
    const fast = await keys.tokens.keyring.rotate(true)
    expect((await keys.tokens.keyring.signer()).kid).toBe(fast.kid)
    expect(await keys.who(old)).toBeUndefined()
    await keys.close()
  })

  test('of two processes that need one at once are one', async () => {
    const keys = await openTokenHouse()
    const other = keys.makeTokensAgain()
    const signers = await Promise.all([keys.tokens.keyring.signer(), other.keyring.signer()])
    expect(new Set(signers.map((signer) => signer.kid)).size).toBe(1)
    await keys.close()
  })

  test('HASURA_JWT_KEY signs instead of ours, and is published nowhere', async () => {
    const sharedKey = 'a key that two servers share, 32+ characters'
    const shared = await openTokenHouse({ sharedKey })
    const token = await shared.mint()
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', kid: 'hs256', typ: 'at+jwt' })
    expect(await shared.who(token)).toBeDefined()
    await jwtVerify(token, Buffer.from(sharedKey))
    const answer = await shared.send('/.well-known/jwks.json')
    expect(await answer.json()).toEqual({ keys: [] })
    const hasura = await shared.json('GET', '/api/tokens/hasura', undefined, {
      authorization: `Bearer ${shared.localToken}`,
    })
    const text = await hasura.text()
    expect(text).toContain('HS256')
    expect(text).not.toContain(sharedKey)
    await shared.close()
  })
})

describe('what others read', () => {
  test('is open, and may be kept', async () => {
    const answer = await house.send('/.well-known/jwks.json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    const { keys } = (await answer.json()) as JSONWebKeySet
    expect(keys.every((key) => key.alg === 'EdDSA' && key.use === 'sig' && !('d' in key))).toBe(true)
    const metadata = await (await house.send('/.well-known/oauth-authorization-server')).json()
    expect(metadata).toMatchObject({
      issuer: origin,
      token_endpoint: `${origin}/auth/token`,
      code_challenge_methods_supported: ['S256'],
    })
  })

  test('names the apps of the options, and is not there without any', async () => {
    expect((await house.send('/.well-known/apple-app-site-association')).status).toBe(404)
    expect((await house.send('/.well-known/assetlinks.json')).status).toBe(404)
    const fingerprint = Array.from({ length: 32 }, () => 'ab').join(':')
    const named = await openTokenHouse({
      settings: {
        appleApps: ['ABCDE12345.com.example.notes'],
        androidApps: [`com.example.notes/${fingerprint}`],
      },
    })
    const apple = await named.send('/.well-known/apple-app-site-association')
    expect(apple.headers.get('content-type')).toBe('application/json')
    expect(await apple.json()).toEqual({ webcredentials: { apps: ['ABCDE12345.com.example.notes'] } })
    const links = z.array(z.object({ target: z.unknown() }))
    const [android] = await parsed(links, named.send('/.well-known/assetlinks.json'))
    expect(android?.target).toEqual({
      namespace: 'android_app',
      package_name: 'com.example.notes',
      sha256_cert_fingerprints: [fingerprint.toUpperCase()],
    })
    await named.close()
  })
})
