/**
 * Attack: a stolen or replayed refresh token. Each is good once; a second showing ends the family, whoever shows it and
 * however close together the two come, and its person is told.
 */
import { TokenAnswer } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  app,
  homeOwner,
  homeTenant,
  openTokenHouse,
  type TokenHouse,
} from '../../packages/server/src/testing/token-house.ts'

let house: TokenHouse

beforeAll(async () => {
  house = await openTokenHouse()
  await house.register()
  await house.register({ ...app, id: 'other', name: 'Other' })
})
afterAll(() => house.close())

const tokensOf = async (answer: Response) => TokenAnswer.parse(await answer.json())
const isRefused = async (answer: Response, error = 'invalid_grant') => {
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error })
}
const alerts = async () => (await house.told()).filter((what) => what === 'alert.token.reuse').length

test('a used token ends its family: the thief’s next one, the owner’s next one and the access token', async () => {
  const first = await house.signInApp()
  const before = await alerts()
  const second = await tokensOf(await house.refresh(first.refresh_token))
  expect(await house.who(second.access_token)).toBeDefined()
  await isRefused(await house.refresh(first.refresh_token))
  await isRefused(await house.refresh(second.refresh_token))
  expect(await house.who(second.access_token)).toBeUndefined()
  expect(await house.who(first.access_token)).toBeUndefined()
  expect(await alerts()).toBe(before + 1)
})

test('a used token is recognised generations later, with another app’s name and after its own time', async () => {
  const first = await house.signInApp()
  let last = first
  for (let turn = 0; turn < 5; turn += 1) last = await tokensOf(await house.refresh(last.refresh_token))
  await isRefused(await house.refresh(first.refresh_token, { client_id: 'other' }))
  await isRefused(await house.refresh(last.refresh_token))

  const late = await openTokenHouse()
  await late.register()
  const begun = await late.signInApp()
  late.advance(20 * 86_400_000)
  const next = await tokensOf(await late.refresh(begun.refresh_token))
  late.advance(20 * 86_400_000)
  await isRefused(await late.refresh(begun.refresh_token))
  await isRefused(await late.refresh(next.refresh_token))
  await late.close()
})

test('of many who come with one token at once no more than one is answered, and its family does not outlive them', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { refresh_token } = await house.signInApp()
    const answers = await Promise.all(Array.from({ length: 8 }, () => house.refresh(refresh_token)))
    const won = answers.filter((answer) => answer.status === 200)
    expect(won).toHaveLength(1)
    const [winner] = won
    if (winner === undefined) throw new Error('nobody won')
    const next = await tokensOf(winner)
    expect(await house.who(next.access_token)).toBeUndefined()
    await isRefused(await house.refresh(next.refresh_token))
  }
})

test('one race over two processes has one winner as well', async () => {
  const other = house.makeTokensAgain()
  const { refresh } = await import('../../packages/server/src/tokens/refresh.ts')
  const { refresh_token } = await house.signInApp()
  const request = { grant_type: 'refresh_token', client_id: app.id, refresh_token }
  const arrival = { address: '127.0.0.1', userAgent: '' }
  const both = [house.tokens, other].flatMap((tokens) =>
    Array.from({ length: 4 }, () => refresh(tokens, request, arrival)),
  )
  const done = await Promise.allSettled(both)
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a token is of its app alone', async () => {
  const { refresh_token } = await house.signInApp()
  await isRefused(await house.refresh(refresh_token, { client_id: 'other' }))
  await isRefused(await house.refresh(refresh_token, { client_id: 'Notes' }))
  const without = { grant_type: 'refresh_token', refresh_token }
  await isRefused(await house.form('/auth/token', without), 'invalid_client')
  // It was not used up by those who may not use it.
  expect((await house.refresh(refresh_token)).status).toBe(200)
})

test('a refresh never grants more than the person did', async () => {
  const { refresh_token } = await house.signInApp()
  for (const scope of [
    'admin',
    'read chat admin',
    'read chat data',
    'owner',
    '',
    ' ',
    'read read',
    'read,chat',
  ]) {
    await isRefused(await house.refresh(refresh_token, { scope }), 'invalid_scope')
  }
  const less = await tokensOf(await house.refresh(refresh_token, { scope: 'read' }))
  expect(await house.who(less.access_token)).toMatchObject({ scopes: ['read'] })
})

test('a token is of its form: nothing else reaches the database', async () => {
  for (const token of [
    '',
    'csr_',
    `csr_${'a'.repeat(42)}`,
    `csp_${'a'.repeat(43)}`,
    "csr_' or '1'='1",
    'x'.repeat(9_000),
  ]) {
    const answer = await house.refresh(token)
    expect(answer.status).toBe(400)
  }
  await isRefused(await house.refresh(`csr_${'a'.repeat(43)}`))
})

test('a request that says something twice is refused, whichever of the two would do', async () => {
  const { refresh_token } = await house.signInApp()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const double of [
    'client_id=notes',
    'refresh_token=x',
    'grant_type=refresh_token',
    'scope=read&scope=admin',
  ]) {
    const body = `grant_type=refresh_token&client_id=notes&refresh_token=${refresh_token}&${double}`
    await isRefused(await house.send('/auth/token', { method: 'POST', headers, body }), 'invalid_request')
  }
  const plain = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }
  await isRefused(await house.send('/auth/token', plain), 'invalid_request')
  await isRefused(
    await house.form('/auth/token', { grant_type: 'password', client_id: app.id }),
    'unsupported_grant_type',
  )
})

test('a person who is disabled or starts over takes all apps and tokens with them, at once', async () => {
  const own = await openTokenHouse()
  await own.register()
  const { access_token, refresh_token } = await own.signInApp()
  const cookie = await own.signIn()
  const made = await own.json('POST', '/api/tokens', { name: 'n', scopes: ['read'] }, { cookie })
  const { token } = (await made.json()) as { token: string }
  expect(await own.who(token)).toBeDefined()
  const who = { tenant: homeTenant, person: homeOwner }
  await own.db.database
    .as(homeTenant)
    .transaction()
    .execute(async (transaction) => {
      await own.tokens.endAccess(transaction, who)
      // Refused already while the transaction still runs.
      expect(await own.who(access_token)).toBeUndefined()
    })
  expect(await own.who(access_token)).toBeUndefined()
  expect(await own.who(token)).toBeUndefined()
  await isRefused(await own.refresh(refresh_token))
  await own.close()
})

test('a person who is disabled elsewhere is refused within two seconds, whatever stands in the family', async () => {
  const person = await house.addPerson('member')
  const token = await house.mint({ person })
  expect(await house.who(token)).toBeDefined()
  const admin = await house.db.superuser()
  await admin.query('update castellan.people set disabled_at = now() where id = $1', [person])
  house.advance(2_001)
  expect(await house.who(token)).toBeUndefined()
  house.advance(-2_001)
})

test('an access token of an app’s last minute ends with the app, not later', async () => {
  const own = await openTokenHouse()
  await own.register()
  const day = 86_400_000
  let { access_token, refresh_token } = await own.signInApp()
  const next = async (waitMs: number) => {
    own.advance(waitMs)
    const answer = TokenAnswer.parse(await (await own.refresh(refresh_token)).json())
    ;({ access_token, refresh_token } = answer)
  }
  for (let n = 0; n < 6; n++) await next(29 * day)
  await next(6 * day - 60_000)
  expect(await own.who(access_token)).toBeDefined()
  own.advance(61_000)
  expect(await own.who(access_token)).toBeUndefined()
  await own.close()
})

test('a person who is disabled by whatever way neither refreshes nor trades a code', async () => {
  const own = await openTokenHouse()
  await own.register()
  const { refresh_token } = await own.signInApp()
  const { code, verifier } = await own.consent(await own.signIn())
  const admin = await own.db.superuser()
  await admin.query('update castellan.people set disabled_at = now()')
  await isRefused(await own.refresh(refresh_token))
  const asked = { grant_type: 'authorization_code', client_id: app.id, code, code_verifier: verifier }
  await isRefused(await own.form('/auth/token', { ...asked, redirect_uri: app.redirect_uris[0] ?? '' }))
  await own.close()
})

test('nobody ends another’s app, and whoever has only an access token ends no other app’s family', async () => {
  const { access_token, refresh_token } = await house.signInApp()
  const stranger = await house.form('/auth/revoke', { token: refresh_token, client_id: 'other' })
  expect(stranger.status).toBe(200)
  expect(await house.who(access_token)).toBeDefined()
  const nameless = await house.form('/auth/revoke', { token: refresh_token })
  expect(nameless.status).toBe(200)
  expect(await house.who(access_token)).toBeDefined()
  const own = await house.form('/auth/revoke', { token: access_token, client_id: app.id })
  expect(own.status).toBe(200)
  await isRefused(await house.refresh(refresh_token))
})

test('the database keeps nothing that opens anything', async () => {
  const { refresh_token } = await house.signInApp()
  const cookie = await house.signIn()
  const made = await house.json('POST', '/api/tokens', { name: 'n', scopes: ['read'] }, { cookie })
  const { token } = (await made.json()) as { token: string }
  const admin = await house.db.superuser()
  const tables = [
    'refresh_tokens',
    'authorization_codes',
    'personal_tokens',
    'token_families',
    'token_keys',
    'secrets',
    'ledger_bodies',
  ]
  for (const table of tables) {
    const { rows } = await admin.query<{ row: string }>(`select t::text as row from castellan.${table} t`)
    const text = rows.map(({ row }) => row).join('\n')
    expect(text).not.toContain(refresh_token.slice(4))
    expect(text).not.toContain(token.slice(4))
    for (const value of [token, refresh_token]) {
      expect(text).not.toContain(Buffer.from(value).toString('hex'))
    }
  }
})
