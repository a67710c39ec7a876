/** The documents say nothing that is not there: files, tests, folders, error codes, commands, and the snippets of the guide. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { commandsReference } from '../../scripts/reference/commands.ts'
import { errorsReference } from '../../scripts/reference/errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const flat = (text: string) => text.replace(/\s+/g, ' ')
const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'docs/glossary.md'],
  ...['docs/adr', 'docs/guide', 'docs/reference'].flatMap(markdownIn),
]

/** Paths of this repository that stand in backticks, without a place in the file. */
function namedPaths(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  return spans.filter((span) => /^(packages|tests|docs|scripts|bench)\/[\w./-]*$/.test(span))
}

/** Paths outside backticks, and the targets of links and pictures. */
function linkedPaths(path: string, text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
  const bare = [...prose.matchAll(/(?<![\w/.(])(docs\/[\w./-]*\w)/g)].map(([, found = '']) => found)
  const links = [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
  const local = links.filter((target) => !/^[a-z]+:/.test(target))
  return [...bare, ...local.map((target) => join(dirname(path), target))]
}

/** Whether a path stands for something: a file, a folder, or the beginning of an ADR's name. */
function isThere(path: string): boolean {
  if (existsSync(join(root, path))) return true
  const [, folder = '', start = ''] = /^(.*)\/(\d{4})$/.exec(path) ?? []
  return start !== '' && readdirSync(join(root, folder)).some((name) => name.startsWith(`${start}-`))
}

/** `file` “title”, “title”: what a document says of tests. */
interface NamedTest {
  readonly file: string
  readonly titles: readonly string[]
}

function namedTests(text: string): NamedTest[] {
  return [...flat(text).matchAll(/`([\w./-]+\.test\.ts)`((?:,? “[^”]+”)*)/g)].map(
    ([, file = '', titles = '']) => ({
      file,
      titles: [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
    }),
  )
}

/** Titles that a test file does not have, as string literals of any kind. */
function missingTitles({ file, titles }: NamedTest): string[] {
  if (!existsSync(join(root, file))) return [`${file} does not exist`]
  const source = read(file).replace(/\\'/g, "'")
  const isTitle = (title: string) => ["'", '"', '`'].some((quote) => source.includes(quote + title + quote))
  return titles.filter((title) => !isTitle(title)).map((title) => `${file} has no test “${title}”`)
}

interface Claim {
  readonly id: string
  readonly statement: string
  readonly proof: readonly NamedTest[]
}

/** The guarantees of SECURITY.md. */
function claimsOf(text: string): Claim[] {
  const guarantees = /\n## Guarantees\n(.*?)\n## /s.exec(text)?.[1] ?? ''
  return guarantees
    .split(/\n(?=- |#|$)/)
    .map((line) => flat(line).trim())
    .filter((line) => line.startsWith('- '))
    .map((line) => {
      const [, id = '', statement = '', proof = ''] =
        /^- \*\*`([^`]+)`\*\* (.+?)(?: Proof: (.+))?$/.exec(line) ?? []
      return { id, statement, proof: namedTests(proof) }
    })
}

test('README.md has at most 150 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150)
})

test.each(documents)('%s names files that exist', (path) => {
  const text = read(path)
  const missing = [...namedPaths(text), ...linkedPaths(path, text)].filter((each) => !isThere(each))
  expect(missing).toEqual([])
})

test.each(documents)('%s names tests that exist', (path) => {
  expect(namedTests(read(path)).flatMap(missingTitles)).toEqual([])
})

describe('SECURITY.md', () => {
  const claims = claimsOf(read('SECURITY.md'))

  test('promises something', () => {
    expect(claims.length).toBeGreaterThan(40)
  })

  test('gives each promise an id of its own and a sentence', () => {
    const ids = claims.map(({ id }) => id)
    expect(ids.filter((id) => !/^[a-z]+\.[a-z-]+$/.test(id))).toEqual([])
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    expect(claims.filter(({ statement }) => !/^[A-Z].*[.)]$/.test(statement))).toEqual([])
  })

  test('proves each promise by a test', () => {
    expect(claims.filter(({ proof }) => proof.length === 0).map(({ id }) => id)).toEqual([])
  })

  test('has the headings a reporter looks for', () => {
    const headings = [...read('SECURITY.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual([
      'Trust assumptions',
      'Guarantees',
      'The attacker',
      'Out of scope',
      'Not yet',
      'Not a vulnerability',
      'How to report',
    ])
  })
})

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md')

  test('maps every folder, and no other', () => {
    const rows = [...text.matchAll(/^\| `([^`]+)\/` \| (.+) \| (.+) \|$/gm)].map(([, folder]) => folder)
    const mapped = ['packages', 'packages/server/src', 'packages/web/src', 'tests']
    const folders = mapped.flatMap((parent) =>
      readdirSync(join(root, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !/^(node_modules|dist|\..*)$/.test(entry.name))
        .map((entry) => `${parent}/${entry.name}`),
    )
    expect(rows.toSorted()).toEqual(folders.toSorted())
  })

  test('names every file of the composition root', () => {
    const files = readdirSync(join(root, 'packages/server/src')).filter((name) => /^[a-z-]+\.ts$/.test(name))
    expect(files.filter((name) => !text.includes(`\`packages/server/src/${name}\``))).toEqual([])
  })

  test('names a test for each invariant', () => {
    const section = /\n## Invariants\n(.*?)\n## /s.exec(text)?.[1] ?? ''
    const lines = section.split(/\n(?=- )/).filter((line) => line.startsWith('- '))
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.filter((line) => namedTests(line).length === 0)).toEqual([])
  })
})

describe('docs/adr', () => {
  const pages = markdownIn('docs/adr').toSorted()

  test('numbers its pages without gaps', () => {
    const numbers = pages.map((path) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]))
    expect(numbers).toEqual(pages.map((_, at) => at + 1))
  })

  test.each(pages)('%s is one page with the five headings', (path) => {
    const text = read(path)
    const headings = [...text.matchAll(/^#+ .+$/gm)].map(([heading]) => heading)
    expect(headings[0]).toMatch(new RegExp(`^# ${Number(/\d{4}/.exec(path)?.[0])}\\. \\S`))
    expect(headings.slice(1)).toEqual(['## Status', '## Context', '## Decision', '## Consequences'])
    expect(text.split('\n').length).toBeLessThanOrEqual(60)
  })
})

describe('docs/reference is what the source says (node scripts/reference.ts)', () => {
  test('errors.md', () => {
    expect(read('docs/reference/errors.md')).toBe(errorsReference())
  })

  test('cli.md', async () => {
    expect(read('docs/reference/cli.md')).toBe(await commandsReference())
  })
})

describe('the rules see', () => {
  test('a file and a test that are not there', () => {
    expect(namedPaths('see `packages/nowhere/x.ts` and `npm test`').filter((path) => !isThere(path))).toEqual(
      ['packages/nowhere/x.ts'],
    )
    expect(linkedPaths('docs/guide/x.md', '[a](../adr/0001) ![b](b.png) docs/none.md').map(isThere)).toEqual([
      false,
      true,
      false,
    ])
    const [gone, untitled] = namedTests(
      '`tests/x.test.ts` “a”; `tests/architecture/size.test.ts` “no\nsuch title”',
    )
    expect([gone, untitled].flatMap((each) => (each === undefined ? [] : missingTitles(each)))).toEqual([
      'tests/x.test.ts does not exist',
      'tests/architecture/size.test.ts has no test “no such title”',
    ])
  })

  test('a promise without a proof', () => {
    const text =
      '\n## Guarantees\n\n- **`a.b`** It holds.\n- **`c.d`** So\n  does this. Proof: `x.test.ts` “y”.\n\n## X'
    expect(claimsOf(text)).toEqual([
      { id: 'a.b', statement: 'It holds.', proof: [] },
      { id: 'c.d', statement: 'So does this.', proof: [{ file: 'x.test.ts', titles: ['y'] }] },
    ])
  })
})
