/** A private copy of the sources with one rule broken at a time, and what notices the break. The shared tree stays whole. */
import { execFileSync, spawn } from 'node:child_process'
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
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Break } from './breaks.ts'
import { type Stage, stagesFor } from './stages.ts'

/** What a replay says of one suite folder: who got through, and which tasks of the owner's were asked about. */
interface Replayed {
  readonly leaks: ReadonlySet<string>
  readonly asks: ReadonlySet<string>
}

/** What caught a break, as one line; null when nothing did. */
export type Caught = string | null

export class Copy {
  readonly #root: string
  readonly #copy = mkdtempSync(join(tmpdir(), 'castellan-mutation-'))
  readonly #shared: string | null
  /** What is replayed without any break. */
  readonly #whole = new Map<string, Promise<Replayed | null>>()

  /** Stages that pass without any break. */
  readonly #passing = new Set<string>()

  /** `shared` is a folder with suites of others; null for none. */
  constructor(root: string, shared: string | null) {
    this.#root = root
    this.#shared = shared
    // What is committed: in the shared tree somebody may be in the middle of a sentence.
    const archive = execFileSync(
      'git',
      ['-C', root, 'archive', 'HEAD', 'packages', 'tests', 'package.json'],
      {
        maxBuffer: 1e9,
      },
    )
    execFileSync('tar', ['-x', '-C', this.#copy], { input: archive })
    cpSync(join(root, 'tests/mutation'), join(this.#copy, 'tests/mutation'), { recursive: true })
    const libraries = join(this.#copy, 'node_modules')
    mkdirSync(join(libraries, '@castellan'), { recursive: true })
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name !== '@castellan' && name !== '.vite')
        symlinkSync(join(root, 'node_modules', name), join(libraries, name))
    }
    for (const name of readdirSync(join(this.#copy, 'packages')))
      symlinkSync(join('..', '..', 'packages', name), join(libraries, '@castellan', name))
  }

  remove(): void {
    rmSync(this.#copy, { recursive: true, force: true })
  }

  /** Breaks a rule, asks one stage after the other, at most so many, and mends it. */
  async tryOut({ rule, file, find, put, tests }: Break, most: number): Promise<Caught> {
    const path = join(this.#copy, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(find).length !== 2)
      throw new Error(`"${rule}": the text to break does not stand in ${file} once`)
    try {
      for (const stage of stagesFor(file, tests).slice(0, most)) {
        if (stage.kind === 'replay') {
          writeFileSync(path, text)
          await this.#wholeReplay(stage)
        }
        writeFileSync(
          path,
          text.replace(find, () => put),
        )
        const caught = stage.kind === 'tests' ? await this.#test(stage) : await this.#replayed(stage)
        if (caught === null) continue
        writeFileSync(path, text)
        if (stage.kind === 'tests') await this.#mustPass(stage)
        return caught
      }
      return null
    } finally {
      writeFileSync(path, text)
    }
  }

  /** The first test that fails. */
  async #test({ files, isQuick, hasHouse }: Stage & { kind: 'tests' }): Promise<Caught> {
    const report = join(this.#copy, 'report.json')
    rmSync(report, { force: true })
    const config = `tests/mutation/${hasHouse === true ? 'house' : 'vitest'}.config.ts`
    const options = ['--config', config, '--reporter=json', `--outputFile=${report}`, '--passWithNoTests']
    if (isQuick === true)
      options.push('-t', '^(?!.*(?:no argument is more the owner|nor for their hand|over random files))')
    const vitest = join(this.#root, 'node_modules/vitest/vitest.mjs')
    const { err } = await this.#run([vitest, 'run', ...options, ...files])
    if (!existsSync(report)) throw new Error(`the tests did not run: ${err}`)
    return firstFailure(JSON.parse(readFileSync(report, 'utf8')) as TestReport)
  }

  /** Tests that fail without any break would catch everything. */
  async #mustPass(stage: Stage & { kind: 'tests' }): Promise<void> {
    const key = JSON.stringify(stage)
    if (this.#passing.has(key)) return
    const failed = await this.#test(stage)
    if (failed !== null) throw new Error(`the tests fail without any break: ${failed}`)
    this.#passing.add(key)
  }

  async #replayed(stage: Stage & { kind: 'replay' }): Promise<Caught> {
    const whole = await this.#wholeReplay(stage)
    const now = await this.#replay(stage)
    if (whole === null || now === null) return whole === null ? null : 'red team: it cannot be replayed'
    const name = `red team (${stage.suites === 'own' ? 'tests/attack/suites' : 'AgentDojo'}${stage.isSealed ? ', sealed' : ''})`
    const leaks = [...now.leaks].filter((each) => !whole.leaks.has(each))
    if (leaks.length > 0) return `${name}: ${leaks.length} more get through, the first ${leaks[0]}`
    // What an asking owner is asked is said by our own suites only.
    const asks = [...now.asks].filter((each) => !whole.asks.has(each))
    return stage.suites === 'own' && asks.length > 0 ? `${name}: asks otherwise at ${asks[0]}` : null
  }

  #wholeReplay(stage: Stage & { kind: 'replay' }): Promise<Replayed | null> {
    const key = `${stage.suites} ${stage.isSealed}`
    const known = this.#whole.get(key) ?? this.#replay(stage)
    this.#whole.set(key, known)
    return known
  }

  async #replay({ suites, isSealed }: Stage & { kind: 'replay' }): Promise<Replayed | null> {
    const folder = suites === 'own' ? join(this.#copy, 'tests/attack/suites') : this.#shared
    if (folder === null || !existsSync(folder)) return null
    const command = join(this.#copy, 'packages/cli/bin/castellan.js')
    const { out } = await this.#run([
      command,
      'redteam',
      '--json',
      '--suite',
      folder,
      ...(isSealed ? ['--sealed'] : []),
    ])
    if (!out.startsWith('{')) return null
    const { details } = JSON.parse(out) as { details: readonly Detail[] }
    const leaking = details.filter((each) => each.kind === 'pair' && (each.leaked_calls ?? 0) > 0)
    return {
      leaks: new Set(leaking.map((each) => `${each.suite} ${each.user_task} with ${each.injection_task}`)),
      asks: new Set(
        details
          .filter((each) => each.kind === 'user_task')
          .map(({ suite, user_task, asks }) =>
            [suite, user_task, ...(asks ?? []).map(({ tool, factor }) => `${tool} (${factor})`)].join(' '),
          ),
      ),
    }
  }

  #run(args: readonly string[]): Promise<{ out: string; err: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: this.#copy })
      if (child.pid !== undefined) setPriority(child.pid, 10)
      const [out, err]: Buffer[][] = [[], []]
      child.stdout.on('data', (each: Buffer) => out?.push(each))
      child.stderr.on('data', (each: Buffer) => err?.push(each))
      child.on('error', reject)
      child.on('close', () =>
        resolve({ out: Buffer.concat(out ?? []).toString(), err: Buffer.concat(err ?? []).toString() }),
      )
    })
  }
}

interface Detail {
  readonly kind: string
  readonly suite: string
  readonly user_task: string
  readonly injection_task?: string
  readonly leaked_calls?: number
  readonly asks?: readonly { readonly tool: string; readonly factor: string }[]
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function firstFailure({ testResults }: TestReport): Caught {
  for (const { name, message, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    const file = name.slice(name.lastIndexOf('/') + 1)
    if (failed !== undefined) return `${file}: ${failed.fullName.trim()}`
    if (message !== '') return `${file}: ${message.split('\n')[0]}`
  }
  return null
}
