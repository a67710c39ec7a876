/**
 * `file.read`, `file.write` and `file.list`: the agent's own folder. What a skill wrote there keeps the label it was written
 * with; anything else is foreign, whoever put it there.
 */
import type { FieldLabels, Label } from '@castellan/contracts'
import { foreignSources, join, joinAll, label, labelAt, systemLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, skill } from '../../invoke/index.ts'
import { inCharacters } from '../count.ts'
import { excerpt, isStorable, storableText } from '../reading/text.ts'
import { parsePath } from './path.ts'
import type { FileLabels } from './store.ts'
import { listWorkspaceFolder, maxReadBytes, readWorkspaceFile, writeWorkspaceFile } from './workspace.ts'
import type { Workspaces } from './workspaces.ts'

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

/** Whatever lies in the workspace stays with the owner and the owner's models. */
const housebound: Label = label([], ['models', 'owner'])

/** The label of what lies at a path and was not written by a skill: anyone may have put it there. */
function fileLabel(names: readonly string[]): Label {
  return join(label([`file:${names.join('/')}`]), housebound)
}

/** Makes `file.read` over the workspaces. */
export function fileRead(workspaces: Workspaces, kept: FileLabels): AnySkill {
  return skill<z.infer<typeof ReadArgs>>({
    name: 'file.read',
    summary: 'Read a text file from the workspace.',
    effect: 'read',
    args: ReadArgs,
    roles: { path: 'object', start: 'option', max_characters: 'option' },
    output: ({ path }) => fileLabel(parsePath(path)),
    // The name of a file and what it holds are whoever's put it there; its size and age are not.
    platform: ['/bytes', '/modified'],
    shape: ['/path', '/text', '/characters', '/truncated', '/next_start'],
    branches: ['success', 'not_found', 'not_text'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    breaker: ({ path }) => `file.read ${path}`,
    says: ({ path }) => `read the file ${path}`,
    async run({ path, start, max_characters }, context) {
      const names = parsePath(path)
      const echo = labelAt(context.labels, '/path')
      const { root, key } = await workspaces(context.principal)
      const found = await readWorkspaceFile(root, names)
      if (found === null)
        return {
          branch: 'not_found',
          value: { path: names.join('/') },
          labels: { '': fileLabel(names), '/path': echo },
        }
      // A file that was read in part has no digest, and so no label of its own.
      const own =
        found.bytes.length < found.size
          ? null
          : await kept.ofText(context.tenant, key(names.join('/')), found.bytes)
      const labels = { '': own === null ? fileLabel(names) : join(own, housebound), '/path': echo }
      const facts = { path: names.join('/'), bytes: found.size, modified: found.modified.toISOString() }
      const whole = textOf(found.bytes, found.bytes.length < found.size)
      if (whole === null) return { branch: 'not_text', value: facts, labels }
      const part = excerpt(whole, start, max_characters)
      const truncated = part.truncated || found.bytes.length < found.size
      return { branch: 'success', value: { ...facts, ...part, truncated }, labels }
    },
  })
}

/** Makes `file.write` over the workspaces. */
export function fileWrite(workspaces: Workspaces, kept: FileLabels): AnySkill {
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
      `write ${inCharacters(text)} to the file ${path}${replace ? ', replacing what is there' : ''}`,
    async run({ path, text, replace }, { tenant, principal, idempotencyKey, labels }) {
      const names = parsePath(path)
      const { root, key } = await workspaces(principal)
      const content = Buffer.from(text)
      const name = labelAt(labels, '/path')
      const done = await writeWorkspaceFile(root, names, content, { replace, key: idempotencyKey })
      const branch = done === 'exists' ? 'exists' : done === 'folder' ? 'is_a_folder' : 'success'
      // Last, so that a crash leaves a file whose label does not fit it: then it counts as foreign, never as the owner's.
      if (branch === 'success')
        await kept.save(tenant, { path: key(names.join('/')), content, text: labelAt(labels, '/text'), name })
      const value = { path: names.join('/'), bytes: content.length, done }
      // The path was an argument, and the rest is our own word on what happened.
      return { branch, value, labels: { '': systemLabel, '/path': name } }
    },
  })
}

/** Makes `file.list` over the workspaces. */
export function fileList(workspaces: Workspaces, kept: FileLabels): AnySkill {
  return skill<z.infer<typeof ListArgs>>({
    name: 'file.list',
    summary: 'List a folder of the workspace.',
    effect: 'read',
    args: ListArgs,
    roles: { path: 'object' },
    output: ({ path }) => fileLabel(parsePath(path)),
    platform: ['/entries/*/kind', '/entries/*/bytes', '/entries/*/modified', '/left_out'],
    shape: ['/path', '/entries/*/name'],
    branches: ['success', 'not_found'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    breaker: ({ path }) => `file.list ${path}`,
    says: ({ path }) => (path === '' ? 'list the workspace' : `list the folder ${path}`),
    async run({ path }, context) {
      const names = parsePath(path)
      const labels: FieldLabels = { '': fileLabel(names), '/path': labelAt(context.labels, '/path') }
      const { root, key } = await workspaces(context.principal)
      const found = await listWorkspaceFolder(root, names)
      if (found === null) return { branch: 'not_found', value: { path: names.join('/') }, labels }
      const entries = found.entries.map(({ name, kind, bytes, modified }) => ({
        name: storableText(name),
        kind,
        bytes,
        modified: modified.toISOString(),
      }))
      const folder = names.join('/')
      const written = await kept.ofNames(context.tenant, key(folder))
      for (const [place, { name }] of entries.entries()) {
        const own = nameLabel(written, key(folder === '' ? name : `${folder}/${name}`))
        if (own !== null) labels[`/entries/${place}/name`] = join(own, housebound)
      }
      return { branch: 'success', value: { path: folder, entries, left_out: found.leftOut }, labels }
    },
  })
}

/** The label of a file's or folder's name; null when no skill wrote it. The owner's word for it is the owner's, whoever else used it. */
function nameLabel(written: ReadonlyMap<string, Label>, path: string): Label | null {
  const labels = [...written].flatMap(([each, its]) =>
    each === path || each.startsWith(`${path}/`) ? [its] : [],
  )
  if (labels.length === 0) return null
  return labels.find((each) => foreignSources(each).length === 0) ?? joinAll(labels)
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
