/**
 * Attack: the way of a native app through the browser. A code is stolen from a custom scheme, replayed, taken to another
 * address or app; an address is bent until it is nearly the registered one; a page is opened by another site.
 */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  app,
  homeOwner,
  homeTenant,
  openTokenHouse,
  origin,
  requestOf,
  type TokenHouse,
} from '../../packages/server/src/testing/token-house.ts'

let house: TokenHouse
let cookie: string
const [custom = '', loopback = ''] = app.redirect_uris

beforeAll(async () => {
  house = await openTokenHouse()
  await house.register()
  await house.register({
    id: 'linked',
    name: 'Linked',
    redirect_uris: ['https://apps.example.com/callback', 'com.example.linked:/done?x=1'],
  })
  cookie = await house.signIn()
})
afterAll(() => house.close())

const verifier = randomBytes(32).toString('base64url')
const exchange = (fields: Record<string, string>) =>
  house.form('/auth/token', {
    grant_type: 'authorization_code',
    client_id: app.id,
    redirect_uri: custom,
    ...fields,
  })
const isRefused = async (answer: Response, error = 'invalid_grant') => {
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error })
}
const authorize = (over: Record<string, string | undefined>) => {
  const all = Object.entries({ ...requestOf(verifier), ...over }).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(all as [string, string][])
  return house.send(`/auth/authorize?${query}`, { headers: { cookie } })
}

describe('a code', () => {
  test('is good once; shown again it ends what it was traded for, and the person is told', async () => {
    const { code, verifier: own } = await house.consent(cookie)
    const first = await exchange({ code, code_verifier: own })
    expect(first.status).toBe(200)
    const { access_token, refresh_token } = (await first.json()) as Record<string, string>
    expect(await house.who(access_token ?? '')).toBeDefined()
    await isRefused(await exchange({ code, code_verifier: own }))
    expect(await house.who(access_token ?? '')).toBeUndefined()
    await isRefused(await house.refresh(refresh_token ?? ''))
    expect(await house.told()).toContain('alert.token.code_reuse')
  })

  test('shown over and over fills neither the ledger nor the screen', async () => {
    const { code, verifier: own } = await house.consent(cookie)
    await exchange({ code, code_verifier: own })
    await exchange({ code, code_verifier: own })
    const before = (await house.told()).length
    for (let n = 0; n < 5; n += 1) await isRefused(await exchange({ code, code_verifier: own }))
    expect((await house.told()).length).toBe(before)
  })

  test('that was on its way when its person started over or was disabled is worth nothing', async () => {
    const { code, verifier: own } = await house.consent(cookie)
    await house.db.database
      .as(homeTenant)
      .transaction()
      .execute((transaction) =>
        house.tokens.endAccess(transaction, { tenant: homeTenant, person: homeOwner }),
      )
    await isRefused(await exchange({ code, code_verifier: own }))
  })

  test('of many who show it at once serves one, whose tokens end again', async () => {
    const { code, verifier: own } = await house.consent(cookie)
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange({ code, code_verifier: own })))
    const won = answers.filter((answer) => answer.status === 200)
    expect(won).toHaveLength(1)
    const { access_token = '' } = ((await won[0]?.json()) ?? {}) as Record<string, string>
    expect(await house.who(access_token)).toBeUndefined()
  })

  test('is good for sixty seconds', async () => {
    const { code, verifier: own } = await house.consent(cookie)
    house.advance(60_001)
    await isRefused(await exchange({ code, code_verifier: own }))
    house.advance(-60_001)
  })

  const wrongs: readonly [string, (own: string) => Record<string, string>][] = [
    ['another app', (own) => ({ code_verifier: own, client_id: 'linked' })],
    ['another address of the same app', (own) => ({ code_verifier: own, redirect_uri: loopback })],
    ['an address with a slash more', (own) => ({ code_verifier: own, redirect_uri: `${custom}/` })],
    ['no address', (own) => ({ code_verifier: own, redirect_uri: '' })],
    ['another verifier', () => ({ code_verifier: randomBytes(32).toString('base64url') })],
    ['the challenge as verifier', (own) => ({ code_verifier: requestOf(own).code_challenge })],
    ['no verifier', () => ({})],
    ['an empty verifier', () => ({ code_verifier: '' })],
    ['a short verifier', () => ({ code_verifier: 'a'.repeat(42) })],
  ]
  test.each(wrongs)('stolen and shown with %s is refused, and used up', async (_what, fields) => {
    const { code, verifier: own } = await house.consent(cookie)
    await isRefused(await exchange({ code, ...fields(own) }))
    await isRefused(await exchange({ code, code_verifier: own }))
  })

  test('asked for with the challenge of a verifier that is too short is exchanged for nothing', async () => {
    const short = 'a'.repeat(42)
    const { code } = await house.consent(cookie, { code_challenge: requestOf(short).code_challenge })
    expect(code).not.toBe('')
    await isRefused(await exchange({ code, code_verifier: short }))
  })

  test('is of its form: nothing else is looked up', async () => {
    for (const code of ['', 'cac_', `cac_${'a'.repeat(43)}`, "cac_' or true --", 'x'.repeat(400)]) {
      await isRefused(await exchange({ code, code_verifier: verifier }))
    }
  })
})

describe('PKCE', () => {
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const without: readonly [string, Record<string, string | undefined>][] = [
    ['no challenge', { code_challenge: undefined }],
    ['no method', { code_challenge_method: undefined }],
    ['the method plain', { code_challenge_method: 'plain', code_challenge: verifier }],
    ['the method s256', { code_challenge_method: 's256' }],
    ['an empty challenge', { code_challenge: '' }],
    ['a challenge that is too short', { code_challenge: challenge.slice(1) }],
    ['a challenge that is no base64url', { code_challenge: `${challenge.slice(1)}=` }],
  ]
  test.each(without)(
    'a request with %s gives nobody a code: whoever owns the scheme too could trade it',
    async (_what, over) => {
      const answer = await authorize(over)
      expect(answer.status).toBe(302)
      expect(answer.headers.get('location')).toMatch(
        /^com\.example\.notes:\/callback\?error=invalid_request&/,
      )
      const request = Object.fromEntries(
        Object.entries({ ...requestOf(verifier), ...over }).filter(([, value]) => value !== undefined),
      )
      const yes = await house.json('POST', '/api/authorize', { request, allow: true }, { cookie })
      expect(yes.status).toBe(400)
    },
  )
})

describe('an address', () => {
  const bent = [
    'com.example.notes:/callback/',
    'com.example.notes:/callback2',
    'com.example.notes:/callback#x',
    'com.example.notes:/callback?x=1',
    'com.example.notes://callback',
    'COM.example.notes:/callback',
    'com.example.notes.evil:/callback',
    'com.example.notes:/callback/../evil',
    ' com.example.notes:/callback',
    'com.example.notes:/callback\0',
    'http://127.0.0.1:8080/cb/',
    'http://127.0.0.1:8080/cb#',
    'http://127.0.0.1:8080/cb?x=1',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:80@evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost:8080/cb',
    'http://[::1]:8080/cb',
    'https://127.0.0.1:8080/cb',
    'https://evil.example/',
    'javascript:alert(1)',
    '',
  ]
  test('that is nearly the registered one is answered at nowhere: the person stays here', async () => {
    for (const redirect_uri of bent) {
      const answer = await authorize({ redirect_uri })
      expect(answer.headers.get('location')?.startsWith('/authorize?'), redirect_uri).toBe(true)
      const request = { ...requestOf(verifier), redirect_uri }
      for (const allow of [true, false]) {
        const said = await house.json('POST', '/api/authorize', { request, allow }, { cookie })
        expect(said.status, redirect_uri).toBe(400)
      }
    }
    const absent = await authorize({ redirect_uri: undefined })
    expect(absent.headers.get('location')).toMatch(/^\/authorize\?/)
  })

  test('of an unknown app is answered at nowhere', async () => {
    for (const client_id of ['nobody', 'NOTES', '', undefined, "notes' --"]) {
      const answer = await authorize({ client_id, code_challenge: undefined })
      expect(answer.headers.get('location')).toMatch(/^\/authorize\?/)
    }
  })

  test('of another app is not this one’s', async () => {
    const answer = await authorize({ redirect_uri: 'https://apps.example.com/callback' })
    expect(answer.headers.get('location')).toMatch(/^\/authorize\?/)
  })

  const unfit = [
    'http://evil.example/cb',
    'http://localhost/cb',
    'http://127.0.0.1.evil.example/cb',
    'https://user@evil.example/cb',
    'https://evil.example/cb#x',
    'https://*.example.com/cb',
    'https://example.com/a/../b',
    'https://localhost/cb',
    'javascript:alert(1)//',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp:/callback',
    'com.example.app:/callback#x',
    'https:\\\\evil.example\\cb',
    'not an address',
  ]
  test.each(unfit)('%s is registered for nobody', async (uri) => {
    const answer = await house.register({ id: 'unfit', name: 'Unfit', redirect_uris: [uri] })
    expect(answer.status).toBe(400)
  })

  test('keeps what it says: an answer is added to its query, not put in its place', async () => {
    const request = {
      ...requestOf(verifier),
      client_id: 'linked',
      redirect_uri: 'com.example.linked:/done?x=1',
    }
    const yes = await house.json('POST', '/api/authorize', { request, allow: true }, { cookie })
    const { redirect } = (await yes.json()) as { redirect: string }
    expect(redirect).toMatch(/^com\.example\.linked:\/done\?x=1&code=cac_/)
  })
})

describe('a yes', () => {
  const request = requestOf(verifier)
  const say = (headers: Record<string, string>, body: object = { request, allow: true }) =>
    house.send('/api/authorize', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  test('is a person’s at the page: no other site, no token and not the local one says it', async () => {
    expect((await say({ cookie, origin: 'https://evil.example' })).status).toBe(403)
    expect((await say({ cookie, origin, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await say({ cookie })).status).toBe(403)
    expect((await say({ origin })).status).toBe(401)
    expect((await say({ authorization: `Bearer ${house.localToken}` })).status).toBe(403)
    const token = await house.mint()
    expect((await say({ authorization: `Bearer ${token}` })).status).toBe(403)
  })

  test('needs a factor shown a moment ago', async () => {
    house.state.fresh = false
    expect((await say({ cookie, origin })).ok).toBe(false)
    house.state.fresh = true
    expect((await say({ cookie, origin })).ok).toBe(true)
  })

  test('is for the scopes that were shown, and for none that there are not', async () => {
    const unknown = await authorize({ scope: 'read everything' })
    expect(unknown.headers.get('location')).toMatch(/error=invalid_scope/)
    const double = await house.send(`/auth/authorize?${new URLSearchParams(request)}&scope=approve`)
    expect(double.status).toBe(400)
  })

  test('can be asked for by another site’s link, which by itself grants nothing', async () => {
    const before = (await house.told()).length
    const answer = await house.send(`/auth/authorize?${new URLSearchParams(request)}`, {
      headers: { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    })
    expect(answer.headers.get('location')).toMatch(/^\/authorize\?/)
    expect(answer.headers.get('location')).not.toContain('code=cac_')
    expect((await house.told()).length).toBe(before)
  })
})
