#!/usr/bin/env node
/**
 * The `castellan` command for any Node from 20 on. The house itself needs Node 24, which `npm ci` puts into node_modules;
 * with an older one this file runs itself again under that. Plain JavaScript without dependencies: it runs before anything.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = 24
const here = fileURLToPath(import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= needed) {
  // Stripped types and compiled code are kept beside the sources, not in a directory that others may write to.
  module.enableCompileCache(join(dirname(here), '../../../.cache/compile'))
  const { main } = await import('../src/main.ts')
  await main(process.argv.slice(2))
} else {
  const node = findNode(dirname(here))
  if (node === undefined) {
    console.error(`error: castellan needs node ${needed} or newer, and this is ${process.version}`)
    console.error('hint: run npm ci in the repository, which brings one')
    process.exitCode = 1
  } else {
    runAgain(node)
  }
}

/** The node that npm installed as a development dependency, here or in a directory above. */
function findNode(directory) {
  const candidate = join(
    directory,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (existsSync(candidate)) return candidate
  const above = dirname(directory)
  return above === directory ? undefined : findNode(above)
}

function runAgain(node) {
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both of us; `up` takes two signals at once for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`error: ${node} cannot be started (${error.message})`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 2 : 128 + 15)
  })
}
