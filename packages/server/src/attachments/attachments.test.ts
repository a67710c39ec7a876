import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fileLabels, openWorkspaces } from '../skills/index.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { type Attachments, openAttachments, unsentMs } from './index.ts'
import { endingOf, shownName } from './name.ts'
import { reserve } from './store.ts'

let db: TestDatabase
let inbox: Attachments
let now = new Date()
let recorded: string[] = []
const workspace = mkdtempSync(join(tmpdir(), 'castellan-inbox-'))
beforeAll(async () => {
  db = await testDatabase()
  inbox = openAttachments({
    ...{ database: db.database, labels: fileLabels(db.database), now: () => now },
    workspaces: openWorkspaces(workspace),
    record: async (_handle, what, { path }) => void recorded.push(`${what} ${String(path)}`),
  })
})
afterAll(async () => {
  await db.close()
  rmSync(workspace, { recursive: true, force: true })
})
beforeEach(async () => {
  rmSync(workspace, { recursive: true, force: true })
  mkdirSync(workspace)
  await db.database.as(db.tenant).deleteFrom('castellan.attachments').execute()
  now = new Date('2026-11-22T09:00:00Z')
  recorded = []
})

const store = (name: string, content = `content of ${name}`) =>
  inbox.store(ownerIdentity, { name, content: Buffer.from(content) })
const run = crypto.randomUUID()
const claim = (...paths: string[]) =>
  db.database
    .as(db.tenant)
    .transaction()
    .execute((handle) => inbox.claim(ownerIdentity, handle, run, paths))
const text = (path: string) => readFileSync(join(workspace, path), 'utf8')
const later = () => {
  now = new Date(Date.now() + unsentMs + 60_000)
}

describe('an uploaded file', () => {
  test('lies in the inbox under a name of ours, labelled as pasted, and is recorded', async () => {
    const { path, name, bytes } = await store('../Minutes of May.MD')
    expect({ path, name, bytes }).toEqual({
      path: 'inbox/2026-11-22-1.md',
      name: 'Minutes of May.MD',
      bytes: 31,
    })
    expect(text(path)).toBe('content of ../Minutes of May.MD')
    const label = await fileLabels(db.database).ofText(db.tenant, path, readFileSync(join(workspace, path)))
    expect(label).toEqual({ sources: ['pasted'], readers: ['models', 'owner'] })
    expect(recorded).toEqual([`stored ${path}`])
  })

  test('never takes the place of another, whoever put that there and whatever is in it', async () => {
    mkdirSync(join(workspace, 'inbox'))
    writeFileSync(join(workspace, 'inbox/2026-11-22-1.txt'), 'same')
    symlinkSync(join(workspace, 'elsewhere'), join(workspace, 'inbox/2026-11-22-2.txt'))
    writeFileSync(join(workspace, 'inbox/2026-11-22-3.txt'), 'theirs')
    const stored = await Promise.all(['a.txt', 'b.txt', 'c.txt', 'd.txt'].map((name) => store(name, 'same')))
    expect(stored.map(({ path }) => path).sort()).toEqual(
      [4, 5, 6, 7].map((n) => `inbox/2026-11-22-${n}.txt`),
    )
    expect(text('inbox/2026-11-22-3.txt')).toBe('theirs')
    expect(existsSync(join(workspace, 'elsewhere'))).toBe(false)
  })

  test('goes nowhere while the inbox is a link', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'castellan-outside-'))
    symlinkSync(outside, join(workspace, 'inbox'))
    await expect(store('a.txt')).rejects.toMatchObject({ code: 'path_refused' })
    expect(readdirSync(outside)).toEqual([])
    rmSync(outside, { recursive: true })
  })
})

describe('a message', () => {
  test('takes its files once, and no other message gets them', async () => {
    const [a, b] = [await store('a.txt'), await store('b.txt')]
    expect(await claim(b.path, a.path)).toEqual([b, a])
    await expect(claim(a.path)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('is refused files that were never uploaded, or not to their end, and then takes none', async () => {
    const a = await store('a.txt')
    const [byHand, cutOff] = ['inbox/2026-11-22-9.txt', 'inbox/2026-11-22-8.txt']
    writeFileSync(join(workspace, byHand), 'put there by hand')
    // As a crash leaves it: the file lies there, its label was not yet written.
    writeFileSync(join(workspace, cutOff), 'half')
    const content = createHash('sha256').update('half').digest('hex')
    await reserve(db.tenant, db.database, { path: cutOff, name: 'x', bytes: 4, content })
    for (const path of [byHand, cutOff, 'inbox/2026-11-22-7.txt'])
      await expect(claim(a.path, path)).rejects.toMatchObject({ code: 'not_found' })
    expect(await claim(a.path)).toHaveLength(1)
  })

  test('is refused files that are gone, changed, or links by now', async () => {
    const [gone, changed, linked] = [await store('a.txt'), await store('b.txt'), await store('c.txt')]
    rmSync(join(workspace, gone.path))
    writeFileSync(join(workspace, changed.path), 'something else')
    rmSync(join(workspace, linked.path))
    symlinkSync('/etc/hostname', join(workspace, linked.path))
    await expect(claim(gone.path)).rejects.toMatchObject({ code: 'not_found' })
    await expect(claim(changed.path)).rejects.toMatchObject({ code: 'not_found' })
    await expect(claim(linked.path)).rejects.toMatchObject({ code: 'path_refused' })
  })
})

describe('after a day', () => {
  test('what was never sent is removed, and what was sent stays', async () => {
    const [sent, unsent] = [await store('a.txt'), await store('b.txt')]
    await claim(sent.path)
    await inbox.clear(db.tenant)
    expect(existsSync(join(workspace, unsent.path))).toBe(true)
    later()
    await inbox.clear(db.tenant)
    expect(readdirSync(join(workspace, 'inbox'))).toEqual([sent.path.slice('inbox/'.length)])
    expect(recorded.at(-1)).toBe(`removed ${unsent.path}`)
    await expect(claim(unsent.path)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('what the owner changed meanwhile stays, and a crash in the middle leaves nothing behind', async () => {
    const changed = await store('a.txt')
    writeFileSync(join(workspace, changed.path), 'my own now')
    const linked = await store('b.txt')
    rmSync(join(workspace, linked.path))
    symlinkSync(join(workspace, changed.path), join(workspace, linked.path))
    await reserve(db.tenant, db.database, {
      path: 'inbox/2026-11-22-8.txt',
      name: 'x',
      bytes: 1,
      content: '',
    })
    later()
    await inbox.clear(db.tenant)
    expect(text(changed.path)).toBe('my own now')
    expect(await db.database.as(db.tenant).selectFrom('castellan.attachments').selectAll().execute()).toEqual(
      [],
    )
  })
})

describe('a name', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\eve\\x.txt', 'x.txt'],
    ['a\0b.txt', 'ab.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\u200b\u{e0041}\n b.txt', 'a b.txt'],
    ['..', '..'],
    ['.env', '.env'],
    ['con', 'con'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['\ud800.md', '.md'],
    ['   ', 'file'],
    ['', 'file'],
  ])('%j is shown as %j', (given, shown) => {
    expect(shownName(given)).toBe(shown)
  })

  test('of 5,000 characters is shown short', () => {
    expect([...shownName('😀'.repeat(5_000))]).toHaveLength(120)
  })

  test('gives an ending only of those that the house knows', () => {
    const names = ['a.PDF', 'a.tar.gz', 'a.obey', 'a.ign', '.env', 'con', 'x.txt.', 'x.md\u202e']
    expect(names.map(endingOf)).toEqual(['pdf', 'bin', 'bin', 'bin', 'bin', 'bin', 'bin', 'bin'])
  })
})
