/** Attack: make an account of one's own elsewhere sign in as somebody else here, by its address or by their browser. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { homeTenant, type PersonId } from '../../packages/server/src/database/index.ts'
import { clientId, clientSecret, type FakeProvider, startProvider } from '../fakes/provider.ts'
import { type Browser, location, type OauthHouse, openOauthHouse } from './oauth-house.ts'

let house: OauthHouse
let provider: FakeProvider
let fresh = true
let subjects = 0

beforeAll(async () => {
  provider = await startProvider({ account: { sub: 'nobody' } })
  house = await openOauthHouse({
    requireFresh: async () => {
      if (!fresh) throw new Error('not fresh')
    },
  })
  const owner = house.browser()
  await owner.signIn()
  const fields = { issuer: provider.issuer }
  const usual = { client_id: clientId, client_secret: clientSecret, fields }
  const setUp = async (name: string, over: object = {}) => {
    const answer = await owner.post('/api/providers', { kind: 'oidc', name, ...usual, ...over })
    expect(answer.status).toBe(201)
  }
  await setUp('plain')
  await setUp('trusted', { domains: ['town.example'] })
  await setUp('joining', { join: 'domains', domains: ['town.example'] })
})
beforeEach(() => {
  fresh = true
  provider.script({})
})
afterAll(async () => {
  await house.close()
  await provider.close()
})

const newSubject = () => `account-${subjects++}`

/** Signs in at the provider as an account, comes back, and says where that led. */
async function signInAs(account: object, at = 'plain', browser = house.browser()): Promise<string> {
  provider.script({ account: { sub: newSubject(), ...account } })
  const back = await provider.visit(location(await browser.send(`/auth/providers/${at}/start`)))
  return location(await browser.send(back.pathname + back.search))
}

async function sessionOf(person: PersonId): Promise<Browser> {
  const browser = house.browser()
  const account = { issuer: provider.issuer, subject: newSubject(), provider: 'plain' }
  await house.connected(person, account)
  expect(await signInAs({ sub: account.subject }, 'plain', browser)).toBe('/')
  expect(await browser.me()).toBe(person)
  return browser
}

async function connect(browser: Browser, account: object): Promise<string> {
  provider.script({ account: { sub: newSubject(), ...account } })
  const answer = await browser.post('/api/account/connections', { provider: 'plain' })
  expect(answer.status).toBe(200)
  const back = await provider.visit(((await answer.json()) as { url: string }).url)
  return location(await browser.send(back.pathname + back.search))
}

const unknown = (name: string) => `/signin?problem=unknown&provider=${name}`

describe('an account that nobody has connected, with somebody’s address', () => {
  let n = 0
  const people = {
    confirmed: { verified: true },
    'not confirmed by us': { verified: false },
  }
  const cases: readonly [
    at: 'plain' | 'trusted',
    who: keyof typeof people,
    verified: unknown,
    why: string,
  ][] = [
    ['plain', 'confirmed', true, 'nobody vouches for the domain'],
    ['plain', 'confirmed', false, 'it is not even confirmed there'],
    ['trusted', 'confirmed', false, 'it is not confirmed there'],
    ['trusted', 'confirmed', 'true and more', 'it is not confirmed there, whatever that says'],
    ['trusted', 'not confirmed by us', true, 'somebody may have written another’s address here, and wait'],
  ]
  test.each(cases)('at %s, %s, verified %s: refused, since %s', async (at, who, email_verified) => {
    const email = `mia${n++}@town.example`
    await house.person({ email, ...people[who] })
    expect(await signInAs({ email, email_verified }, at)).toBe(unknown(at))
  })

  test('is theirs when provider, domain and house all vouch for it; they are told, and it is written down', async () => {
    const email = 'vouched@town.example'
    const mia = await house.person({ email, verified: true })
    const browser = house.browser()
    expect(await signInAs({ sub: 'vouched', email, email_verified: true }, 'trusted', browser)).toBe('/')
    expect(await browser.me()).toBe(mia)
    expect((await house.ledger()).slice(-3)).toEqual([
      'identity.account_connected',
      'alert.providers.connected',
      'identity.signed_in',
    ])
  })

  test('at a domain that only looks like it is refused', async () => {
    await house.person({ email: 'look@evil-town.example', verified: true })
    const account = { email: 'look@evil-town.example', email_verified: true }
    expect(await signInAs(account, 'trusted')).toBe(unknown('trusted'))
  })

  test.each(['Ｍia@town.example', 'mia@town.example.', 'mia@town.example@evil.example', 'mıa@town.example'])(
    'spelled %s is not that address',
    async (email) => {
      await house.person({ email: `mia@town.example`, verified: true }).catch(() => {})
      expect(await signInAs({ email, email_verified: true }, 'trusted')).toBe(unknown('trusted'))
    },
  )

  test('of the owner is refused always: an owner connects while signed in', async () => {
    const superuser = await house.db.superuser()
    const email = 'owner@town.example'
    await superuser.query(
      'update castellan.people set email=$1, email_key=$1, email_verified_at=now() where id=$2',
      [email, house.owner],
    )
    expect(await signInAs({ email, email_verified: true }, 'trusted')).toBe(unknown('trusted'))
  })

  test('of somebody who is disabled is refused, in the same words', async () => {
    const email = 'gone@town.example'
    const gone = await house.person({ email, verified: true })
    await disable(gone)
    expect(await signInAs({ email, email_verified: true }, 'trusted')).toBe(unknown('trusted'))
  })
})

describe('a stranger', () => {
  test('does not become a member where nobody may', async () => {
    const account = { email: 'new@town.example', email_verified: true }
    expect(await signInAs(account, 'plain')).toBe(unknown('plain'))
    expect(await signInAs(account, 'trusted')).toBe(unknown('trusted'))
  })

  test.each([
    ['an unconfirmed address', { email: 'new1@town.example', email_verified: false }],
    ['another domain', { email: 'new2@evil.example', email_verified: true }],
    ['a domain below it', { email: 'new3@x.town.example', email_verified: true }],
    ['no address', {}],
    ['letters that only look like an address', { email: 'Ｎew4@town.example', email_verified: true }],
  ])('with %s does not, where a domain may', async (_, account) => {
    expect(await signInAs(account, 'joining')).toBe(unknown('joining'))
  })

  test('of that domain becomes a viewer and no more', async () => {
    const browser = house.browser()
    const account = { email: 'new@town.example', email_verified: true, name: 'New' }
    expect(await signInAs(account, 'joining', browser)).toBe('/')
    const id = await browser.me()
    const people = house.providers.database.as(homeTenant).selectFrom('castellan.people')
    expect(
      await people
        .select(['role', 'name', 'email'])
        .where('id', '=', id ?? '')
        .executeTakeFirst(),
    ).toEqual({
      role: 'viewer',
      name: 'New',
      email: 'new@town.example',
    })
  })

  test('cannot take the place of somebody whose address it is', async () => {
    const email = 'unconfirmed@town.example'
    await house.person({ email, verified: false })
    expect(await signInAs({ email, email_verified: true }, 'joining')).toBe(unknown('joining'))
  })
})

test('an address that somebody may still take back is not given to a stranger', async () => {
  const mia = await house.person({ email: 'mia-new@town.example', verified: true })
  const email = 'taken-back@town.example'
  const link = {
    token_hash: Buffer.alloc(32, 7),
    tenant_id: homeTenant,
    person_id: mia,
    kind: 'cancel_email' as const,
  }
  const handle = house.providers.database.as(homeTenant)
  const expires_at = new Date(Date.now() + 600_000)
  await handle
    .insertInto('castellan.account_links')
    .values({ ...link, email, email_key: email, expires_at })
    .execute()
  expect(await signInAs({ email, email_verified: true }, 'joining')).toBe(unknown('joining'))
})

test('an address that changes at the provider changes nothing here', async () => {
  const mia = await house.person({ email: 'mia-old@town.example', verified: true })
  const leo = await house.person({ email: 'leo@town.example', verified: true })
  await house.connected(mia, { issuer: provider.issuer, subject: 'changing', provider: 'trusted' })
  const browser = house.browser()
  await signInAs({ sub: 'changing', email: 'leo@town.example', email_verified: true }, 'trusted', browser)
  expect(await browser.me()).toBe(mia)
  expect(mia).not.toBe(leo)
})

test('the same subject at another issuer is somebody else', async () => {
  const mia = await house.person({})
  await house.connected(mia, { issuer: 'https://other.example', subject: 'same', provider: 'plain' })
  expect(await signInAs({ sub: 'same' })).toBe(unknown('plain'))
})

test('a person who is disabled does not come in by an account they had', async () => {
  const gone = await house.person({})
  await house.connected(gone, { issuer: provider.issuer, subject: 'gone', provider: 'plain' })
  await disable(gone)
  expect(await signInAs({ sub: 'gone' })).toBe(unknown('plain'))
})

describe('connecting an account', () => {
  test('works for who is signed in, and signs them in from then on', async () => {
    const mia = await house.person({})
    const browser = await sessionOf(mia)
    expect(await connect(browser, { sub: 'second' })).toBe('/account/connections')
    const other = house.browser()
    await signInAs({ sub: 'second' }, 'plain', other)
    expect(await other.me()).toBe(mia)
  })

  test('that is somebody else’s is refused, and stays theirs', async () => {
    const [mia, eve] = [await house.person({}), await house.person({})]
    await house.connected(mia, { issuer: provider.issuer, subject: 'mias', provider: 'plain' })
    const end = await connect(await sessionOf(eve), { sub: 'mias' })
    expect(end).toBe('/account/connections?problem=taken&provider=plain')
    const browser = house.browser()
    await signInAs({ sub: 'mias' }, 'plain', browser)
    expect(await browser.me()).toBe(mia)
  })

  test('needs a factor shown a moment ago', async () => {
    const browser = await sessionOf(await house.person({}))
    fresh = false
    expect((await browser.post('/api/account/connections', { provider: 'plain' })).status).toBe(500)
    expect([...browser.cookies.keys()]).toEqual(['castellan_home'])
  })

  test('cannot be begun by another site', async () => {
    const browser = await sessionOf(await house.person({}))
    const headers = { origin: 'https://evil.example', 'content-type': 'application/json' }
    const body = JSON.stringify({ provider: 'plain' })
    expect((await browser.send('/api/account/connections', { method: 'POST', headers, body })).status).toBe(
      403,
    )
  })

  test('does not connect to whoever is signed in by then (an answer forced on another session)', async () => {
    const [mia, eve] = [await house.person({}), await house.person({})]
    const eves = await sessionOf(eve)
    provider.script({ account: { sub: 'eves-own' } })
    const begun = await eves.post('/api/account/connections', { provider: 'plain' })
    const back = await provider.visit(((await begun.json()) as { url: string }).url)
    // Eve gets her cookie of the attempt into Mia's browser, as a neighbouring program on this host could.
    const mias = await sessionOf(mia)
    mias.cookies.set('castellan_home_signin', eves.cookies.get('castellan_home_signin') ?? '')
    expect(location(await mias.send(back.pathname + back.search))).toBe(
      '/account/connections?problem=signed_out&provider=plain',
    )
    expect(await signInAs({ sub: 'eves-own' })).toBe(unknown('plain'))
  })

  test('ends with the session that began it', async () => {
    const browser = await sessionOf(await house.person({}))
    provider.script({ account: { sub: 'late' } })
    const begun = await browser.post('/api/account/connections', { provider: 'plain' })
    const back = await provider.visit(((await begun.json()) as { url: string }).url)
    const attempt = browser.cookies.get('castellan_home_signin') ?? ''
    await browser.post('/auth/logout', {})
    browser.cookies.set('castellan_home_signin', attempt)
    expect(location(await browser.send(back.pathname + back.search))).toContain('problem=signed_out')
    expect(await signInAs({ sub: 'late' })).toBe(unknown('plain'))
  })

  test('of two people at once is one’s', async () => {
    const browsers = [await sessionOf(await house.person({})), await sessionOf(await house.person({}))]
    provider.script({ account: { sub: 'contested' } })
    const backs = await Promise.all(
      browsers.map(async (browser) => {
        const begun = await browser.post('/api/account/connections', { provider: 'plain' })
        return provider.visit(((await begun.json()) as { url: string }).url)
      }),
    )
    const ends = await Promise.all(
      browsers.map(async (browser, at) =>
        location(await browser.send(`${backs[at]?.pathname}${backs[at]?.search}`)),
      ),
    )
    expect(ends.toSorted()).toEqual([
      '/account/connections',
      '/account/connections?problem=taken&provider=plain',
    ])
  })
})

describe('disconnecting', () => {
  const listed = async (browser: Browser) =>
    ((await (await browser.send('/api/account/connections')).json()) as { connections: { id: string }[] })
      .connections

  test('the only way in is refused, and the last but one is not', async () => {
    const browser = await sessionOf(await house.person({}))
    await connect(browser, {})
    const [first, second] = await listed(browser)
    expect((await browser.post(`/api/account/connections/${first?.id}`, {}, 'DELETE')).status).toBe(204)
    expect((await browser.post(`/api/account/connections/${second?.id}`, {}, 'DELETE')).status).toBe(409)
    expect(await listed(browser)).toEqual([second])
  })

  test('two at once leaves one', async () => {
    const browser = await sessionOf(await house.person({}))
    await connect(browser, {})
    const both = await listed(browser)
    const answers = await Promise.all(
      both.map(async ({ id }) => (await browser.post(`/api/account/connections/${id}`, {}, 'DELETE')).status),
    )
    expect(answers.toSorted()).toEqual([204, 409])
  })

  test('somebody else’s account is as if there were none', async () => {
    const mias = await sessionOf(await house.person({}))
    const eves = await sessionOf(await house.person({ password: 'a hash' }))
    const [account] = await listed(mias)
    expect((await eves.post(`/api/account/connections/${account?.id}`, {}, 'DELETE')).status).toBe(404)
    expect((await eves.post("/api/account/connections/'", {}, 'DELETE')).status).toBe(404)
    expect(await listed(mias)).toHaveLength(1)
  })
})

async function disable(person: PersonId): Promise<void> {
  const people = house.providers.database.as(homeTenant).updateTable('castellan.people')
  await people.set({ disabled_at: new Date() }).where('id', '=', person).execute()
}
