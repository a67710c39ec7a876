/** Paired devices: nonces replayed, signatures for another origin, keys used again, tokens of what was revoked. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newDevice, redeemBody, spendCode, tokenBody } from '../fakes/device.ts'
import { minute, openPairingHouse, origin, type PairingHouse, told } from './pairing-house.ts'

let house: PairingHouse
beforeAll(async () => {
  house = await openPairingHouse()
})
afterAll(() => house.close())
beforeEach(() => house.reset())

const whoIs = (token: string) => house.send('GET', '/api/sessions', undefined, { as: token })

test('is its person by its signature, with no more than devices may, and is no session', async () => {
  for (const curve of ['Ed25519', 'P-256'] as const) {
    const device = newDevice('Mia’s phone', curve)
    const id = await house.pair(device, 'mia')
    const answer = await house.exchange(device, id)
    const { access_token, ...rest } = (await answer.json()) as { access_token: string }
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900, scope: 'read chat approve data' })
    const identity = await house.pairing.identify(access_token, { address: '::1' })
    const { tenant, person, role, principal } = house.people.mia
    expect(identity).toEqual({
      ...{ tenant, person, role, principal },
      via: 'device',
      scopes: ['read', 'chat', 'approve', 'data'],
    })
  }
})

test('reaches nothing of an account: neither sessions nor devices, codes nor alerts', async () => {
  const device = newDevice()
  const token = await house.token(device, await house.pair(device))
  for (const [method, path] of [
    ['GET', '/api/sessions'],
    ['GET', '/api/devices'],
    ['POST', '/api/pairings'],
    ['GET', '/api/alerts'],
    ['GET', '/api/accounts'],
  ] as const)
    expect(
      await told(await house.send(method, path, method === 'POST' ? {} : undefined, { as: token })),
    ).toEqual([403, 'refused'])
})

test('gets one token for one nonce, also when it comes twenty times at once', async () => {
  const device = newDevice()
  const id = await house.pair(device)
  const nonce = await house.nonce()
  const answers = await Promise.all(Array.from({ length: 20 }, () => house.exchange(device, id, nonce)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(await told(await house.exchange(device, id, nonce))).toEqual([401, 'not_signed_in'])
  house.clock.now += 2 * minute
  expect((await house.exchange(device, id, nonce)).status).toBe(401)
})

test('signs our nonces only, within a minute', async () => {
  const device = newDevice()
  const id = await house.pair(device)
  const nonce = await house.nonce()
  const [time = '', random = '', mac = ''] = nonce.split('.')
  const forged = [
    `${Number(time) + 60_000}.${random}.${mac}`,
    `${time}.${random}.${'A'.repeat(43)}`,
    `${time}.${'A'.repeat(22)}.${mac}`,
    `${nonce}.`,
    'x',
    `${time}.${random}`,
  ]
  for (const each of forged)
    expect(await told(await house.exchange(device, id, each))).toEqual([401, 'not_signed_in'])
  house.clock.now += minute
  expect((await house.exchange(device, id, nonce)).status).toBe(401)
  expect((await house.exchange(device, id)).status).toBe(200)
})

test('is nobody with another’s key, another’s id or a signature for another origin', async () => {
  const [mine, theirs] = [newDevice('mine'), newDevice('theirs')]
  const [id, other] = [await house.pair(mine, 'mia'), await house.pair(theirs, 'tom')]
  const nonce = await house.nonce()
  const post = house.from()
  const bodies = [
    { ...tokenBody(mine, { server: origin, id, nonce }), device: other },
    tokenBody(mine, { server: origin, id: other, nonce }),
    { ...tokenBody(theirs, { server: origin, id, nonce }) },
    tokenBody(mine, { server: 'http://evil.example', id, nonce }),
    tokenBody(mine, { server: 'https://castle.example', id, nonce }),
    { ...tokenBody(mine, { server: origin, id, nonce }), device: '00000000-0000-4000-8000-000000000009' },
    { ...tokenBody(mine, { server: origin, id, nonce }), proof: `${'A'.repeat(85)}A` },
  ]
  const answers = await Promise.all(bodies.map((body) => post('/auth/device/token', body)))
  const texts = new Set(await Promise.all(answers.map((answer) => answer.text())))
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 401))
  // Whatever was wrong, the answer is the same.
  expect(texts.size).toBe(1)
  // And none of it has used the nonce up.
  expect((await post('/auth/device/token', tokenBody(mine, { server: origin, id, nonce }))).status).toBe(200)
})

test('no longer counts from the moment it is revoked, with all tokens it has', async () => {
  const device = newDevice()
  const id = await house.pair(device, 'mia')
  const token = await house.token(device, id)
  expect(await house.pairing.identify(token, { address: '::1' })).toBeDefined()
  expect(await told(await house.send('DELETE', `/api/devices/${id}`, undefined, { as: 'tom' }))).toEqual([
    404,
    'not_found',
  ])
  expect((await house.send('DELETE', `/api/devices/${id}`, undefined, { as: 'mia' })).status).toBe(204)
  expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
  expect((await whoIs(token)).status).toBe(401)
  expect((await house.exchange(device, id)).status).toBe(401)
  expect(await (await house.send('GET', '/api/devices', undefined, { as: 'mia' })).json()).toEqual({
    devices: [],
  })
})

test('is out when its revocation comes at the same moment as its signature', async () => {
  for (let round = 0; round < 5; round++) {
    const device = newDevice()
    const id = await house.pair(device)
    const nonce = await house.nonce()
    const [exchanged] = await Promise.all([
      house.exchange(device, id, nonce),
      house.send('DELETE', `/api/devices/${id}`, undefined, { as: 'owner' }),
    ])
    const token =
      exchanged.status === 200 ? ((await exchanged.json()) as { access_token: string }).access_token : ''
    expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
  }
})

test('is out with its person, and with their role', async () => {
  const device = newDevice()
  const { tenant, person } = house.people.mia
  const id = await house.pair(device, 'mia')
  const token = await house.token(device, id)
  const set = (change: string) =>
    house.admin.query(`update castellan.people set ${change} where id = $1`, [person])
  await set("role = 'viewer'")
  expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
  expect(await house.pairing.identify(await house.token(device, id), { address: '::1' })).toMatchObject({
    role: 'viewer',
  })
  await set("role = 'member'")
  await set('disabled_at = now()')
  expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
  expect((await house.exchange(device, id)).status).toBe(401)
  await set('disabled_at = null')
  await house.db.database
    .as(tenant)
    .transaction()
    .execute((transaction) => house.pairing.endAccess(transaction, { tenant, person }))
  expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
})

test('a key is one device for ever: not twice, not after it was revoked, not in another tenant', async () => {
  const device = newDevice()
  const id = await house.pair(device, 'mia')
  for (const as of ['mia', 'tom', 'neighbour'] as const) {
    const made = await house.makeCode(as)
    expect(
      await told(await house.from()('/auth/pair/redeem', redeemBody(device, { ...made, server: origin }))),
    ).toEqual([409, 'conflict'])
  }
  await house.send('DELETE', `/api/devices/${id}`, undefined, { as: 'mia' })
  const made = await house.makeCode('mia')
  expect(
    (await house.from()('/auth/pair/redeem', redeemBody(device, { ...made, server: origin }))).status,
  ).toBe(409)
})

test('a key that comes with two codes at once becomes one device', async () => {
  const device = newDevice()
  const codes = await Promise.all(
    (['mia', 'tom'] as const).map(async (as) => ({ as, ...(await house.makeCode(as)) })),
  )
  const spent = await Promise.all(
    codes.map((made) => spendCode(device, house.from(), { ...made, server: origin })),
  )
  const answers = await Promise.all(
    codes.map(({ id, as }, n) => house.confirm(id, spent[n]?.phrase ?? '', as)),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('another access token is no device’s, and a device’s is nobody else’s', async () => {
  const device = newDevice()
  const id = await house.pair(device, 'mia')
  const token = await house.token(device, id)
  expect(await house.tokens.identify(token, { address: '::1' })).toBeUndefined()
  const { tenant, person, role } = house.people.mia
  const { token: plain } = await house.tokens.access.sign(
    { tenant, person, role, family: id, scopes: ['read'] },
    minute,
  )
  expect(await house.pairing.identify(plain, { address: '::1' })).toBeUndefined()
  const wrongKey = { tenant, person, role, device: id, jkt: 'A'.repeat(43), scopes: ['read'] as const }
  expect(
    await house.pairing.identify((await house.tokens.devices.mint(wrongKey)).token, { address: '::1' }),
  ).toBeUndefined()
  const { jkt } = (await house.tokens.devices.read(token)) ?? wrongKey
  expect(jkt).not.toBe(wrongKey.jkt)
  const wrongPerson = { ...wrongKey, jkt, person: house.people.tom.person }
  expect(
    await house.pairing.identify((await house.tokens.devices.mint(wrongPerson)).token, { address: '::1' }),
  ).toBeUndefined()
  house.clock.now += 16 * minute
  expect(await house.pairing.identify(token, { address: '::1' })).toBeUndefined()
})

test('is listed with when and from where it was seen, and renamed by its person only', async () => {
  const device = newDevice()
  const id = await house.pair(device, 'mia')
  await house.token(device, id)
  const list = async () =>
    (
      (await (await house.send('GET', '/api/devices', undefined, { as: 'mia' })).json()) as {
        devices: object[]
      }
    ).devices
  expect(await list()).toMatchObject([
    {
      id,
      name: 'Mia’s phone',
      kind: 'phone',
      last_address: '203.0.113.9',
      last_seen_at: new Date(house.clock.now).toISOString(),
    },
  ])
  const rename = (as: string, name: string) => house.send('PATCH', `/api/devices/${id}`, { name }, { as })
  expect((await rename('tom', 'Tom’s now')).status).toBe(404)
  for (const name of ['', ' ', 'a\nb', 'a\0', '\ud800', 'x'.repeat(81)])
    expect((await rename('mia', name)).status).toBe(400)
  expect((await rename('mia', 'Old phone')).status).toBe(200)
  expect(await list()).toMatchObject([{ name: 'Old phone' }])
})
