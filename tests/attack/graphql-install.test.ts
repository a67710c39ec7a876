/** Attack: code that nobody uses but everybody installs. The editor that comes with PostGraphile is not among it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

test('no editor and no second server for GraphQL is installed', () => {
  const unwanted = [
    'postgraphile',
    'grafserv',
    'ruru',
    'ruru-components',
    'graphiql',
    '@graphiql',
    'monaco-editor',
    'monaco-graphql',
  ]
  expect(unwanted.filter((name) => existsSync(join(modules, name)))).toEqual([])
})

test('what GraphQL stands on takes less than 25 MB', () => {
  const parts = [
    'grafast',
    'graphile-build',
    'graphile-build-pg',
    'graphile-config',
    '@dataplan',
    '@graphile',
    'graphql',
    'pg-sql2',
    'pg-introspection',
    'tamedevil',
  ]
  const bytes = parts.reduce((sum, name) => sum + sizeOf(join(modules, name)), 0)
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(bytes).toBeLessThan(25_000_000)
})

function sizeOf(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
