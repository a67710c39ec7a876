/** A program that sends a secret of the vault to a model, by mistake or not: whole, encoded, in whatever field, or in parts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, type CallersHouse, hello, openCallersHouse } from './callers-house.ts'

let at: CallersHouse
beforeAll(async () => {
  at = await openCallersHouse()
})
afterAll(() => at.close())

const chat = '/chat/completions'

describe('secrets of the vault', () => {
  const secret = 'correct-horse-battery-staple-7261'
  beforeAll(() => at.vault.set(at.house.db.tenant, 'BANK_PASSWORD', 'password', secret))

  const message = (content: string) => ({ ...hello, messages: [{ role: 'user', content }] })
  const smuggled: [string, object][] = [
    ['in a message', message(`log in with ${secret}`)],
    ['in base64', message(Buffer.from(secret).toString('base64'))],
    ['in the instructions', { ...hello, messages: [{ role: 'system', content: secret }, ...hello.messages] }],
    ['in a stop word', { ...hello, stop: [secret] }],
    [
      'in a schema',
      {
        ...hello,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'string', description: secret } },
        },
      },
    ],
  ]
  test.each(smuggled)('do not leave %s', async (_how, request) => {
    const { token } = await at.make()
    const before = at.fake.requests.length
    const answer = await at.send(chat, request, bearer(token))
    expect(answer.status).toBe(403)
    expect(await answer.text()).not.toContain(secret)
    expect(at.fake.requests).toHaveLength(before)
  })

  test('do not leave as a text to embed', async () => {
    const { token } = await at.make({ models: ['embedding'] })
    const answer = await at.send('/embeddings', { model: 'embedding', input: ['a', secret] }, bearer(token))
    expect(answer.status).toBe(403)
  })

  test('do not leave in parts over several calls', async () => {
    const { token } = await at.make()
    const parts = secret.match(/.{1,11}/g) ?? []
    const statuses: number[] = []
    for (const part of parts)
      statuses.push((await at.send(chat, message(`and ${part}`), bearer(token))).status)
    expect(statuses).toContain(403)
  })
})
