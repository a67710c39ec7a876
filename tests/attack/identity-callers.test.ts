/** Programs with a caller token, or without, that want more than the token allows. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bearer, type CallersHouse, hello, openCallersHouse } from './callers-house.ts'

let at: CallersHouse
beforeAll(async () => {
  at = await openCallersHouse()
})
afterAll(() => at.close())
beforeEach(() => {
  at.fake.script(() => ({ text: 'OK', usage: { input: 10, output: 5 } }))
  at.state.fresh = true
})

const chat = '/chat/completions'
const codeOf = async (answer: Response) =>
  `${answer.status} ${((await answer.json()) as { error: { code: string } }).error.code}`
const sentSince = (before: number) => at.fake.requests.length - before

describe('who is let in', () => {
  test('nothing but one caller token in the Authorization header', async () => {
    const { token } = await at.make()
    const cookie = await at.house.signIn()
    const before = at.fake.requests.length
    const shown: Record<string, string>[] = [
      {},
      { cookie },
      { authorization: `Bearer ${at.house.localToken}` },
      { authorization: `Bearer ${cookie.split('=')[1]}` },
      { authorization: `Bearer csp_${token.slice(4)}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token.slice(0, -1)}` },
      { authorization: `Bearer ${token.toUpperCase()}` },
      { authorization: `Bearer ${token}, Bearer ${token}` },
      { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` },
      { authorization: token },
      { 'x-api-key': token },
      { 'api-key': token },
      { cookie: `castellan_home=${token}` },
    ]
    for (const headers of shown) {
      const answer = await at.send(chat, hello, headers)
      expect([headers, [401, 403, 429].includes(answer.status)]).toEqual([headers, true])
    }
    for (const name of ['key', 'api_key', 'access_token', 'token'])
      expect([401, 429]).toContain((await at.send(`${chat}?${name}=${token}`, hello)).status)
    const twice = new Headers([
      ['content-type', 'application/json'],
      ['authorization', `Bearer ${token}`],
      ['authorization', 'Bearer csc_another'],
    ])
    const answer = await fetch(`${at.url}/v1${chat}`, {
      method: 'POST',
      headers: twice,
      body: JSON.stringify(hello),
    })
    expect([401, 429]).toContain(answer.status)
    expect(sentSince(before)).toBe(0)
  })

  test('and a caller token opens nothing else', async () => {
    const { token } = await at.make()
    for (const path of ['/api/things', '/api/callers', '/api/whoami', '/readyz/', '/v1', '/v1/files'])
      expect([path, (await fetch(`${at.url}${path}`, { headers: bearer(token) })).status]).toEqual([
        path,
        401,
      ])
    const made = await fetch(`${at.url}/api/callers`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'more', namespace: 'app', models: ['heavy'] }),
    })
    expect(made.status).toBe(401)
  })

  test('not a token that has expired', async () => {
    const { token } = await at.make({ days: 1 })
    expect((await at.send(chat, hello, bearer(token))).status).toBe(200)
    at.state.offset += 86_400_000
    expect(await codeOf(await at.send(chat, hello, bearer(token)))).toBe('401 not_signed_in')
  })

  test('not who guesses at tokens: the address is told to wait, and whoever has one is not', async () => {
    const { token } = await at.make()
    at.state.offset += 600_000
    const guess = () => at.send(chat, hello, bearer(`csc_${'A'.repeat(43)}`))
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) statuses.push((await guess()).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    expect((await at.send(chat, hello, bearer(token))).status).toBe(200)
  })

  test('the value of a token is shown once and stored nowhere', async () => {
    const { token } = await at.make({ name: 'secret-keeper' })
    const list = await (await at.own('/callers')).text()
    expect(list).toContain('secret-keeper')
    expect(list).not.toContain(token.slice(4))
    const admin = await at.house.db.superuser()
    for (const table of ['callers', 'ledger', 'ledger_bodies', 'rates', 'lockouts']) {
      const { rows } = await admin.query(`select t::text from castellan.${table} t`)
      expect(JSON.stringify(rows)).not.toContain(token.slice(4))
    }
  })

  test('no token is made without a factor just shown', async () => {
    at.state.fresh = false
    const body = JSON.stringify({ name: 'x', namespace: 'stale', models: ['medium'] })
    expect((await at.own('/callers', { method: 'POST', body })).status).toBe(500)
    expect(await (await at.own('/callers')).text()).not.toContain('stale')
  })
})

describe('what a token reaches', () => {
  test('no model but its own, and no word on which others there are', async () => {
    const { token } = await at.make({ models: ['talk'] })
    const before = at.fake.requests.length
    const told = new Set<string>()
    for (const model of ['big', 'heavy', 'medium', 'talk-1', 'nobody', '__proto__', 'constructor']) {
      const answer = await at.send(chat, { ...hello, model }, bearer(token))
      expect([model, answer.status]).toEqual([model, 404])
      told.add((await answer.text()).replaceAll(model, 'X'))
    }
    expect(told.size).toBe(1)
    const listed = await fetch(`${at.url}/v1/models`, { headers: bearer(token) })
    expect(await listed.json()).toMatchObject({ data: [{ id: 'talk' }] })
    expect(await codeOf(await at.send('/embeddings', { model: 'vectors', input: 'x' }, bearer(token)))).toBe(
      '404 not_found',
    )
    expect(sentSince(before)).toBe(0)
  })

  test('no conversation from an embedding model, and no vectors from another', async () => {
    const { token } = await at.make({ models: ['medium', 'embedding'] })
    expect(await codeOf(await at.send(chat, { ...hello, model: 'vectors' }, bearer(token)))).toBe(
      '400 bad_request',
    )
    expect(await codeOf(await at.send('/embeddings', { model: 'talk', input: 'x' }, bearer(token)))).toBe(
      '400 bad_request',
    )
  })

  test('no tools, no skills, nothing unknown', async () => {
    const { token } = await at.make()
    const before = at.fake.requests.length
    const tool = { type: 'function', function: { name: 'web_fetch', parameters: {} } }
    const requests = [
      { ...hello, tools: [tool] },
      { ...hello, functions: [tool.function] },
      { ...hello, tool_choice: { type: 'function', function: { name: 'web_fetch' } } },
      { ...hello, tool_choice: 'required' },
      { ...hello, web_search_options: {} },
      { ...hello, n: 2 },
      { ...hello, messages: [{ role: 'tool', content: 'x', tool_call_id: 'y' }] },
      { ...hello, messages: [{ role: 'owner', content: 'x' }] },
      { ...hello, messages: [{ role: 'assistant', content: '', tool_calls: [{ id: 'a' }] }] },
      {
        ...hello,
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }] },
        ],
      },
      { ...hello, max_tokens: -1 },
      { ...hello, max_tokens: 1e9 },
      { ...hello, stream: 'true' },
      { ...hello, messages: [] },
      { ...hello, base_url: 'https://evil.example' },
    ]
    for (const request of requests)
      expect([request, await codeOf(await at.send(chat, request, bearer(token)))]).toEqual([
        request,
        '400 bad_request',
      ])
    const unknown = { model: 'vectors', input: 'x', base_url: 'https://evil.example' }
    const embedding = await at.make({ models: ['embedding'] })
    const refused = at.send('/embeddings', unknown, bearer(embedding.token))
    expect(await codeOf(await refused)).toBe('400 bad_request')
    expect(sentSince(before)).toBe(0)
  })

  test('no huge, deep or broken body', async () => {
    const { token } = await at.make()
    const before = at.fake.requests.length
    const huge = { ...hello, messages: [{ role: 'user', content: 'x'.repeat(1_100_000) }] }
    expect(await codeOf(await at.send(chat, huge, bearer(token)))).toBe('413 too_large')
    const deep = `{"model":"talk","messages":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
    expect(await codeOf(await at.send(chat, deep, bearer(token)))).toBe('400 bad_request')
    for (const broken of ['', '{', 'null', '[]', '"x"'])
      expect(await codeOf(await at.send(chat, broken, bearer(token)))).toBe('400 bad_request')
    const form = await at.send(chat, 'model=talk', {
      ...bearer(token),
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(await codeOf(form)).toBe('400 bad_request')
    expect(sentSince(before)).toBe(0)
  })

  test('no model where a policy of the owner’s forbids it, and none that would have to ask', async () => {
    const forbidden = `@id("no-apps") forbid (principal, action, resource == Castellan::Skill::"model.generate")
      when { context.chain.contains("caller:games") };
      @id("ask-for-work") forbid (principal, action, resource == Castellan::Skill::"model.generate")
      when { context.chain.contains("caller:work") && context.approval < 1 };`
    const strict = await openCallersHouse({ policy: forbidden })
    try {
      for (const namespace of ['games', 'work']) {
        const { token } = await strict.make({ namespace })
        expect(await codeOf(await strict.send(chat, hello, bearer(token)))).toBe('403 refused')
      }
      const { token } = await strict.make({ namespace: 'other' })
      expect((await strict.send(chat, hello, bearer(token))).status).toBe(200)
      expect(strict.fake.requests).toHaveLength(1)
    } finally {
      await strict.close()
    }
  })
})

describe('what a token spends', () => {
  test('its rate, exactly, whichever process it asks', async () => {
    const { token } = await at.make({ per_minute: 1, burst: 4 })
    const asked = Array.from({ length: 40 }, (_, n) =>
      at.send(chat, hello, bearer(token), n % 2 === 0 ? at.url : at.otherUrl),
    )
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(35)
  })

  test('the budget of its namespace, together with the other tokens there, and none of another', async () => {
    const limits = { tokens_per_day: 100, per_minute: 6_000, burst: 100 }
    const one = await at.make({ namespace: 'spent', ...limits })
    const two = await at.make({ namespace: 'spent', ...limits })
    const other = await at.make({ namespace: 'thrifty', ...limits })
    const ask = (token: string) => at.send(chat, { ...hello, max_tokens: 30 }, bearer(token))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask(n % 2 === 0 ? one.token : two.token)),
    )
    const served = answers.filter(({ status }) => status === 200).length
    // Each reserves 32 of 100 and costs 15.
    expect(served).toBeGreaterThanOrEqual(3)
    expect(served).toBeLessThanOrEqual(6)
    for (let n = 0; n < 6; n++) await ask(one.token)
    expect(await codeOf(await ask(one.token))).toBe('429 budget_spent')
    expect(await codeOf(await ask(two.token))).toBe('429 budget_spent')
    expect((await ask(other.token)).status).toBe(200)
  })

  test('what it was sent before it hung up', async () => {
    const { token, view } = await at.make({ namespace: 'hasty' })
    at.fake.script(() => ({ text: 'word '.repeat(400), piece: 100, hang: 'middle' }))
    const leave = new AbortController()
    const answer = await fetch(`${at.url}/v1${chat}`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: JSON.stringify({ ...hello, stream: true }),
      signal: leave.signal,
    })
    const reader = answer.body?.getReader()
    for (let got = ''; got.length < 1_000; )
      got += Buffer.from((await reader?.read())?.value ?? []).toString()
    leave.abort()
    await expect
      .poll(async () => {
        const { callers } = (await (await at.own('/callers')).json()) as { callers: (typeof view)[] }
        return callers.find(({ id }) => id === view.id)?.tokens_today
      })
      // 8,192 and a few were reserved; about 1,000 characters came.
      .toSatisfy((spent: number) => spent > 100 && spent < 1_000)
    await expect.poll(() => at.fake.dropped()).toBeGreaterThan(0)
  })
})

describe('revoking', () => {
  test.each(['the process that is asked to', 'another process'])(
    'ends a streamed answer in %s',
    async (where) => {
      const { token, view } = await at.make()
      at.fake.script(() => ({ text: 'word '.repeat(400), piece: 20, hang: 'middle' }))
      const url = where === 'another process' ? at.otherUrl : at.url
      const answer = await at.send(chat, { ...hello, stream: true }, bearer(token), url)
      expect((await at.revoke(view.id)).status).toBe(204)
      const said = await answer.text()
      expect(said).toContain('"code":"not_signed_in"')
      expect(said).not.toContain('[DONE]')
      expect(await codeOf(await at.send(chat, hello, bearer(token), url))).toMatch(/^(401|429)/)
    },
  )

  test('works without a fresh factor, and twice says that there is none', async () => {
    const { view } = await at.make()
    at.state.fresh = false
    expect((await at.revoke(view.id)).status).toBe(204)
    expect((await at.revoke(view.id)).status).toBe(404)
    expect((await at.revoke("x' or true --")).status).toBe(404)
  })
})
