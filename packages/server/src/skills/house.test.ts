/** The skills that stay in the house (memory, notices, time), and what all declarations have in common. */
import { randomUUID } from 'node:crypto'
import { label } from '@castellan/kernel'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { AnySkill } from '../invoke/index.ts'
import { testDatabase } from '../testing/database.ts'
import { callSkill } from '../testing/skill-call.ts'
import { builtinSkills, createReader, openWorkspaces } from './index.ts'

const db = await testDatabase()
const reader = createReader()
afterAll(() => Promise.all([db.close(), reader.close()]))
const all = builtinSkills({
  egress: { request: () => Promise.reject(new Error('there is no network here')) },
  reader,
  database: db.database,
  workspaces: openWorkspaces('/nonexistent'),
  now: () => new Date('2026-11-21T23:30:05.000Z'),
  timeZone: () => 'Europe/Berlin',
  memoryScope: (persona) => (persona === 'twin' ? 'default' : persona),
})
const named = (name: string) => all.find((skill) => skill.name === name) as AnySkill

describe('the declarations', () => {
  it('are these, with these effects', () => {
    expect(Object.fromEntries(all.map((skill) => [skill.name, `${skill.effect}, ${skill.repeat}`]))).toEqual({
      'web.fetch': 'read, safe',
      'feed.fetch': 'read, safe',
      'http.post': 'send, never',
      'file.read': 'read, safe',
      'file.write': 'write, safe',
      'file.list': 'read, safe',
      'memory.save': 'write, keyed',
      'memory.search': 'read, safe',
      'owner.notify': 'write, keyed',
      'time.now': 'read, safe',
      'sealed.reveal': 'read, safe',
      'sealed.ask': 'read, safe',
    })
  })

  it.each(all.map((skill) => [skill.name, skill] as const))(
    '%s can be shown to a model and is strict',
    (_name, skill) => {
      const schema = z.toJSONSchema(skill.args, { io: 'input' })
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        expect(property, name).toMatchObject({ description: expect.stringMatching(/\.$/) })
        expect(Object.keys(skill.roles)).toContain(name)
      }
      expect(skill.args.safeParse({ unknown: 1 }).success).toBe(false)
    },
  )

  it.each([
    ['web.fetch', { url: 'https://e.test/\0' }],
    ['http.post', { url: 'https://e.test/', body: 'a\0' }],
    ['http.post', { url: 'https://e.test/', body: '\ud800' }],
    ['file.write', { path: 'a.md', text: 'a\0' }],
    ['memory.search', { query: 'a\0' }],
    ['owner.notify', { text: '\udfff' }],
  ])('%s takes no text that PostgreSQL cannot store', (name, args) => {
    expect(named(name).args.safeParse(args).success).toBe(false)
  })

  it('only those that visit the web reach anybody outside', () => {
    const reaching = all.filter((skill) => skill.leaves !== undefined).map((skill) => skill.name)
    expect(reaching).toEqual(['web.fetch', 'feed.fetch', 'http.post'])
  })
})

describe('memory.save and memory.search', () => {
  const save = named('memory.save')
  const search = named('memory.search')
  const as = (persona: string) => ({ principal: ['owner', `agent:${persona}`] })
  const texts = (result: { value: unknown }) =>
    (result.value as { items: { text: string }[] }).items.map((item) => item.text)

  it('keep the label of the text, item by item', async () => {
    const foreign = label(['web:evil.test'], ['owner'])
    await callSkill(
      save,
      { text: 'kiwi from a page' },
      { labels: { '': label(['owner']), '/text': foreign } },
    )
    await callSkill(save, { text: 'kiwi from the owner' })
    const { branch, value, labels } = await callSkill(search, { query: 'kiwi' })
    expect(branch).toBe('success')
    const at = texts({ value }).indexOf('kiwi from a page')
    expect(labels[`/items/${at}`]).toEqual(foreign)
    expect(labels[`/items/${1 - at}`]).toEqual({ sources: ['owner'], readers: 'everyone' })
  })

  it('keep personas apart unless they share a memory', async () => {
    await callSkill(save, { text: 'mango for one' }, as('other'))
    await callSkill(save, { text: 'mango for both' }, as('default'))
    expect(texts(await callSkill(search, { query: 'mango' }, as('other')))).toEqual(['mango for one'])
    expect(texts(await callSkill(search, { query: 'mango' }, as('twin')))).toEqual(['mango for both'])
    expect((await callSkill(search, { query: 'mango' }, { principal: ['owner'] })).branch).toBe(
      'nothing_found',
    )
  })

  it('save once when the step is repeated', async () => {
    const step = { run: randomUUID() }
    const first = await callSkill(save, { text: 'papaya' }, step)
    expect(await callSkill(save, { text: 'papaya' }, step)).toEqual(first)
    expect(texts(await callSkill(search, { query: 'papaya' }))).toEqual(['papaya'])
  })

  it.each(['', '   ', 'a\0b', '\ud800', 'x'.repeat(8_001)])('refuse %j', async (text) => {
    await expect(callSkill(save, { text })).rejects.toThrow()
  })
})

describe('owner.notify', () => {
  it('puts one notice into the outbox, however often the step is repeated', async () => {
    const step = { run: randomUUID(), labels: { '': label(['web:e.test']) } }
    const before = await outbox()
    await callSkill(named('owner.notify'), { text: 'The feed is empty.' }, step)
    await callSkill(named('owner.notify'), { text: 'The feed is empty.' }, step)
    const rows = (await outbox()).slice(before.length)
    expect(rows).toEqual([
      {
        channel: 'web',
        external_key: `${step.run}:1`,
        state: 'ready',
        body: {
          kind: 'notice',
          text: 'The feed is empty.',
          run: step.run,
          label: { sources: ['web:e.test'], readers: 'everyone' },
          to: 'owner',
        },
      },
    ])
  })

  const outbox = () =>
    db.database
      .as(db.tenant)
      .selectFrom('castellan.outbox')
      .select(['channel', 'external_key', 'state', 'body'])
      .orderBy('created_at')
      .execute()
})

describe('time.now', () => {
  const tell = (args: object) => callSkill(named('time.now'), { ...args })

  it("tells the time in the owner's zone, with offset and weekday", async () => {
    expect(await tell({})).toEqual({
      branch: 'success',
      value: {
        utc: '2026-11-21T23:30:05.000Z',
        timezone: 'Europe/Berlin',
        local: '2026-11-22T00:30:05+01:00',
        weekday: 'Sunday',
      },
      labels: {
        '': { sources: ['system'], readers: 'everyone' },
        '/timezone': { sources: ['system'], readers: 'everyone' },
      },
    })
  })

  it.each([
    ['UTC', '2026-11-21T23:30:05+00:00'],
    ['Asia/Kathmandu', '2026-11-22T05:15:05+05:45'],
    ['America/New_York', '2026-11-21T18:30:05-05:00'],
  ])('tells the time in %s', async (timezone, local) => {
    expect((await tell({ timezone })).value).toMatchObject({ timezone, local })
  })

  it.each(['Mars/Olympus', '', '../etc'])('knows no zone %j', async (timezone) => {
    await expect(tell({ timezone })).rejects.toThrow('Europe/Berlin')
  })
})
