/** The doors of /v1 as a program meets them, through a client that OpenAI's users have. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, type CallersHouse, hello, openCallersHouse } from '../../../../tests/attack/callers-house.ts'
import { vectorOf } from '../../../../tests/fakes/embeddings.ts'

let at: CallersHouse
beforeAll(async () => {
  at = await openCallersHouse()
})
afterAll(() => at.close())

const client = (token: string) =>
  createOpenAICompatible({ name: 'home', baseURL: `${at.url}/v1`, apiKey: token, includeUsage: true })

const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }]

describe('a client of OpenAI’s API', () => {
  test('gets an answer at once', async () => {
    const { token } = await at.make()
    at.fake.script(() => ({ text: 'Good day', usage: { input: 11, output: 3 } }))
    const { content, usage, finishReason } = await client(token).chatModel('talk').doGenerate({ prompt })
    expect(content).toEqual([{ type: 'text', text: 'Good day' }])
    expect(finishReason.unified).toBe('stop')
    expect([usage.inputTokens.total, usage.outputTokens.total]).toEqual([11, 3])
  })

  test('gets an answer as it is made, with what it cost', async () => {
    const { token } = await at.make()
    at.fake.script(() => ({ text: ['One, ', 'two, ', 'three'], usage: { input: 7, output: 5 } }))
    const { stream } = await client(token).chatModel('medium').doStream({ prompt })
    const parts = []
    for await (const part of stream) parts.push(part)
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []))).toEqual([
      'One, ',
      'two, ',
      'three',
    ])
    const finish = parts.find((part) => part.type === 'finish')
    expect(finish).toMatchObject({ usage: { inputTokens: { total: 7 }, outputTokens: { total: 5 } } })
  })

  test('has its instructions, sampling and schema passed on', async () => {
    const { token } = await at.make()
    at.fake.script(() => ({ text: '{"ok":true}' }))
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const settings = {
      ...{ model: 'talk', temperature: 0.2, top_p: 0.9, stop: ['END'], seed: 7, max_completion_tokens: 50 },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Is it?' }] },
        { role: 'assistant', content: 'Is what?', refusal: null, tool_calls: null },
        { role: 'developer', content: 'In JSON.' },
        { role: 'user', content: 'It.' },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'it', schema, strict: true } },
      user: 'somebody',
    }
    const answer = await at.send('/chat/completions', settings, bearer(token))
    expect(answer.status).toBe(200)
    const sent = at.fake.requests.at(-1)
    expect(sent?.system).toBe('Be brief.\n\nIn JSON.')
    expect(sent?.messages.map(({ role, text }) => [role, text])).toEqual([
      ['user', 'Is it?'],
      ['assistant', 'Is what?'],
      ['user', 'It.'],
    ])
    expect(sent?.body).toMatchObject({
      ...{ model: 'talk-1', temperature: 0.2, top_p: 0.9, stop: ['END'], seed: 7, max_tokens: 50 },
      response_format: { type: 'json_schema', json_schema: { name: 'it', schema } },
    })
    expect(JSON.stringify(sent?.body)).not.toContain('somebody')
  })

  test('gets vectors, as numbers and as OpenAI’s own client asks for them', async () => {
    const { token } = await at.make({ models: ['embedding'] })
    const values = ['alpha', 'b']
    const { embeddings, usage } = await client(token).embeddingModel('vectors').doEmbed({ values })
    expect(embeddings).toEqual(values.map(vectorOf))
    expect(usage).toEqual({ tokens: 6 })
    const asked = { model: 'embedding', input: 'alpha', encoding_format: 'base64' }
    const { data } = (await (await at.send('/embeddings', asked, bearer(token))).json()) as {
      data: { embedding: string }[]
    }
    const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64')
    expect([0, 4, 8].map((offset) => bytes.readFloatLE(offset))).toEqual(vectorOf('alpha'))
  })

  test('is told which models it may ask', async () => {
    const { token } = await at.make({ models: ['medium', 'big'] })
    const answer = await fetch(`${at.url}/v1/models`, { headers: bearer(token) })
    const { data } = (await answer.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['talk', 'big', 'medium'])
  })

  test('reads failures in the form it knows, with our codes', async () => {
    const { token } = await at.make()
    const none = await at.send('/chat/completions', { ...hello, model: 'gone' }, bearer(token))
    expect(none.status).toBe(404)
    expect(await none.json()).toEqual({
      error: {
        message: expect.stringContaining('There is no model "gone"'),
        ...{ type: 'invalid_request_error', param: null, code: 'not_found' },
      },
    })
    at.fake.script(() => ({ status: 500, error: 'out of memory' }))
    const failed = await at.send('/chat/completions', { ...hello, stream: true }, bearer(token))
    expect(failed.status).toBe(502)
    expect(await failed.json()).toMatchObject({ error: { type: 'server_error', code: 'model_failed' } })
  })

  test('is told within the stream that the answer broke off', async () => {
    const { token } = await at.make()
    at.fake.script(() => ({ text: 'word '.repeat(20), piece: 5, streamError: 'the worker died' }))
    const answer = await at.send('/chat/completions', { ...hello, stream: true }, bearer(token))
    const said = await answer.text()
    expect(answer.status).toBe(200)
    expect(said).toContain('"code":"model_failed"')
    expect(said).not.toContain('[DONE]')
  })
})

test('its call is in the ledger with who asked, whom, and what it cost, but not what was said', async () => {
  const { token, view } = await at.make({ namespace: 'diary', name: 'phone' })
  at.fake.script(() => ({ text: 'a private answer', usage: { input: 20, output: 4 } }))
  await at.send(
    '/chat/completions',
    { ...hello, messages: [{ role: 'user', content: 'my words' }] },
    bearer(token),
  )
  const admin = await at.house.db.superuser()
  const { rows } = await admin.query(
    `select l.kind, l.principal, l.skill, l.outcome, b.body::text from castellan.ledger l
     join castellan.ledger_bodies b using (tenant_id, seq) where l.principal = '{caller:diary}' order by l.seq`,
  )
  expect(rows.map(({ kind, skill, outcome }) => [kind, skill, outcome])).toEqual([
    ['intent', 'model.generate', null],
    ['outcome', 'model.generate', 'done:success'],
  ])
  const bodies = rows.map(({ body }) => body).join()
  expect(bodies).toContain('"caller":"phone"')
  expect(bodies).toContain('model:talk')
  expect(bodies).toContain('"input_tokens":20')
  expect(bodies).not.toMatch(/private answer|my words|csc_/)
  const { callers } = (await (await at.own('/callers')).json()) as { callers: (typeof view)[] }
  expect(callers.find(({ id }) => id === view.id)).toMatchObject({
    tokens_today: 24,
    last_used_at: expect.any(String),
  })
})
