/** The owner's guide and the README can be followed: their commands exist, their files load, their rules decide as they say. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExplainRequest } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { castellan } from '../../packages/cli/src/main.ts'
import { parseInstanceFile } from '../../packages/server/src/configuration/file.ts'
import { options } from '../../packages/server/src/configuration/options.ts'
import { declaredSkills, type Explanation, openExplainer } from '../../packages/server/src/explain.ts'
import { personasOf } from '../../packages/server/src/personas.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const guide = readdirSync(`${root}docs/guide`).filter((name) => name.endsWith('.md'))
const pages = new Map(
  ['README.md', 'CONTRIBUTING.md', ...guide.map((name) => `docs/guide/${name}`)].map((path) => [
    path,
    readFileSync(root + path, 'utf8'),
  ]),
)
const page = (path: string) => pages.get(path) ?? ''

/** The code blocks of a language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  )
}

/** The command lines that call castellan, in blocks and in running text, continued lines joined. */
function commandLines(text: string): string[] {
  const spans = [...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  const lines = blocks(text, 'sh').flatMap((code) => code.replaceAll('\\\n', ' ').split('\n'))
  return [...spans, ...lines].flatMap(
    (line) => /^(?:\$ )?(?:npx )?(castellan [a-z].*)$/.exec(line)?.[1] ?? [],
  )
}

/** What is wrong with a command line: a command or a flag that does not exist. */
function unknownIn(line: string): string[] {
  const words = line
    .replace(/\s(#|[<>|]\s).*$/, '')
    .replace(/"[^"]*"|'[^']*'/g, 'text')
    .trim()
    .split(/\s+/)
  let command = castellan()
  let at = 1
  for (; at < words.length; at += 1) {
    const next = command.commands.find((each) => each.name() === words[at])
    if (next === undefined) break
    command = next
  }
  if (command.parent === null || command.commands.length > 0) return [`${line}: there is no such command`]
  const flags = words.slice(at).filter((word) => /^-{1,2}[a-z]/.test(word))
  const known = command.options.flatMap(({ long, short }) => [long, short])
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `${line}: there is no ${flag}`)
}

test.each([...pages])('%s gives commands that exist', (_path, text) => {
  expect(commandLines(text).flatMap(unknownIn)).toEqual([])
})

test('the rule sees a command and a flag that do not exist', () => {
  expect(commandLines('```sh\n$ npx castellan fly \\\n  --high # up\n```\n`castellan up`')).toEqual([
    'castellan up',
    'castellan fly    --high # up',
  ])
  expect(unknownIn('castellan fly --high')).toHaveLength(1)
  expect(unknownIn('castellan chat "a --b" --high --dir x > y')).toEqual([
    'castellan chat "a --b" --high --dir x > y: there is no --high',
  ])
})

test.each([...pages])('%s sets options that exist', (_path, text) => {
  const names = blocks(text, 'ini').flatMap((code) => [...code.matchAll(/^(\w+)=/gm)].map(([, name]) => name))
  expect(names.filter((name) => name === undefined || !(name in options))).toEqual([])
})

describe('docs/guide/personas.md', () => {
  const builtin = [...declaredSkills().keys()]

  test('shows a castellan.yaml that is read', () => {
    const files = blocks(page('docs/guide/personas.md'), 'yaml').map(parseInstanceFile)
    expect(files).toHaveLength(1)
    for (const file of files) expect([...personasOf(file.personas, builtin).keys()]).toContain('reader')
  })

  test('names every built-in skill', () => {
    expect(builtin.filter((name) => !page('docs/guide/personas.md').includes(`\`${name}\``))).toEqual([])
  })
})

describe('docs/guide/policies.md', () => {
  const text = page('docs/guide/policies.md')
  const requests = blocks(text, 'json').flatMap((code) =>
    code
      .trim()
      .split('\n')
      .map((line) => ExplainRequest.parse(JSON.parse(line))),
  )
  const table = [...text.matchAll(/^\| (\d+) \| (\w+) \| (\w+) \| `([^`]+)` \|$/gm)]

  /** What the gate of an instance with this policy file says to each request. */
  async function answers(owner: string): Promise<Map<string, Explanation>> {
    const directory = await mkdtemp(join(tmpdir(), 'castellan-guide-'))
    try {
      await writeFile(join(directory, 'castellan.yaml'), 'name: guide\n')
      await writeFile(join(directory, 'policy.cedar'), owner)
      const ask = await openExplainer(directory)
      return new Map(requests.map((request) => [String(request.id), ask(request)]))
    } finally {
      await rm(directory, { recursive: true })
    }
  }

  test('shows rules that load and decide as its table says', async () => {
    const rules = blocks(text, 'cedar')
    expect(rules).toHaveLength(2)
    const [without, withThem] = await Promise.all([answers(''), answers(rules.join('\n'))])
    expect(table).toHaveLength(requests.length)
    for (const [, id = '', before, after, by] of table) {
      expect([id, without.get(id)?.decision, withThem.get(id)?.decision]).toEqual([id, before, after])
      expect(withThem.get(id)).toMatchObject({ rules: expect.arrayContaining([by]) })
    }
  })
})
