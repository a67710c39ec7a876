/** A model obeys somebody and names a file outside the workspace, or finds a link that leads there. */
import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { fileList, fileRead, fileWrite } from '../../packages/server/src/skills/files/index.ts'
import { FakeFileLabels } from '../../packages/server/src/skills/files/store.fake.ts'
import { openWorkspaces } from '../../packages/server/src/skills/files/workspaces.ts'
import { callSkill } from '../../packages/server/src/testing/skill-call.ts'

const kept = new FakeFileLabels()
const house = mkdtempSync(join(tmpdir(), 'castellan-house-'))
const workspace = join(house, 'workspace')
const workspaces = openWorkspaces(workspace)
const secret = join(house, '.env.secrets')
const read = (path: string) => callSkill(fileRead(workspaces, kept), { path })
const list = (path: string) => callSkill(fileList(workspaces, kept), { path })
const write = (path: string, text = 'owned', replace = true) =>
  callSkill(fileWrite(workspaces, kept), { path, text, replace })

beforeEach(() => {
  rmSync(house, { recursive: true, force: true })
  mkdirSync(join(workspace, 'notes'), { recursive: true })
  mkdirSync(join(house, 'elsewhere'))
  writeFileSync(secret, 'ADMIN_PASSWORD=canary')
  writeFileSync(join(house, 'elsewhere', 'private.md'), 'canary')
  writeFileSync(join(workspace, 'notes', 'a.md'), 'mine')
})
afterAll(() => rmSync(house, { recursive: true, force: true }))

function outside(): string[] {
  return readdirSync(house, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('workspace'))
    .sort()
}
const untouched = ['.env.secrets', 'elsewhere', 'elsewhere/private.md']

describe('a path', () => {
  const paths = [
    '../.env.secrets',
    '..',
    'notes/../../.env.secrets',
    'notes/..',
    './notes/a.md',
    '/etc/passwd',
    '//etc/passwd',
    secret,
    '~/x',
    '~root/x',
    'C:\\Windows\\x',
    'c:/x',
    '..\\.env.secrets',
    'notes\\a.md',
    'notes//a.md',
    'notes/a.md\0.txt',
    'notes/a\nb.md',
    'notes/\u202egnp.md',
    'notes/a\u200b.md',
    '.env',
    '.ENV',
    'notes/.git/hooks/pre-commit',
    ' notes/a.md',
    'notes /a.md',
    '\u2025/\u2025/x/..',
    'a/'.repeat(40),
    'x'.repeat(300),
    '\ud800.md',
  ]
  it.each(paths)('%j is refused by read, write and list', async (path) => {
    await expect(read(path)).rejects.toMatchObject({ code: 'path_refused' })
    await expect(write(path)).rejects.toMatchObject({ code: 'path_refused' })
    await expect(list(path)).rejects.toMatchObject({ code: 'path_refused' })
    expect(outside()).toEqual(untouched)
  })

  it.each([
    ['notes/../../x', 'leads out of its folder'],
    ['/etc/passwd', 'not relative to the workspace'],
    ['.env', 'something hidden'],
  ])('%s is refused with the reason', async (path, reason) => {
    await expect(read(path)).rejects.toThrow(reason)
  })

  it.each(['%2e%2e/.env.secrets', '..%2f.env.secrets', '．．/.env.secrets'])(
    '%j is an ordinary name, not a way out',
    async (path) => {
      const found = await read(path).catch((error: { code: string }) => ({ branch: error.code }))
      expect(['not_found', 'path_refused']).toContain(found.branch)
    },
  )
})

describe('a symbolic link', () => {
  it('to a file is neither read nor followed by a write', async () => {
    symlinkSync(secret, join(workspace, 'link.md'))
    await expect(read('link.md')).rejects.toMatchObject({ code: 'path_refused' })
    await write('link.md')
    expect(readFileSync(secret, 'utf8')).toBe('ADMIN_PASSWORD=canary')
    expect(readFileSync(join(workspace, 'link.md'), 'utf8')).toBe('owned')
  })

  it('to nowhere does not create its target', async () => {
    symlinkSync(join(house, 'elsewhere', 'new.md'), join(workspace, 'link.md'))
    await write('link.md')
    expect(outside()).toEqual(untouched)
  })

  it.each([
    ['absolute', () => join(house, 'elsewhere')],
    ['relative', () => '../elsewhere'],
    ['to the workspace itself', () => workspace],
  ])('to a folder is not walked (%s)', async (_title, target) => {
    symlinkSync(target(), join(workspace, 'door'))
    await expect(read('door/private.md')).rejects.toMatchObject({ code: 'path_refused' })
    await expect(write('door/new.md')).rejects.toMatchObject({ code: 'path_refused' })
    await expect(write('door/deep/new.md')).rejects.toMatchObject({ code: 'path_refused' })
    await expect(list('door')).rejects.toMatchObject({ code: 'path_refused' })
    expect(outside()).toEqual(untouched)
  })

  it('is not listed', async () => {
    symlinkSync(secret, join(workspace, 'notes', 'link.md'))
    const { value } = await list('notes')
    expect(value).toMatchObject({ entries: [{ name: 'a.md', kind: 'file' }], left_out: 1 })
  })
})

describe('a hard link', () => {
  it('to a file outside is not read, and a write leaves the other name alone', async () => {
    linkSync(secret, join(workspace, 'hard.md'))
    await expect(read('hard.md')).rejects.toMatchObject({ code: 'path_refused' })
    await write('hard.md')
    expect(readFileSync(secret, 'utf8')).toBe('ADMIN_PASSWORD=canary')
  })

  it('does not reveal by "unchanged" what the other file holds', async () => {
    linkSync(secret, join(workspace, 'hard.md'))
    const guess = await write('hard.md', 'ADMIN_PASSWORD=canary', false)
    const other = await write('hard.md', 'ADMIN_PASSWORD=parrot', false)
    expect(guess.branch).toBe('exists')
    expect(other.branch).toBe('exists')
  })
})

describe('a special file', () => {
  it('a named pipe neither blocks a read nor gets a write', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')])
    await expect(read('pipe')).rejects.toMatchObject({ code: 'path_refused' })
    expect((await write('pipe', 'x', false)).branch).toBe('exists')
    expect((await list('')).value).toMatchObject({ entries: [{ name: 'notes' }], left_out: 1 })
  })

  it('a socket is refused', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(workspace, 'socket'), resolve))
    await expect(read('socket')).rejects.toMatchObject({ code: 'path_refused' })
    server.close()
  })

  it('a folder is not a file', async () => {
    expect((await read('notes')).branch).toBe('not_found')
    expect((await write('notes')).branch).toBe('is_a_folder')
    await expect(read('notes/a.md/b.md')).rejects.toMatchObject({ code: 'path_refused' })
  })
})
