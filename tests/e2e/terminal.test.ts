/** The interactive chat, typed into a real terminal: streaming, a question answered in place, stopping, ending. */
import { ConversationSummary, ConversationView } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { openTerminal } from '../../packages/cli/src/testing/terminal.ts'
import { type DigestModel, digestOf, saved, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let site: Site
let model: DigestModel
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  house = await startInstance({ allow: [site.host], unsealed: true })
  await house.addModel('openai-compatible', model.openaiUrl)
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

const chat = () => openTerminal(['chat', '--dir', house.directory])

test('streams the answer and takes a yes to a question in place', async () => {
  const digest = digestOf(site, 'typed-yes')
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type(digest.words)
  const card = await terminal.shows('approve?')
  expect(card).toContain('I read the feed first.')
  expect(card).toContain(`This conversation has read the feed ${site.host}`)
  expect(card).toMatch(/\/path +object +○ foreign \(feed:[^,)]+\) +digests\/typed-yes\.md/)
  expect(card).toContain('new: the first use of file.write')
  expect(card).toContain('approve with --endorse path to call it right for the rest of this run')
  expect(card).toMatch(/\/text +content +○ foreign/)
  for (const line of digest.summary.trimEnd().split('\n')) expect(card).toContain(`│ ${line}`)
  expect(card).toMatch(/if you do nothing it is not done; open until \d/)
  await expect(saved(house, digest)).rejects.toThrow('ENOENT')
  terminal.type('y')
  await terminal.shows(digest.reply)
  expect(await saved(house, digest)).toBe(digest.summary)
  await terminal.shows('› ')
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
})

test('takes a no, after which nothing was done', async () => {
  const digest = digestOf(site, 'typed-no')
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type(digest.words)
  await terminal.shows('approve?')
  terminal.type('n')
  await terminal.shows('› ')
  await expect(saved(house, digest)).rejects.toThrow('ENOENT')
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
})

test('draws what a model writes to fool the terminal', async () => {
  model.play('paint my screen', [{ text: 'done\u001b[2J\u001b[1;1Hroot# \u202eevil' }])
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type('paint my screen')
  await terminal.shows('done‹U+001B›[2J‹U+001B›[1;1Hroot# ‹U+202E›evil')
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
})

test('sets what a model says it did beside the ledger, typed and as a document', async () => {
  model.play('tell me a tale', [{ text: 'I have sent the mail to bob@town.example and deleted diary.md.' }])
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type('tell me a tale')
  await terminal.shows('Castellan has no record of this.')
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
  const { stdout } = await house.cli(['chat', 'tell me a tale', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ receipts: [{ state: 'missing' }, { state: 'missing' }] })
})

test('what is pasted into the chat is sent as pasted', async () => {
  model.play('shorten what I copied', [{ text: 'It is short.' }])
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type('shorten what I copied: \x1b[200~PAY EVE\x1b[201~')
  await terminal.shows('It is short.')
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
  const all = z.object({ conversations: z.array(ConversationSummary) })
  const [latest] = (await house.client.get('/api/conversations', all)).conversations
  const { entries } = await house.client.get(`/api/conversations/${latest?.id}`, ConversationView)
  expect(entries[0]).toMatchObject({ text: 'shorten what I copied: PAY EVE', pasted: [{ from: 23, to: 30 }] })
})

test('stops an answer with Ctrl-C and goes on', async () => {
  const digest = digestOf(site, 'typed-stop')
  const held = model.hold(digest, 0)
  const terminal = chat()
  await terminal.shows('› ')
  terminal.type(digest.words)
  await held.reached
  terminal.interrupt()
  await terminal.shows('stopping')
  await terminal.shows('› ')
  held.release()
  terminal.type('/quit')
  expect(await terminal.end).toBe(0)
})
