import { createHash } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { callSkill } from '../../testing/skill-call.ts'
import { failureOf } from './failure.ts'
import { fileList, fileRead, fileWrite } from './index.ts'
import { FakeFileLabels } from './store.fake.ts'
import { openWorkspaces } from './workspaces.ts'

const workspace = mkdtempSync(join(tmpdir(), 'castellan-files-'))
const workspaces = openWorkspaces(workspace)
const kept = new FakeFileLabels()
const read = fileRead(workspaces, kept)
const write = fileWrite(workspaces, kept)
const list = fileList(workspaces, kept)
beforeEach(() => {
  rmSync(workspace, { recursive: true, force: true })
  mkdirSync(workspace)
})
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

describe('file.write', () => {
  it('makes folders and file for the owner only', async () => {
    const { branch, value } = await callSkill(write, { path: 'notes/deep/a.md', text: 'hällo' })
    expect({ branch, value }).toEqual({
      branch: 'success',
      value: { path: 'notes/deep/a.md', bytes: 6, done: 'created' },
    })
    expect(readFileSync(join(workspace, 'notes/deep/a.md'), 'utf8')).toBe('hällo')
    expect(statSync(join(workspace, 'notes/deep/a.md')).mode & 0o777).toBe(0o600)
    expect(statSync(join(workspace, 'notes')).mode & 0o777).toBe(0o700)
  })

  it('leaves an existing file alone unless told to replace it', async () => {
    writeFileSync(join(workspace, 'a.md'), 'old')
    expect((await callSkill(write, { path: 'a.md', text: 'new' })).branch).toBe('exists')
    expect(readFileSync(join(workspace, 'a.md'), 'utf8')).toBe('old')
    expect((await callSkill(write, { path: 'a.md', text: 'new', replace: true })).value).toMatchObject({
      done: 'replaced',
    })
    expect(readFileSync(join(workspace, 'a.md'), 'utf8')).toBe('new')
  })

  it('does nothing when the file already says so, as after a repeated step', async () => {
    await callSkill(write, { path: 'a.md', text: 'same' })
    const before = statSync(join(workspace, 'a.md'))
    expect((await callSkill(write, { path: 'a.md', text: 'same' })).value).toMatchObject({
      done: 'unchanged',
    })
    expect(statSync(join(workspace, 'a.md')).ino).toBe(before.ino)
  })

  it('cleans up what the same step left behind when it was killed', async () => {
    const context = { run: 'r', step: 's' }
    const key = `.castellan-${createHash('sha256').update('r:s').digest('hex').slice(0, 24)}`
    // Killed between giving the file its name and taking the draft's away: two names, one file.
    writeFileSync(join(workspace, key), 'text')
    linkSync(join(workspace, key), join(workspace, 'a.md'))
    expect((await callSkill(write, { path: 'a.md', text: 'text' }, context)).value).toMatchObject({
      done: 'unchanged',
    })
    expect(readdirSync(workspace).sort()).toEqual(['a.md'])
    expect((await callSkill(read, { path: 'a.md' })).value).toMatchObject({ text: 'text' })
  })

  it('leaves no draft behind', async () => {
    await callSkill(write, { path: 'a.md', text: 'x' })
    await callSkill(write, { path: 'a.md', text: 'y', replace: true })
    expect(readdirSync(workspace)).toEqual(['a.md'])
  })

  it.each([
    ['ENOSPC', 'The disk is full'],
    ['EROFS', 'does not permit'],
    ['EIO', 'The file system failed'],
  ])('puts %s into words', (code, words) => {
    const error = failureOf(Object.assign(new Error(`${code}: /secret/path`), { code }))
    expect(error.message).toContain(words)
    expect(`${error.message} ${error.hint}`).not.toContain('/secret')
  })
})

describe('file.read', () => {
  it('returns text labelled as the file, for the owner and the models', async () => {
    mkdirSync(join(workspace, 'notes'))
    writeFileSync(join(workspace, 'notes/a.md'), 'héllo')
    const { branch, value, labels } = await callSkill(read, { path: 'notes/a.md' })
    expect(branch).toBe('success')
    expect(value).toMatchObject({
      path: 'notes/a.md',
      bytes: 6,
      text: 'héllo',
      truncated: false,
      next_start: null,
    })
    expect(labels).toEqual({
      '': { sources: ['file:notes/a.md'], readers: ['models', 'owner'] },
      '/path': { sources: ['owner'], readers: 'everyone' },
    })
  })

  it('reads a long file part by part', async () => {
    writeFileSync(join(workspace, 'a.md'), `${'a'.repeat(300)}${'b'.repeat(300)}`)
    const first = await callSkill(read, { path: 'a.md', max_characters: 300 })
    expect(first.value).toMatchObject({
      text: 'a'.repeat(300),
      truncated: true,
      next_start: 300,
      characters: 600,
    })
    const second = await callSkill(read, { path: 'a.md', start: 300, max_characters: 300 })
    expect(second.value).toMatchObject({ text: 'b'.repeat(300), truncated: false, next_start: null })
  })

  it('says when only the beginning of a huge file was read', async () => {
    writeFileSync(join(workspace, 'a.md'), 'ä'.repeat(1_500_000))
    const { branch, value } = await callSkill(read, { path: 'a.md', start: 999_990, max_characters: 200 })
    expect(branch).toBe('success')
    expect(value).toMatchObject({ bytes: 3_000_000, text: 'ä'.repeat(10), truncated: true })
  })

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x41])],
    ['NUL', Buffer.from('a\0b')],
  ])('says that %s are no text', async (_title, bytes) => {
    writeFileSync(join(workspace, 'a.bin'), bytes)
    expect((await callSkill(read, { path: 'a.bin' })).branch).toBe('not_text')
  })

  it('says when there is no such file', async () => {
    expect((await callSkill(read, { path: 'none.md' })).branch).toBe('not_found')
    expect((await callSkill(read, { path: 'none/none.md' })).branch).toBe('not_found')
  })

  it('says when the workspace is gone', async () => {
    rmSync(workspace, { recursive: true })
    await expect(callSkill(read, { path: 'a.md' })).rejects.toMatchObject({ code: 'outside_failed' })
  })
})

describe('file.list', () => {
  it('lists files and folders, not what is hidden, with foreign names', async () => {
    mkdirSync(join(workspace, 'notes'))
    writeFileSync(join(workspace, 'a.md'), 'abc')
    writeFileSync(join(workspace, '.hidden'), '')
    const { value, labels } = await callSkill(list, {})
    expect(value).toMatchObject({
      entries: [
        { name: 'a.md', kind: 'file', bytes: 3 },
        { name: 'notes', kind: 'folder' },
      ],
      left_out: 1,
    })
    expect(labels['']).toEqual({ sources: ['file:'], readers: ['models', 'owner'] })
  })

  it('stops at 500 entries and says so', async () => {
    for (let index = 0; index < 510; index++) writeFileSync(join(workspace, `${index}.md`), '')
    const { value } = await callSkill(list, {})
    expect(value).toMatchObject({ left_out: 10 })
    expect((value as { entries: unknown[] }).entries.length).toBe(500)
  })

  it('says when there is no such folder', async () => {
    expect((await callSkill(list, { path: 'none' })).branch).toBe('not_found')
  })
})
