/**
 * `node tests/mutation/main.ts [--only TEXT] [--near] [--suite DIR]`: breaks each rule of the gate in a copy of the sources, and says
 * which test catches it, or that the red team does, or that nothing does. Exit code 4 when something stays unnoticed.
 * With `--near` only the quickest tests are tried: what they miss, the others may still catch.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Break, everyBreak } from './breaks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: { only: { type: 'string' }, suite: { type: 'string' }, near: { type: 'boolean' } },
})

const copy = mkdtempSync(join(tmpdir(), 'castellan-mutation-'))
try {
  copySources()
  const kept = everyBreak.filter(({ rule, file }) => `${rule} ${file}`.includes(values.only ?? ''))
  const near = values.only === undefined ? [] : [...new Set(kept.flatMap(({ file }) => nearestTo(file)))]
  const failing = caughtBy(null, near)
  if (failing !== null) throw new Error(`the tests fail without any break: ${failing}`)
  const missed = kept.filter((each) => {
    const caught = tryOut(each)
    console.log(
      `${caught === null ? 'MISSED' : 'caught'}  ${each.rule}  [${each.file}]${caught === null ? '' : `  by ${caught}`}`,
    )
    return caught === null
  })
  console.log(`${kept.length - missed.length} of ${kept.length} breaks were caught`)
  process.exitCode = missed.length > 0 ? 4 : 0
} finally {
  rmSync(copy, { recursive: true })
}

/** The sources, with links to the libraries, and the packages linked to the copy. */
function copySources(): void {
  for (const name of ['packages', 'tests', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    })
  }
  const libraries = join(copy, 'node_modules')
  mkdirSync(join(libraries, '@castellan'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@castellan') symlinkSync(join(root, 'node_modules', name), join(libraries, name))
  }
  for (const name of readdirSync(join(copy, 'packages'))) {
    symlinkSync(join('..', '..', 'packages', name), join(libraries, '@castellan', name))
  }
}

function tryOut({ rule, file, find, put }: Break): string | null {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(find).length !== 2)
    throw new Error(`"${rule}": the text to break does not stand in ${file} once`)
  writeFileSync(
    path,
    text.replace(find, () => put),
  )
  try {
    return caughtBy(rule, nearestTo(file)) ?? (values.near === true ? null : caughtBy(rule))
  } finally {
    writeFileSync(path, text)
  }
}

/** The first test that fails, or the red team's figures; null when nothing notices. */
function caughtBy(rule: string | null, near: readonly string[] = []): string | null {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const options = ['--config', 'tests/mutation/vitest.config.ts', '--reporter=json', `--outputFile=${report}`]
  const run = spawnSync(process.execPath, [vitest, 'run', ...options, ...near], {
    cwd: copy,
    encoding: 'utf8',
  })
  // No test of that name is none that notices.
  if (!existsSync(report) && near.length > 0) return null
  if (!existsSync(report)) throw new Error(`the tests did not run: ${run.stderr}`)
  const failed = firstFailure(JSON.parse(readFileSync(report, 'utf8')) as TestReport)
  if (failed !== null || near.length > 0 || rule === null || values.suite === undefined) return failed
  const command = join(copy, 'packages/cli/bin/castellan.js')
  const replay = spawnSync(process.execPath, [command, 'redteam', '--suite', values.suite], {
    cwd: copy,
    encoding: 'utf8',
  })
  return replay.status === 4
    ? `the red team: ${replay.stdout.split('\n').find((line) => line.startsWith('total'))}`
    : null
}

/** Tests that most likely notice, tried first because they are quick. */
function nearestTo(file: string): string[] {
  if (file.includes('/trace/'))
    return ['trace/asked.test.ts', 'trace/literal.test.ts', 'trace/unsaid.test.ts']
  if (file.includes('/redteam/')) return ['redteam/']
  return [
    file.includes('/policy/') ? 'policy/' : file.slice(file.lastIndexOf('/') + 1).replace('.ts', '.test.ts'),
  ]
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function firstFailure({ testResults }: TestReport): string | null {
  for (const { name, message, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    const file = name.slice(name.lastIndexOf('/') + 1)
    if (failed !== undefined) return `${file}: ${failed.fullName.trim()}`
    if (message !== '') return `${file}: ${message.split('\n')[0]}`
  }
  return null
}
