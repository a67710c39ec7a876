/** A disk that fills up under a running house: said in words, nothing lost, and all goes on when there is room again. */
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ConversationView, LedgerVerification } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { approve, type DigestModel, digestOf, saved, send, startDigestModel } from './digest.ts'
import { canMount, type Instance, mountTmpfs, showWhenFailed, startInstance, until } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

describe.runIf(canMount())('a full disk', () => {
  let site: Site
  let model: DigestModel
  let house: Instance
  showWhenFailed(() => house)
  beforeAll(async () => {
    site = await startSite()
    model = await startDigestModel(site)
    house = await startInstance({ allow: [site.host], unsealed: true, tmpfs: '240m' })
    await house.addModel('openai-compatible', model.openaiUrl)
  })
  afterAll(async () => {
    await house?.close()
    await Promise.all([model?.close(), site?.close()])
  })

  test('in the workspace: the file is not written, not even half, and the model is told why', async () => {
    mountTmpfs(house.workspace, '64k')
    const words = 'Write a long file.'
    const long = { path: 'long.md', text: 'line\n'.repeat(40_000) }
    model.play(words, [{ toolCalls: [{ name: 'file_write', args: long }] }, { text: 'The disk is full.' }])
    const result = await house.result((await send(house, words)).run)
    expect(result).toMatchObject({ reply: 'The disk is full.', run: { state: 'done' } })
    const told = model.requests.find(({ said, step }) => said === words && step === 1)
    expect(told?.messages.at(-1)?.text).toMatch(/^Failed: .*(disk|space).*full|full.*(disk|space)/i)
    expect(await readdir(house.workspace)).toEqual([])
    const digest = digestOf(site, 'small')
    const { run } = await send(house, digest.words)
    await approve(house, run)
    expect((await house.result(run)).reply).toBe(digest.reply)
    expect(await saved(house, digest)).toBe(digest.summary)
  })

  test('under the database: refused in words, nothing lost, and on with it when there is room', async () => {
    const asked = digestOf(site, 'asked-before')
    const { run, conversation } = await send(house, asked.words)
    await house.result(run, 'question')
    const thinking = digestOf(site, 'thinking-then')
    const held = model.hold(thinking, 1)
    const second = await send(house, thinking.words)
    await held.reached

    const filler = join(house.directory, 'filler')
    await fill(filler)
    // PostgreSQL lives for a while on what it has reserved; then it says so.
    const refusal = await until(async () => {
      const text = `Still there? ${'x'.repeat(9_000)}`
      const failed = await send(house, text).then(
        () => null,
        (error: { code: string; message: string }) => error,
      )
      await fill(filler)
      if (failed === null) throw new Error('there is still room')
      return failed
    }, 60_000)
    expect(refusal).toMatchObject({ code: 'database_unavailable' })
    expect(refusal).toMatchObject({ message: expect.stringMatching(/disk is full|cannot be reached/) })
    held.release()
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)

    await rm(filler)
    await until(async () => expect((await fetch(`${house.url}/readyz`)).status).toBe(200), 60_000)
    await until(() => approve(house, run), 30_000)
    expect(await house.result(run)).toMatchObject({ reply: asked.reply, run: { state: 'done' } })
    await until(() => approve(house, second.run), 30_000)
    expect(await house.result(second.run)).toMatchObject({ reply: thinking.reply, run: { state: 'done' } })
    expect((await house.result((await send(house, 'All well?')).run)).reply).toBe('OK')
    const { entries } = await house.client.get(`/api/conversations/${conversation}`, ConversationView)
    expect(entries.filter(({ kind }) => kind === 'owner')).toHaveLength(1)
    expect(await house.client.get('/api/ledger/verify', LedgerVerification)).toMatchObject({ ok: true })
  })

  test('under the database’s own log: PostgreSQL gives up, and is started again until it can', async () => {
    const digest = digestOf(site, 'log-full')
    const { run } = await send(house, digest.words)
    await house.result(run, 'question')
    const filler = join(house.directory, 'filler')
    await fill(filler)
    const database = await house.database()
    const log = "select pg_logical_emit_message(true, 'filler', repeat('x', 1000000))"
    // It ends the connection with itself when it cannot write its log any more.
    for (let full = false; !full; ) {
      full = await database.query(log).then(
        () => false,
        () => true,
      )
      await fill(filler)
    }
    await until(async () => expect((await fetch(`${house.url}/readyz`)).status).toBe(503), 30_000)
    const refused = await approve(house, run).catch((error) => error)
    expect(refused).toMatchObject({ code: 'database_unavailable' })
    await until(() => expect(house.said()).toMatch(/did not start: the disk is full/), 30_000)

    await rm(filler)
    await until(async () => expect((await fetch(`${house.url}/readyz`)).status).toBe(200), 60_000)
    await until(() => approve(house, run), 30_000)
    expect(await house.result(run)).toMatchObject({ reply: digest.reply, run: { state: 'done' } })
    expect(await house.client.get('/api/ledger/verify', LedgerVerification)).toMatchObject({ ok: true })
  })
})

/** Takes all the room there is. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a')
  try {
    for (const size of [1_000_000, 100_000, 4_096]) {
      const chunk = Buffer.alloc(size)
      while (await file.write(chunk).then(({ bytesWritten }) => bytesWritten === size, isFull));
    }
  } finally {
    await file.close()
  }
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOSPC') return false
  throw error
}
