/**
 * `npm test`: the checks, then the tests, then one plain line `N passed, N failed` on stdout. Plain JavaScript for any Node
 * from 20 on: it runs everything else under the Node 24 of node_modules, and sees to the programs that tests need.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => join(root, 'node_modules', '.bin', name)
const ci = process.env.CI === 'true'
const environment = {
  ...process.env,
  ...(process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: '1' }),
  PATH: [join(root, 'node_modules/node/bin'), process.env.PATH].join(delimiter),
}

let passed = 0
let failed = 0

/** Runs a program in the repository with its output passed through; resolves to its exit code. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', (error) => {
      console.error(`error: ${program} cannot be started (${error.message})`)
      resolve(127)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** One check counts as one test. */
async function check(title, program, args) {
  console.error(`\n— ${title}`)
  if ((await run(program, args)) === 0) passed += 1
  else failed += 1
}

const needed = [
  { program: 'chromium', packages: ['chromium', 'fonts-dejavu'], for: 'the tests of the pages' },
]

/** Installs what is missing where this is a Debian and we are root; else says how. Missing in CI is a failure. */
async function install() {
  const missing = needed.filter(({ program }) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error)
  if (missing.length === 0) return
  const packages = missing.flatMap((each) => each.packages)
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error(`\n— installing ${packages.join(', ')}`)
    await run('apt-get', ['update', '-qq'])
    if ((await run('apt-get', command.split(' ').slice(1))) === 0) return
  }
  for (const { program, for: purpose } of missing) {
    console.error(
      `warning: ${program} is missing, so ${purpose} cannot run; install it with: sudo ${command}`,
    )
  }
  if (ci) failed += missing.length
}

async function tests() {
  const directory = mkdtempSync(join(tmpdir(), 'castellan-results-'))
  const report = join(directory, 'vitest.json')
  console.error('\n— tests')
  const only = process.argv.slice(2)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run(bin('vitest'), ['run', ...reporters, ...only])
  count(report, code)
  rmSync(directory, { recursive: true, force: true })
}

/** Counts tests; files that could not be loaded and a run that ended without a report are failures too. */
function count(report, code) {
  const before = failed
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    const broken = result.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    )
    passed += result.numPassedTests
    failed += result.numFailedTests + broken.length
  }
  if (code !== 0 && failed === before) failed += 1
}

await install()
await check('formatting and lint', bin('biome'), ['check', '.'])
await check('types', bin('tsc'), ['-p', '.'])
await check('types of the pages', bin('tsc'), ['-p', 'packages/web'])
await tests()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
