/**
 * How large things may grow. Medians lie: what makes a house hard to enter are its few longest functions and its cycles,
 * so it is those that are bounded. An exception is one line here, with its reason.
 */
import { describe, expect, test } from 'vitest'
import { lineOf, type Node, nodesOf, type Source, shipped, sourceOf } from './sources.ts'

const fileLines = 300
const fileLinesAtMost = 500
const functionLines = 40
/** A component is mostly markup, which reads from top to bottom. */
const componentLines = 80

/** Longer files, with why they are one thing. */
const longFiles: Readonly<Record<string, string>> = {
  'packages/contracts/src/api.ts': 'a table: the schemas of the HTTP API, in the order of its paths',
  'packages/server/src/invoke/gate.ts': 'the one road to an effect, step after step in the order they happen',
}

/** Longer functions, with why they are one thing and how long they may be. */
const longFunctions: Readonly<Record<string, readonly [lines: number, reason: string]>> = {}

interface Length {
  readonly name: string
  readonly lines: number
}

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** The lines of every function that are its own: those of functions within it are counted there. */
function lengthsOf(source: Source): Length[] {
  const found: Length[] = []
  const around: { name: string; end: number }[] = []
  for (const [node, parent] of nodesOf(source.program)) {
    if (!functions.has(node.type)) continue
    while ((around.at(-1)?.end ?? node.end) < node.end) around.pop()
    const own = nameOf(node, parent)
    const name = own ?? `in ${around.at(-1)?.name ?? 'the file'}`
    if (own !== null) around.push({ name, end: node.end })
    found.push({ name: `${source.path} ${name}`, lines: ownLines(source, node) })
  }
  return found
}

function ownLines(source: Source, node: Node): number {
  const [first, last] = linesOf(source, node)
  const own = new Set(Array.from({ length: last - first + 1 }, (_, n) => first + n))
  for (const [inner] of nodesOf(node)) {
    if (inner === node || !functions.has(inner.type)) continue
    const [from, to] = linesOf(source, inner)
    for (let line = from + 1; line < to; line++) own.delete(line)
  }
  return own.size
}

function linesOf(source: Source, node: Node): [first: number, last: number] {
  return [lineOf(source.text, node.start), lineOf(source.text, node.end)]
}

function nameOf(node: Node, parent: Node | null): string | null {
  const named = (node['id'] ?? parent?.['id'] ?? parent?.['key']) as Node | null | undefined
  return typeof named?.['name'] === 'string' ? named['name'] : null
}

test('files stay short enough to read', () => {
  const long = shipped
    .map((source) => ({ path: source.path, lines: source.text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (longFiles[path] === undefined ? fileLines : fileLinesAtMost))
  expect(long.map(({ path, lines }) => `${path} has ${lines} lines: find the second thing in it`)).toEqual([])
})

test('functions stay short enough to see', () => {
  const long = shipped.flatMap((source) => {
    const most = source.path.endsWith('.tsx') ? componentLines : functionLines
    return lengthsOf(source).filter(({ name, lines }) => lines > (longFunctions[name]?.[0] ?? most))
  })
  expect(long.map(({ name, lines }) => `${name} has ${lines} lines of its own: name its parts`)).toEqual([])
})

test('every exception is still needed', () => {
  const files = new Map(shipped.map((source) => [source.path, source.text.split('\n').length - 1]))
  const short = Object.keys(longFiles).filter((path) => (files.get(path) ?? 0) <= fileLines)
  expect(short.map((path) => `${path} is short enough now: delete its line`)).toEqual([])
  const lengths = shipped.flatMap(lengthsOf)
  const needed = (name: string) => lengths.some((each) => each.name === name && each.lines > functionLines)
  const unneeded = Object.keys(longFunctions).filter((name) => !needed(name))
  expect(unneeded.map((name) => `${name} is short enough now: delete its line`)).toEqual([])
})

test('each file opens by saying what it is for', () => {
  const silent = shipped.filter(({ text, comments }) => {
    const before = text.slice(0, comments[0]?.start ?? text.length)
    return !/^(#!.*\n)?\s*$/.test(before) || (comments[0]?.value.trim().length ?? 0) < 15
  })
  expect(silent.map(({ path }) => `${path}: a reader who opens it first learns nothing`)).toEqual([])
})

/** Files that load each other, as one path per cycle. */
function cyclesOf(files: readonly Source[]): string[] {
  const loads = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ kind, target }) => (kind === 'value' && target !== null ? [target] : [])),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (done.has(path) || trail.includes(path)) return
    for (const next of loads.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of loads.keys()) visit(path, [])
  return cycles
}

test('no file loads itself by way of others', () => {
  expect(cyclesOf(shipped)).toEqual([])
})

describe('the rules see', () => {
  const lines = (count: number) => Array.from({ length: count }, () => '  f()').join('\n')

  test('a long function, and not the one around it', () => {
    const text = `const outer = () => {\n  const inner = () => {\n${lines(50)}\n  }\n  return { inner }\n}\n`
    expect(lengthsOf(sourceOf('packages/x/src/x.ts', text))).toEqual([
      { name: 'packages/x/src/x.ts outer', lines: 5 },
      { name: 'packages/x/src/x.ts inner', lines: 52 },
    ])
  })

  test('a cycle, but none made of types', () => {
    const cycle = [
      sourceOf('packages/x/src/a.ts', "import { b } from './b.ts'"),
      sourceOf('packages/x/src/b.ts', "export * from './c.ts'"),
      sourceOf('packages/x/src/c.ts', "import { type A } from './a.ts'"),
    ]
    expect(cyclesOf(cycle)).toEqual([
      'packages/x/src/a.ts → packages/x/src/b.ts → packages/x/src/c.ts → packages/x/src/a.ts',
    ])
    const types = sourceOf('packages/x/src/c.ts', "import type { A } from './a.ts'")
    expect(cyclesOf([...cycle.slice(0, 2), types])).toEqual([])
  })
})
