/** Attack: come in by a provider's answer that was forged, stolen, replayed or meant for somebody else's browser. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PersonId } from '../../packages/server/src/database/index.ts'
import { clientId, clientSecret, type FakeProvider, startProvider } from '../fakes/provider.ts'
import { type Browser, location, type OauthHouse, openOauthHouse, origin } from './oauth-house.ts'

let house: OauthHouse
let provider: FakeProvider
let mia: PersonId

beforeAll(async () => {
  provider = await startProvider({ account: { sub: 'mia-1', name: 'Mia' } })
  house = await openOauthHouse({ deadlineMs: 1_500 })
  const owner = house.browser()
  await owner.signIn()
  for (const name of ['home-id', 'other-id']) {
    const fields = { issuer: provider.issuer }
    const body = { kind: 'oidc', name, client_id: clientId, client_secret: clientSecret, fields }
    expect((await owner.post('/api/providers', body)).status).toBe(201)
  }
  mia = await house.person({ email: 'mia@town.example', verified: true })
  await house.connected(mia, { issuer: provider.issuer, subject: 'mia-1', provider: 'home-id' })
})
beforeEach(() => provider.script({}))
afterAll(async () => {
  await house.close()
  await provider.close()
})

/** Goes to the provider and comes back with its answer, not yet handed in. */
async function goThere(browser: Browser, path = '/auth/providers/home-id/start'): Promise<URL> {
  return provider.visit(location(await browser.send(path)))
}

const come = (browser: Browser, back: URL) => browser.send(back.pathname + back.search)
const refused = (problem: string, name = 'home-id') => `/signin?problem=${problem}&provider=${name}`

test('an honest answer signs its person in', async () => {
  const browser = house.browser()
  const answer = await come(browser, await goThere(browser))
  expect(location(answer)).toBe('/')
  expect(await browser.me()).toBe(mia)
  expect([...browser.cookies.keys()]).toEqual(['castellan_home'])
})

describe('state', () => {
  test.each([
    ['missing', (back: URL) => back.searchParams.delete('state')],
    ['empty', (back: URL) => back.searchParams.set('state', '')],
    ['somebody else’s', (back: URL) => back.searchParams.set('state', 'A'.repeat(43))],
    ['given twice', (back: URL) => back.searchParams.append('state', 'A'.repeat(43))],
  ])('that is %s is refused', async (_, change) => {
    const browser = house.browser()
    const back = await goThere(browser)
    change(back)
    expect(location(await come(browser, back))).toBe(refused('failed'))
    expect(await browser.me()).toBeUndefined()
  })

  test('is used up by the first answer, right or wrong', async () => {
    const browser = house.browser()
    const back = await goThere(browser)
    const cookies = new Map(browser.cookies)
    const wrong = new URL(back)
    wrong.searchParams.set('state', 'wrong')
    await come(browser, wrong)
    for (const [name, value] of cookies) browser.cookies.set(name, value)
    expect(location(await come(browser, back))).toBe(refused('expired'))
    expect(await browser.me()).toBeUndefined()
  })

  test('of two answers that come at once lets one in', async () => {
    const browser = house.browser()
    const back = await goThere(browser)
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => house.browser().send(back.pathname + back.search, { headers: { cookie } })),
    )
    expect(answers.map(location).toSorted()).toEqual([
      '/',
      refused('expired'),
      refused('expired'),
      refused('expired'),
    ])
  })

  test('ends after ten minutes', async () => {
    const browser = house.browser()
    const back = await goThere(browser)
    house.advance(600_001)
    expect(location(await come(browser, back))).toBe(refused('expired'))
  })

  test('of one provider is no state of another', async () => {
    const browser = house.browser()
    const back = await goThere(browser)
    const other = back.pathname.replace('home-id', 'other-id') + back.search
    expect(location(await browser.send(other))).toBe(refused('expired', 'other-id'))
    expect(await browser.me()).toBeUndefined()
  })
})

test('login CSRF: an answer handed to another browser signs nobody in there', async () => {
  const attacker = house.browser()
  const back = await goThere(attacker)
  const victim = house.browser()
  expect(location(await come(victim, back))).toBe(refused('expired'))
  expect(await victim.me()).toBeUndefined()
  // Nor with an attempt of its own on the way.
  await goThere(victim)
  expect(location(await come(victim, back))).toBe(refused('failed'))
  expect(await victim.me()).toBeUndefined()
})

test('code injection: a code that was stolen from another sign-in is worth nothing', async () => {
  const victim = house.browser()
  const stolen = (await goThere(victim)).searchParams.get('code') ?? ''
  const attacker = house.browser()
  const back = await goThere(attacker)
  back.searchParams.set('code', stolen)
  expect(location(await come(attacker, back))).toBe(refused('failed'))
  expect(await attacker.me()).toBeUndefined()
})

test('the cookie is HttpOnly, of this site, short, and its row holds none of what it proves', async () => {
  const browser = house.browser()
  const answer = await browser.send('/auth/providers/home-id/start')
  expect(answer.headers.get('set-cookie')).toMatch(
    /^castellan_home_signin=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const asked = new URL(location(answer)).searchParams
  const superuser = await house.db.superuser()
  const { rows } = await superuser.query(
    'select row_to_json(a)::text as row from castellan.provider_attempts a',
  )
  for (const secret of [browser.cookies.get('castellan_home_signin'), asked.get('state'), asked.get('nonce')])
    for (const { row } of rows) expect(row).not.toContain(secret)
})

test('PKCE is always S256, even where the provider offers plain alone', async () => {
  provider.script({
    discovery: (document) => ({ ...document, code_challenge_methods_supported: ['plain'] }),
  })
  const browser = house.browser()
  const asked = new URL(location(await browser.send('/auth/providers/home-id/start'))).searchParams
  expect(asked.get('code_challenge_method')).toBe('S256')
  const back = await provider.visit(`${provider.issuer}/authorize?${asked}`)
  await come(browser, back)
  const verifier = provider.tokenRequests.at(-1)?.form.get('code_verifier') ?? ''
  expect(verifier).toMatch(/^[\w-]{43}$/)
  expect(verifier).not.toBe(asked.get('code_challenge'))
})

test('PKCE downgrade: a code asked for without a challenge is not exchanged for a session of ours', async () => {
  const browser = house.browser()
  const asked = new URL(location(await browser.send('/auth/providers/home-id/start')))
  asked.searchParams.set('code_challenge', 'A'.repeat(43))
  expect(location(await come(browser, await provider.visit(asked.href)))).toBe(refused('failed'))
})

describe('mix-up', () => {
  test.each([
    ['another issuer', (answer: URLSearchParams) => answer.set('iss', 'https://evil.example')],
    ['no issuer, though it promised to name itself', (answer: URLSearchParams) => answer.delete('iss')],
    ['two issuers', (answer: URLSearchParams) => answer.append('iss', 'https://evil.example')],
  ])('an answer that names %s is refused before the code is sent', async (_, answer) => {
    provider.script({ answer })
    const browser = house.browser()
    const sent = provider.tokenRequests.length
    expect(location(await come(browser, await goThere(browser)))).toBe(refused('failed'))
    expect(provider.tokenRequests.length).toBe(sent)
  })
})

describe('where it goes afterwards', () => {
  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%09/evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/api/secrets',
    '/auth/logout',
    '/./\\evil.example',
    '/x/..//evil.example',
  ])('is not %s', async (to) => {
    const browser = house.browser()
    const start = `/auth/providers/home-id/start?to=${encodeURIComponent(to)}`
    const target = location(await come(browser, await goThere(browser, start)))
    expect(new URL(target, origin).origin).toBe(origin)
    expect(['/', '/%09/evil.example']).toContain(target)
  })

  test('is a page of ours that was asked for', async () => {
    const browser = house.browser()
    const back = await goThere(browser, '/auth/providers/home-id/start?to=/ledger%3Frow%3D3')
    expect(location(await come(browser, back))).toBe('/ledger?row=3')
  })
})

describe('the redirect URL', () => {
  const redirectOf = async (target: string, headers: Record<string, string>) => {
    const answer = await house.browser().send(target, { headers })
    return answer.status === 303 ? new URL(location(answer)).searchParams.get('redirect_uri') : answer.status
  }
  const start = '/auth/providers/home-id/start'

  test.each([
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '666' },
    { forwarded: 'host=evil.example;proto=https' },
    { 'x-original-host': 'evil.example', 'x-host': 'evil.example' },
  ])('does not follow %o', async (headers) => {
    expect(await redirectOf(start, headers as Record<string, string>)).toBe(
      `${origin}/auth/providers/home-id/callback`,
    )
  })

  test('is none of a stranger’s name', async () => {
    expect(await redirectOf(`http://evil.example:7777${start}`, {})).toBe(421)
    expect(await redirectOf(start, { host: 'evil.example' })).toBe(421)
  })

  test('is that of a configured public name, with the cookie bound to it', async () => {
    const answer = await house.browser('https://castle.example').send(start)
    expect(new URL(location(answer)).searchParams.get('redirect_uri')).toBe(
      'https://castle.example/auth/providers/home-id/callback',
    )
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-castellan_home_signin=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
  })

  test('is the canonical one for another name of this machine', async () => {
    const answer = await house.browser('http://127.0.0.1:7777').send(`${start}?to=/chat`)
    expect(location(answer)).toBe(`${origin}${start}?to=/chat`)
  })
})

test('another site cannot begin a sign-in in somebody’s browser', async () => {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  const answer = await house.browser().send('/auth/providers/home-id/start', { headers })
  expect(answer.status).toBe(403)
})

test('an answer that is posted from elsewhere only becomes a question of ours, with nothing but what belongs there', async () => {
  const browser = house.browser()
  const back = await goThere(browser)
  back.searchParams.append('redirect_uri', 'https://evil.example')
  const answer = await house.browser().send(back.pathname, {
    method: 'POST',
    body: back.searchParams,
    headers: { origin: 'null', 'sec-fetch-site': 'cross-site' },
  })
  const next = location(answer)
  expect(next).toMatch(/^\/auth\/providers\/home-id\/callback\?code=\w+&state=[\w-]+&iss=/)
  expect(next).not.toContain('evil')
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(location(await browser.send(next))).toBe('/')
})
