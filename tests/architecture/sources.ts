/**
 * The source files of this repository, parsed: their imports, their comments and their tree. The parser is the one that
 * vite brings along. The tests beside it say who may do what, and why.
 */
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

export interface Import {
  /** As written. */
  readonly specifier: string
  /** The file meant, from the repository's root; null for packages and Node's own modules. */
  readonly target: string | null
  /** `import type` leaves nothing behind at run time; everything else loads the file. */
  readonly kind: 'value' | 'type' | 'dynamic'
  /** What is taken of it; `*` for everything. */
  readonly names: readonly string[]
}

/** A node of the syntax tree (ESTree with TypeScript). */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

export interface Source {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly comments: readonly { readonly start: number; readonly value: string }[]
  readonly program: Node
  readonly isTest: boolean
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const places = ['packages', 'plugins', 'tests', 'bench', 'scripts']
const skipped = new Set(['node_modules', 'dist', '.cache', 'coverage', 'public'])

/** Every TypeScript and JavaScript file of ours. */
export const sources: readonly Source[] = places
  .flatMap((place) => [...walk(join(root, place))])
  .sort()
  .map(read)

/** The files that are shipped: no tests, no fakes, no fixtures. */
export const shipped: readonly Source[] = sources.filter(
  (source) => /^(packages|plugins)\//.test(source.path) && !source.isTest,
)

function* walk(directory: string): Generator<string> {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && !skipped.has(entry.name)) yield* walk(path)
    else if (entry.isFile() && /\.(ts|tsx|js|mjs)$/.test(entry.name)) yield path
  }
}

/** A place that is not there yet has no files. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function read(file: string): Source {
  const path = relative(root, file).split(sep).join('/')
  return sourceOf(path, readFileSync(file, 'utf8'))
}

/** A file's text, parsed. */
export function sourceOf(path: string, text: string): Source {
  const { program, module, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`)
  const imports: Import[] = []
  const add = (start: number, specifier: string, names: string[]) => {
    const kind = /^(import|export)\s+type\b/.test(text.slice(start)) ? 'type' : 'value'
    imports.push({ specifier, target: targetOf(path, specifier), kind, names })
  }
  for (const each of module.staticImports) {
    const names = each.entries.map(({ importName }) => importName.name ?? importName.kind)
    add(each.start, each.moduleRequest.value, names)
  }
  for (const each of module.staticExports) {
    const from = each.entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest?.value
    if (from !== undefined) add(each.start, from, ['*'])
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const specifier = text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, '')
    imports.push({ specifier, target: targetOf(path, specifier), kind: 'dynamic', names: ['*'] })
  }
  const isTest = /\.(test|fake)\.tsx?$/.test(path) || /(^|\/)(tests|testing|fakes|fixtures)\//.test(path)
  return { path, text, imports, comments, program: program as unknown as Node, isTest }
}

function targetOf(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(from), specifier).split(sep).join('/')
  const [, name, rest] = /^@castellan\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  return name === undefined ? null : doorOf(name, rest)
}

/** The file that a package's `exports` give for `@castellan/name` or `@castellan/name/rest`. */
function doorOf(name: string, rest: string | undefined): string {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    exports?: string | Record<string, string>
  }
  const doors = typeof manifest.exports === 'object' ? manifest.exports : { '.': manifest.exports ?? '' }
  const door = doors[rest === undefined ? '.' : `./${rest}`]
  if (door === undefined) throw new Error(`packages/${name} has no door ${rest ?? ''}`)
  return join('packages', name, door).split(sep).join('/')
}

/** Every node under another, that one included, with its parent. */
export function* nodesOf(node: Node, parent: Node | null = null): Generator<[Node, Node | null]> {
  yield [node, parent]
  for (const member of Object.values(node)) {
    for (const child of Array.isArray(member) ? member : [member]) {
      if (isNode(child)) yield* nodesOf(child, node)
    }
  }
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && 'type' in value && 'start' in value
}

/** Where a node stands, for a message: `path:line`. */
export function placeOf(source: Source, at: number): string {
  return `${source.path}:${lineOf(source.text, at)}`
}

/** The line of an offset, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
