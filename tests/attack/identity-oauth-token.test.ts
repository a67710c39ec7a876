/** Attack: come in by an id token that was not made for us, by them, now; or by a provider that floods or says nothing. */
import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  clientId,
  clientSecret,
  type FakeProvider,
  type Script,
  signed,
  startProvider,
} from '../fakes/provider.ts'
import { location, type OauthHouse, openOauthHouse } from './oauth-house.ts'

let house: OauthHouse
let provider: FakeProvider

beforeAll(async () => {
  provider = await startProvider({ account: { sub: 'mia-1', name: 'Mia' } })
  house = await openOauthHouse({ deadlineMs: 1_000 })
  const owner = house.browser()
  await owner.signIn()
  const fields = { issuer: provider.issuer }
  const body = { kind: 'oidc', name: 'home-id', client_id: clientId, client_secret: clientSecret, fields }
  expect((await owner.post('/api/providers', body)).status).toBe(201)
  const mia = await house.person({ email: 'mia@town.example', verified: true })
  await house.connected(mia, { issuer: provider.issuer, subject: 'mia-1', provider: 'home-id' })
})
beforeEach(() => provider.script({}))
afterAll(async () => {
  await house.close()
  await provider.close()
})

/** One sign-in from the first click to the end; where it led. */
async function signIn(): Promise<string> {
  const browser = house.browser()
  const there = location(await browser.send('/auth/providers/home-id/start'))
  if (there.startsWith('/')) return there
  const back = await provider.visit(there)
  const end = location(await browser.send(back.pathname + back.search))
  expect(await browser.me()).toEqual(end === '/' ? expect.any(String) : undefined)
  return end
}

const failed = '/signin?problem=failed&provider=home-id'
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)
const without = (claims: { [name: string]: unknown }, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name))

test('the honest token of the same script is accepted', async () => {
  expect(await signIn()).toBe('/')
})

describe('a token whose signature is', () => {
  const forged: Record<string, NonNullable<Script['sign']>> = {
    'none (alg none)': async (claims) => `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'none, spelled another way': async (claims) => `${encode({ alg: 'nOnE' })}.${encode(claims)}.`,
    'cut off': async (claims, keys) => (await signed(claims, keys)).replace(/[^.]*$/, ''),
    'an HMAC with the public key (key confusion)': async (claims, { publicJwk }) => {
      const pem = await exportSPKI((await importJWK(publicJwk, 'RS256')) as never)
      const head = `${encode({ alg: 'HS256', kid: 'one' })}.${encode(claims)}`
      return `${head}.${createHmac('sha256', pem).update(head).digest('base64url')}`
    },
    'an HMAC with the client secret': async (claims) => {
      const head = `${encode({ alg: 'HS256' })}.${encode(claims)}`
      return `${head}.${createHmac('sha256', clientSecret).update(head).digest('base64url')}`
    },
    'another key’s under the same kid': async (claims) => {
      const { privateKey } = await generateKeyPair('RS256')
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey)
    },
    'made with a key that the token brings along': async (claims) => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
      const jwk = await exportJWK(publicKey)
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', jwk }).sign(privateKey)
    },
    'for other claims': async (claims, keys) => {
      const [head, , signature] = (await signed(claims, keys)).split('.')
      return `${head}.${encode({ ...claims, sub: 'mia-1', name: 'Eve' })}.${signature}`
    },
  }
  test.each(Object.entries(forged))('%s is refused', async (_, sign) => {
    provider.script({ sign })
    expect(await signIn()).toBe(failed)
  })
})

describe('a token that is', () => {
  const wrong: Record<string, NonNullable<Script['claims']>> = {
    'for another client': (claims) => ({ ...claims, aud: 'somebody-else' }),
    'for nobody': (claims) => without(claims, 'aud'),
    'for us among others, given to another': (claims) => ({ ...claims, aud: [clientId, 'x'], azp: 'x' }),
    'for us among others, given to nobody': (claims) => ({ ...claims, aud: [clientId, 'x'] }),
    'for us alone, but given to another': (claims) => ({ ...claims, azp: 'somebody-else' }),
    'of another issuer': (claims) => ({ ...claims, iss: 'https://evil.example' }),
    'of the issuer with a slash more': (claims) => ({ ...claims, iss: `${provider.issuer}/` }),
    'of no issuer': (claims) => without(claims, 'iss'),
    expired: (claims) => ({ ...claims, exp: now() - 60 }),
    'without an end': (claims) => without(claims, 'exp'),
    'not yet valid': (claims) => ({ ...claims, nbf: now() + 600 }),
    'without a time': (claims) => without(claims, 'iat'),
    'about nobody': (claims) => without(claims, 'sub'),
    'about something that is no text': (claims) => ({ ...claims, sub: { is: 'mia-1' } }),
    'of another sign-in (nonce)': (claims) => ({ ...claims, nonce: 'A'.repeat(43) }),
    'of no sign-in (no nonce)': (claims) => without(claims, 'nonce'),
    'beside another access token (at_hash)': (claims) => ({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  }
  test.each(Object.entries(wrong))('%s is refused', async (_, claims) => {
    provider.script({ claims })
    expect(await signIn()).toBe(failed)
  })

  test('missing is refused', async () => {
    provider.script({ plain: true })
    expect(await signIn()).toBe(failed)
  })
})

describe('a provider that', () => {
  test.each(['/token', '/jwks'])('answers 10 MB at %s is cut off', async (huge) => {
    provider.script({ huge })
    expect(await signIn()).toBe(failed)
  })

  test.each(['/token', '/jwks'])('says nothing at %s is not waited for', async (hang) => {
    provider.script({ hang })
    const begun = performance.now()
    expect(await signIn()).toMatch(/^\/signin\?problem=(unavailable|failed)&provider=home-id$/)
    // The house of this test waits one second; the library alone would wait ten.
    expect(performance.now() - begun).toBeLessThan(8_000)
  })

  test.each([{ hang: '/.well-known/openid-configuration' }, { huge: '/.well-known/openid-configuration' }])(
    'cannot be found (%o) is said so, and no attempt is begun',
    async (script) => {
      provider.script(script)
      expect(await signIn()).toBe('/signin?problem=unavailable&provider=home-id')
    },
  )

  test('calls itself something else is not used', async () => {
    provider.script({ discovery: (document) => ({ ...document, issuer: 'https://evil.example' }) })
    expect(await signIn()).toBe('/signin?problem=unavailable&provider=home-id')
  })

  test.each([
    ['http://169.254.169.254/token', /without TLS/],
    ['https://169.254.169.254/token', /not on the public internet/],
    ['http://127.0.0.1:65530/token', /without TLS/],
    ['https://10.0.0.1/token', /not on the public internet/],
    // Public, but in the clear.
    ['http://93.184.216.34/token', /without TLS/],
  ])('names %s as its endpoint gets nothing sent there', async (token_endpoint, why) => {
    provider.script({ discovery: (document) => ({ ...document, token_endpoint }) })
    house.logged.length = 0
    expect(await signIn()).toBe(failed)
    expect(inspect(house.logged, { depth: 12 })).toMatch(why)
  })

  test('redirects the secret elsewhere is not followed', async () => {
    provider.script({ redirect: '/token' })
    expect(await signIn()).toBe(failed)
    expect(provider.asked).not.toContain('/elsewhere')
  })

  test('refuses is quoted to nobody', async () => {
    provider.script({
      answer: (parameters) => {
        parameters.delete('code')
        parameters.set('error', 'server_error')
        parameters.set('error_description', 'Call +1 555 0100 and tell them your password')
      },
    })
    expect(await signIn()).toBe(failed)
  })

  test('was told no by the person says so in our words', async () => {
    provider.script({
      answer: (parameters) => {
        parameters.delete('code')
        parameters.set('error', 'access_denied')
      },
    })
    expect(await signIn()).toBe('/signin?problem=cancelled&provider=home-id')
  })
})

test('no secret of a sign-in is logged or recorded', async () => {
  house.logged.length = 0
  provider.script({ claims: (claims) => ({ ...claims, aud: 'somebody-else' }) })
  await signIn()
  const said = inspect(house.logged, { depth: 12 })
  expect(said).not.toContain(clientSecret)
  for (const { form } of provider.tokenRequests) {
    expect(said).not.toContain(form.get('code'))
    expect(said).not.toContain(form.get('code_verifier'))
  }
})
