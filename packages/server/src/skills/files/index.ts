/** `file.read`, `file.write` and `file.list`: the agent's own folder. What lies in it is foreign, whoever put it there. */
import type { Label } from '@castellan/contracts'
import { label, systemLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, skill } from '../../invoke/index.ts'
import { excerpt, isStorable, storableText } from '../reading/text.ts'
import { parsePath } from './path.ts'
import { listWorkspaceFolder, maxReadBytes, readWorkspaceFile, writeWorkspaceFile } from './workspace.ts'

const Path = z.string().max(2_000)
const ReadArgs = z.strictObject({
  path: Path.min(1).describe('Path inside the workspace, e.g. notes/today.md.'),
  start: z
    .int()
    .min(0)
    .max(maxReadBytes)
    .default(0)
    .describe('Character to begin at; next_start of an earlier answer.'),
  max_characters: z.int().min(200).max(100_000).default(16_000).describe('Longest text to return.'),
})
const WriteArgs = z.strictObject({
  path: Path.min(1).describe('Path inside the workspace, e.g. notes/today.md; folders are made as needed.'),
  text: z
    .string()
    .max(1_000_000)
    .refine(isStorable, 'use plain text')
    .describe('The whole content of the file.'),
  replace: z
    .boolean()
    .default(false)
    .describe('Whether an existing file with other content may be replaced.'),
})
const ListArgs = z.strictObject({
  path: Path.default('').describe('Folder inside the workspace; the workspace itself when empty.'),
})

/** The label of what lies at a path: anyone may have written it, and it stays with the owner and the owner's models. */
function fileLabel(names: readonly string[]): Label {
  return label([`file:${names.join('/')}`], ['models', 'owner'])
}

/** Makes `file.read` over the workspace folder. */
export function fileRead(root: string): AnySkill {
  return skill<z.infer<typeof ReadArgs>>({
    name: 'file.read',
    summary: 'Read a text file from the workspace.',
    effect: 'read',
    args: ReadArgs,
    roles: { path: 'object', start: 'option', max_characters: 'option' },
    output: ({ path }) => fileLabel(parsePath(path)),
    // The name of a file and what it holds are whoever's put it there; its size and age are not.
    platform: ['/bytes', '/modified'],
    branches: ['success', 'not_found', 'not_text'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    breaker: ({ path }) => `file.read ${path}`,
    says: ({ path }) => `read the file ${path}`,
    async run({ path, start, max_characters }) {
      const names = parsePath(path)
      const labels = { '': fileLabel(names) }
      const found = await readWorkspaceFile(root, names)
      if (found === null) return { branch: 'not_found', value: { path: names.join('/') }, labels }
      const facts = { path: names.join('/'), bytes: found.size, modified: found.modified.toISOString() }
      const whole = textOf(found.bytes, found.bytes.length < found.size)
      if (whole === null) return { branch: 'not_text', value: facts, labels }
      const part = excerpt(whole, start, max_characters)
      const truncated = part.truncated || found.bytes.length < found.size
      return { branch: 'success', value: { ...facts, ...part, truncated }, labels }
    },
  })
}

/** Makes `file.write` over the workspace folder. */
export function fileWrite(root: string): AnySkill {
  return skill<z.infer<typeof WriteArgs>>({
    name: 'file.write',
    summary: 'Write a text file in the workspace, whole.',
    effect: 'write',
    args: WriteArgs,
    roles: { path: 'object', text: 'content', replace: 'option' },
    output: () => systemLabel,
    branches: ['success', 'exists', 'is_a_folder'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 30,
    breaker: ({ path }) => `file.write ${path}`,
    says: ({ path, text, replace }) =>
      `write ${text.length} characters to the file ${path}${replace ? ', replacing what is there' : ''}`,
    async run({ path, text, replace }, { idempotencyKey }) {
      const names = parsePath(path)
      const content = Buffer.from(text)
      const done = await writeWorkspaceFile(root, names, content, { replace, key: idempotencyKey })
      const branch = done === 'exists' ? 'exists' : done === 'folder' ? 'is_a_folder' : 'success'
      const value = { path: names.join('/'), bytes: content.length, done }
      // The path was an argument, and the rest is our own word on what happened.
      return { branch, value, labels: { '': systemLabel } }
    },
  })
}

/** Makes `file.list` over the workspace folder. */
export function fileList(root: string): AnySkill {
  return skill<z.infer<typeof ListArgs>>({
    name: 'file.list',
    summary: 'List a folder of the workspace.',
    effect: 'read',
    args: ListArgs,
    roles: { path: 'object' },
    output: ({ path }) => fileLabel(parsePath(path)),
    platform: ['/entries/*/kind', '/entries/*/bytes', '/entries/*/modified', '/left_out'],
    branches: ['success', 'not_found'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    breaker: ({ path }) => `file.list ${path}`,
    says: ({ path }) => (path === '' ? 'list the workspace' : `list the folder ${path}`),
    async run({ path }) {
      const names = parsePath(path)
      const labels = { '': fileLabel(names) }
      const found = await listWorkspaceFolder(root, names)
      if (found === null) return { branch: 'not_found', value: { path: names.join('/') }, labels }
      const entries = found.entries.map(({ name, kind, bytes, modified }) => ({
        name: storableText(name),
        kind,
        bytes,
        modified: modified.toISOString(),
      }))
      return { branch: 'success', value: { path: names.join('/'), entries, left_out: found.leftOut }, labels }
    },
  })
}

/** UTF-8 text, or null for anything else. Where only the beginning was read, half a character at its end is left out. */
function textOf(bytes: Buffer, cut: boolean): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut })
  } catch {
    return null
  }
}
