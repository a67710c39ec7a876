/** What no file may reach for by itself: the environment, a skill's `run`, the network; and habits the house does without. */
import { describe, expect, test } from 'vitest'
import { type Node, nodesOf, placeOf, type Source, shipped, sourceOf, sources } from './sources.ts'

const server = 'packages/server/src/'

/** Nodes of a file that a rule objects to, each with its place and the reason. */
function objections(
  source: Source,
  object: (node: Node, text: string, parent: Node | null) => string | null,
) {
  return [...nodesOf(source.program)].flatMap(([node, parent]) => {
    const reason = object(node, source.text.slice(node.start, node.end), parent)
    return reason === null ? [] : [`${placeOf(source, node.start)}: ${reason}`]
  })
}

const envReason =
  'only configuration/ reads the environment, so that every option is declared, checked before the first socket and shown redacted'

function environmentReads(source: Source): string[] {
  if (source.path.startsWith(`${server}configuration/`)) return []
  const imported = source.imports.some(
    ({ specifier, names }) =>
      /^(node:)?process$/.test(specifier) &&
      ['env', 'Default', 'NamespaceObject'].some((name) => names.includes(name)),
  )
  return [
    ...(imported ? [`${source.path} imports node:process: ${envReason}`] : []),
    ...objections(source, (node, text) => {
      if (
        node.type === 'MemberExpression' &&
        /^(globalThis\.)?process(\??\.env|\[['"`]env['"`]\])$/.test(text)
      )
        return envReason
      if (node.type === 'VariableDeclarator' && /^\{[^}]*\benv\b[^}]*\}\s*=\s*process$/.test(text))
        return envReason
      return null
    }),
  ]
}

const runReason =
  'only the gate calls a skill’s `run`: whatever acts is decided, budgeted, scanned and recorded before it happens'

/** Calls that only look like one. */
const otherRuns: Readonly<Record<string, string>> = {
  [`${server}invoke/gate.ts: skill.run`]: 'the gate itself',
  [`${server}agent/index.ts: this.run`]: 'loads a run of the agent',
  [`${server}agent/routes.ts: agent.run`]: 'loads a run of the agent',
  'packages/kernel/src/leak.ts: this.#search.run': 'runs a search over a text',
  'packages/web/src/queries.ts: api.conversations.run': 'asks the server for a run',
}

function skillRuns(source: Source): string[] {
  return objections(source, (node, text, parent) => {
    if (node.type === 'VariableDeclarator' && /^\{[^}]*\brun\b[^}]*\}\s*=\s*\S*skill/i.test(text))
      return runReason
    if (node.type !== 'MemberExpression' || !/(\.\s*run|\[['"`]run['"`]\])$/.test(text)) return null
    const object = node['object'] as Node
    const isSkill = /skill|declared/i.test(source.text.slice(object.start, object.end))
    const isCalled = parent?.type === 'CallExpression' && parent['callee'] === node
    const isBound = parent?.type === 'MemberExpression' && /\.(call|apply|bind)$/.test(textOf(source, parent))
    if (!isSkill && !isCalled && !isBound) return null
    return otherRuns[`${source.path}: ${text.replace(/\?/g, '')}`] === undefined ? runReason : null
  })
}

function textOf(source: Source, node: Node): string {
  return source.text.slice(node.start, node.end)
}

/** Modules through which something can be reached outside, and who may use them. */
const ways = /^(node:(net|tls|http|https|http2|dgram|dns|dns\/promises)|undici|ws|pg)$/
const wayfarers: readonly [path: RegExp, reason: string][] = [
  [/^packages\/server\/src\/adapters\//, 'speaking to foreign services is what an adapter is for'],
  [/^packages\/server\/src\/database\//, 'it speaks to PostgreSQL, and to nothing else'],
  [/^packages\/server\/src\/http\/(listener|drain)\.ts$/, 'the listener accepts connections and makes none'],
  [
    /^packages\/server\/src\/graphql\/worker\//,
    'a process of its own, which listens in run/ and speaks to PostgreSQL and our own server',
  ],
  [
    /^packages\/server\/src\/internal\/(line|serve)\.ts$/,
    'a socket file between processes of the house; nobody outside is reached by it',
  ],
  [
    /^packages\/server\/src\/data\/apply(-child)?\.ts$/,
    'the short-lived process that owns the owner’s tables; it speaks to PostgreSQL, and to nothing else',
  ],
  [/^packages\/server\/src\/doctor\/machine\.ts$/, 'it tries whether the port is free'],
  [/^packages\/server\/src\/demo\//, 'the attacker’s page of the demo is served from this machine'],
]
/** Questions about texts; no way out. */
const harmless = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'AddressInfo', 'Socket'])

function waysOut(source: Source): string[] {
  if (wayfarers.some(([path]) => path.test(source.path))) return []
  return source.imports
    .filter(({ specifier, kind }) => ways.test(specifier) && kind !== 'type')
    .filter(({ names }) => names.some((name) => !harmless.has(name)))
    .map(({ specifier }) => `${source.path} imports ${specifier}: nothing but adapters/ opens a socket`)
}

const drawers = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'manager', 'misc', 'lib'])

function drawer(source: Source): string[] {
  const words = source.path.replace(/\.[a-z.]+$/, '').split(/[/.-]/)
  const found = words.find((word) => drawers.has(word) || word.endsWith('utils'))
  return found === undefined
    ? []
    : [`${source.path}: "${found}" says nothing; a named module says what it is for`]
}

function looseTypes(source: Source): string[] {
  return objections(source, (node) => {
    if (node.type === 'TSAnyKeyword') return '`any` switches the checker off; say what is known, or `unknown`'
    if (node.type === 'TSEnumDeclaration') return 'enums cannot be stripped; use a union'
    return node.type === 'TSNonNullExpression' ? '`!` hides an absence; handle it' : null
  })
}

const evasions: Readonly<Record<string, string>> = {
  mock: 'a module that must be mocked to be tested lacks a port',
  doMock: 'a module that must be mocked to be tested lacks a port',
  only: 'the other tests of the file would not run',
  skip: 'a test that does not run proves nothing',
  todo: 'a test that does not run proves nothing',
}

function evasiveTests(source: Source): string[] {
  return objections(source, (node, text) => {
    const [, of, word = ''] = /^(vi|jest|it|test|describe)\.(\w+)$/.exec(text) ?? []
    if (node.type !== 'MemberExpression' || of === undefined || !Object.hasOwn(evasions, word)) return null
    return evasions[word] ?? null
  })
}

function promises(source: Source): string[] {
  return source.comments
    .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(value))
    .map(({ start }) => `${placeOf(source, start)}: what is to be done is an issue, not a comment`)
}

const rules: readonly [name: string, rule: (source: Source) => string[], over: readonly Source[]][] = [
  ['only configuration/ reads the environment', environmentReads, shipped],
  ['only the gate runs a skill', skillRuns, shipped],
  ['nothing but adapters opens a socket', waysOut, shipped],
  ['no file is a drawer', drawer, sources],
  ['no type is loose', looseTypes, sources],
  ['no test evades', evasiveTests, sources],
  ['no comment promises', promises, sources],
]

test.each(rules)('%s', (_name, rule, over) => {
  expect(over.flatMap(rule)).toEqual([])
})

describe('the rules see', () => {
  test.each<[rule: (source: Source) => string[], path: string, text: string]>([
    [environmentReads, `${server}vault/x.ts`, 'const key = process.env.KEY'],
    [environmentReads, `${server}vault/x.ts`, "const key = process['env']"],
    [environmentReads, `${server}vault/x.ts`, 'const { env } = process'],
    [environmentReads, `${server}vault/x.ts`, "import { env } from 'node:process'"],
    [environmentReads, 'packages/cli/src/x.ts', 'f(globalThis.process.env)'],
    [skillRuns, `${server}agent/steps.ts`, 'await skill.run(args, context)'],
    [skillRuns, `${server}agent/steps.ts`, 'await ports.skills.get(name)?.run(args, context)'],
    [skillRuns, `${server}agent/steps.ts`, "skill['run'](args, context)"],
    [skillRuns, `${server}agent/steps.ts`, 'const { run } = skill'],
    [skillRuns, `${server}agent/steps.ts`, 'const act = each.run.bind(each)'],
    [skillRuns, `${server}agent/steps.ts`, 'Reflect.apply(skill.run, skill, [args])'],
    [waysOut, `${server}skills/x.ts`, "import { request } from 'node:https'"],
    [waysOut, `${server}models/x.ts`, "import { Agent } from 'undici'"],
    [waysOut, 'packages/cli/src/x.ts', "import pg from 'pg'"],
    [drawer, `${server}text/utils.ts`, ''],
    [drawer, `${server}helpers/text.ts`, ''],
    [drawer, `${server}session-manager.ts`, ''],
    [drawer, 'packages/web/src/common.tsx', ''],
    [looseTypes, 'packages/web/src/x.ts', 'const x = y as any'],
    [looseTypes, 'packages/web/src/x.ts', 'const f = (x: any[]) => x[0]!'],
    [looseTypes, 'packages/web/src/x.ts', 'type X = Record<string, any>'],
    [evasiveTests, 'tests/x.test.ts', `vi.${'mock'}('pg')`],
    [evasiveTests, 'tests/x.test.ts', `describe.${'only'}('x', () => {})`],
    [evasiveTests, 'tests/x.test.ts', `test.${'skip'}('x', () => {})`],
    [promises, `${server}x.ts`, `// ${'TO'}DO: later`],
    [promises, `${server}x.ts`, `/* ${'FIX'}ME */`],
  ])('%o in %s: %s', (rule, path, text) => {
    expect(rule(sourceOf(path, text))).not.toEqual([])
  })

  test.each<[rule: (source: Source) => string[], path: string, text: string]>([
    [environmentReads, `${server}configuration/x.ts`, 'export const read = () => process.env'],
    [environmentReads, `${server}adapters/x.ts`, 'spawn(x, { env: {} })'],
    [environmentReads, `${server}adapters/x.ts`, "import { platform } from 'node:process'"],
    [skillRuns, `${server}agent/steps.ts`, 'ports.invoke({ run: row.run, skill: row.skill })'],
    [waysOut, `${server}configuration/x.ts`, "import { isIP } from 'node:net'"],
    [waysOut, `${server}http/x.ts`, "import type { Server } from 'node:http'"],
    [drawer, `${server}text/truncate.ts`, ''],
    [looseTypes, `${server}x.ts`, 'const any = "any" as unknown'],
    [promises, `${server}x.ts`, `const words = '${'TO'}DO'`],
  ])('and lets pass: %o in %s: %s', (rule, path, text) => {
    expect(rule(sourceOf(path, text))).toEqual([])
  })
})
