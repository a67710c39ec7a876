/** The kernel is pure: the same values in, the same decision out, on any machine, at any time. */
import { expect, test } from 'vitest'
import { type Node, nodesOf, placeOf, type Source, shipped, sourceOf } from './sources.ts'

const why =
  'the kernel has no I/O, clock, random, environment or async: what it needs of them is given to it as a value'

/** Names that reach out of a function, when they stand for the global. */
const globals = new Set([
  'process',
  'performance',
  'globalThis',
  'console',
  'fetch',
  'crypto',
  'navigator',
  'Intl',
  'Promise',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'WebSocket',
  'XMLHttpRequest',
])
/** All of node:crypto that is a function of its arguments and is used here. */
const pureCrypto = new Set(['createHash', 'createHmac', 'timingSafeEqual'])

function impurities(source: Source): string[] {
  const found: string[] = []
  const note = (node: Node, what: string) => found.push(`${placeOf(source, node.start)} ${what}: ${why}`)
  for (const each of source.imports) {
    const impure = each.specifier === 'node:crypto' ? each.names.filter((name) => !pureCrypto.has(name)) : []
    if (each.kind === 'dynamic' || impure.length > 0)
      found.push(`${source.path} imports ${each.specifier} ${impure.join(', ')}: ${why}`)
  }
  for (const [node, parent] of nodesOf(source.program)) {
    if (node.type === 'AwaitExpression' || node['async'] === true || node['await'] === true)
      note(node, 'awaits')
    if (node.type === 'Identifier' && globals.has(String(node['name'])) && !isMember(node, parent)) {
      note(node, `uses ${node['name']}`)
    }
    const text = source.text.slice(node.start, node.end)
    if (node.type === 'MemberExpression' && /^(Date\.now|Math\.random)$/.test(text))
      note(node, `uses ${text}`)
    if (node.type === 'NewExpression' && /^new Date\(\s*\)/.test(text)) note(node, 'reads the clock')
    if (node.type === 'CallExpression' && /^Date\(/.test(text)) note(node, 'reads the clock')
    if (node.type === 'VariableDeclaration' && node['kind'] !== 'const' && parent?.type === 'Program')
      note(node, 'keeps state between calls')
  }
  return found
}

/** `x.fetch`, `{ fetch: … }` and the like name a member, not the global. */
function isMember(node: Node, parent: Node | null): boolean {
  if (parent?.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true
  return (
    /^(Property|TSPropertySignature|TSMethodSignature)$/.test(parent?.type ?? '') && parent?.['key'] === node
  )
}

test('the kernel does nothing but compute', () => {
  const kernel = shipped.filter((source) => source.path.startsWith('packages/kernel/'))
  expect(kernel.length).toBeGreaterThan(5)
  expect(kernel.flatMap(impurities)).toEqual([])
})

test.each([
  'const now = Date.now()',
  'const now = new Date()',
  'const now = Date()',
  'const now = performance.now()',
  'const n = Math.random()',
  'const home = process.env.HOME',
  'const home = globalThis["process"]',
  'export async function f() {}',
  'export const f = async () => 1',
  'export async function* f() {}',
  'await null',
  'export const p = Promise.resolve(1)',
  'setTimeout(() => {}, 1)',
  'fetch("http://a.example/")',
  'console.log(1)',
  "import { randomBytes } from 'node:crypto'",
  "import * as crypto from 'node:crypto'",
  "const fs = import('node:fs')",
  'let calls = 0',
])('the rule sees %s', (text) => {
  expect(impurities(sourceOf('packages/kernel/src/x.ts', text))).not.toEqual([])
})

test.each([
  "import { createHash } from 'node:crypto'",
  'export const at = (ms: number) => new Date(ms).toISOString()',
  'export const f = (x: { fetch: string }) => x.fetch',
  'export function f() { let n = 0; return n }',
])('and lets pass %s', (text) => {
  expect(impurities(sourceOf('packages/kernel/src/x.ts', text))).toEqual([])
})
