/** Who may import whom between packages, and between the composition root, the adapters and the capabilities. */
import { describe, expect, test } from 'vitest'
import { type Import, type Source, shipped, sourceOf, sources } from './sources.ts'

interface Direction {
  readonly of: RegExp
  readonly may: (each: Import) => boolean
  readonly why: string
}

const into = (folder: string) => (each: Import) => each.target?.startsWith(`packages/${folder}/`) === true
const isPackage = (each: Import) => each.target === null
const isOneOf =
  (...specifiers: string[]) =>
  (each: Import) =>
    specifiers.includes(each.specifier)
const anyOf =
  (...some: ((each: Import) => boolean)[]) =>
  (each: Import) =>
    some.some((may) => may(each))

const directions: readonly Direction[] = [
  {
    of: /^packages\/contracts\//,
    may: anyOf(into('contracts'), isOneOf('zod')),
    why: 'contracts are what crosses a process border: they import nothing of ours, and nothing that only a server has',
  },
  {
    of: /^packages\/kernel\//,
    may: anyOf(into('kernel'), into('contracts'), isOneOf('canonicalize', 'ipaddr.js', 'node:crypto')),
    why: 'the kernel decides over values: what could do I/O, or know the server, has no way into it',
  },
  {
    of: /^packages\/server\//,
    may: anyOf(into('server'), into('kernel'), into('contracts'), isPackage),
    why: 'the server is imported by its clients, never the other way round',
  },
  {
    of: /^packages\/cli\//,
    may: anyOf(
      into('cli'),
      into('contracts'),
      (each) => /^@castellan\/server(\/|$)/.test(each.specifier),
      isPackage,
    ),
    why: 'the command line enters the server through the doors its package.json names, and decides nothing itself',
  },
  {
    of: /^packages\/web\/src\//,
    may: anyOf(
      into('web'),
      into('contracts'),
      (each) => isPackage(each) && !each.specifier.startsWith('node:'),
    ),
    why: 'the UI runs in a browser and knows contracts only: no code of the server may get into its bundle',
  },
  {
    of: /^packages\/plugin-sdk\//,
    may: anyOf(into('plugin-sdk'), into('contracts'), isPackage),
    why: 'a plugin author must not need the server',
  },
  {
    of: /^packages\/stack\//,
    may: anyOf(into('stack'), into('kernel'), into('contracts'), isPackage),
    why: 'the stack turns configuration into typed values and talks to nothing',
  },
  {
    of: /^plugins\//,
    may: anyOf((each) => each.specifier.startsWith('.'), into('plugin-sdk'), isPackage),
    why: 'first-party plugins use what every plugin author has, or the SDK is not enough',
  },
]

const server = 'packages/server/src/'

/** Parts of the composition root: files that join capabilities and so know many. */
const isRoot = (path: string) => /^packages\/server\/src\/(demo\/)?[^/]+\.ts$/.test(path)
const isAdapter = (path: string) => path.startsWith(`${server}adapters/`)
const adapterOf = (path: string) => path.slice(`${server}adapters/`.length).split(/[/.]/)[0]

/** What a file imports against the directions, each with the reason. */
function againstDirections(source: Source): string[] {
  const found: string[] = []
  for (const each of source.imports) {
    for (const { of, may, why } of directions) {
      if (of.test(source.path) && !may(each)) found.push(`${source.path} imports ${each.specifier}: ${why}`)
    }
    const own = /^(packages|plugins)\/[^/]+\//.exec(source.path)?.[0] ?? ''
    if (each.specifier.startsWith('.') && each.target?.startsWith(own) === false) {
      found.push(
        `${source.path} imports ${each.specifier}: a package is entered by its name, so that its doors hold`,
      )
    }
  }
  return found
}

/** Imports within the server that go back up. */
function backUp(source: Source): string[] {
  return source.imports.flatMap(({ target }) => {
    if (target === null || !target.startsWith(server) || !source.path.startsWith(server)) return []
    const says = `${source.path} imports ${target}`
    if (isRoot(target) && !isRoot(source.path) && target !== `${server}version.ts`) {
      return [
        `${says}: the composition root is imported by nobody, or what it joins would know what it is joined to`,
      ]
    }
    if (isAdapter(target) && isAdapter(source.path)) {
      if (adapterOf(target) === adapterOf(source.path)) return []
      return [`${says}: an adapter speaks to one foreign service and knows no other`]
    }
    if (isAdapter(target) && !isRoot(source.path)) {
      return [`${says}: a capability states the port it needs, and an adapter implements it`]
    }
    return []
  })
}

/** Imports of test code by code that is shipped. */
function ofTests(source: Source): string[] {
  return source.imports.flatMap(({ target, specifier }) =>
    sources.some((each) => each.isTest && each.path === target)
      ? [`${source.path} imports ${specifier}: fakes and fixtures are not shipped`]
      : [],
  )
}

describe('imports keep the directions of the house', () => {
  test('between packages', () => {
    expect(shipped.flatMap(againstDirections)).toEqual([])
  })

  test('main.ts, then adapters, then capabilities', () => {
    expect(shipped.flatMap(backUp)).toEqual([])
  })

  test('and no shipped file imports a test', () => {
    expect(shipped.flatMap(ofTests)).toEqual([])
  })

  test('every relative import names a file that exists', () => {
    const paths = new Set(sources.map((source) => source.path))
    const missing = sources.flatMap((source) =>
      source.imports
        .filter(
          ({ target, specifier }) =>
            target !== null && specifier.startsWith('.') && /\.[jt]sx?$/.test(specifier),
        )
        .filter(({ target }) => !paths.has(target ?? ''))
        .map(({ specifier }) => `${source.path} imports ${specifier}`),
    )
    expect(missing).toEqual([])
  })
})

describe('the rules see', () => {
  test.each([
    ['packages/contracts/src/x.ts', "import { decide } from '@castellan/kernel'", /nothing of ours/],
    ['packages/contracts/src/x.ts', "import { readFile } from 'node:fs'", /nothing that only a server has/],
    ['packages/kernel/src/x.ts', "import { Pool } from 'pg'", /no way into it/],
    [
      'packages/kernel/src/x.ts',
      "import type { Database } from '../../server/src/database/index.ts'",
      /no way into it/,
    ],
    ['packages/kernel/src/x.ts', "await import('node:fs')", /no way into it/],
    ['packages/web/src/x.tsx', "import { loadPolicies } from '@castellan/server/explain'", /contracts only/],
    ['packages/web/src/x.tsx', "import { join } from 'node:path'", /contracts only/],
    ['packages/cli/src/x.ts', "import { decide } from '@castellan/kernel'", /decides nothing itself/],
    ['packages/cli/src/x.ts', "import { x } from '../../server/src/vault/vault.ts'", /entered by its name/],
    [
      'packages/server/src/x/x.ts',
      "import { main } from '../../../cli/src/main.ts'",
      /never the other way round/,
    ],
    ['plugins/x/index.ts', "import { decide } from '@castellan/kernel'", /what every plugin author has/],
  ])('%s: %s', (path, text, why) => {
    expect(againstDirections(sourceOf(path, text)).join('\n')).toMatch(why)
  })

  test.each([
    ['invoke/x.ts', "import { serve } from '../main.ts'", /imported by nobody/],
    ['adapters/egress/x.ts', "import { x } from '../../chores.ts'", /imported by nobody/],
    ['invoke/x.ts', "import { egress } from '../adapters/egress/index.ts'", /states the port/],
    ['adapters/egress/x.ts', "export * from '../postgres/index.ts'", /knows no other/],
  ])('server: %s: %s', (path, text, why) => {
    expect(backUp(sourceOf(server + path, text)).join('\n')).toMatch(why)
  })

  test('and let pass what is right', () => {
    const right = [
      sourceOf(`${server}main.ts`, "import { egress } from './adapters/egress/index.ts'"),
      sourceOf(
        `${server}adapters/egress/x.ts`,
        "import { dial } from './dial.ts'\nimport { x } from '@castellan/kernel'",
      ),
    ]
    expect(right.flatMap((each) => [...againstDirections(each), ...backUp(each)])).toEqual([])
  })
})
