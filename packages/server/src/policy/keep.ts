/**
 * The rules in force. The gate asks whatever engine stands here; a new one takes its place at once and whole, or not at
 * all. What was in force last is kept beside the data, so that a file that cannot be used does not take it away.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { CastellanError, type PolicyFinding, type PolicyView } from '@castellan/contracts'
import type { Authorize } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Apart } from './apart.ts'
import { loadPolicies, type PolicyEngine, type PolicyText } from './cedar.ts'
import { findingOf } from './check.ts'
import { lastGoodFile, policyFile, readOwnersRules, readRules, writeRules } from './file.ts'
import type { PolicyProblem } from './parse.ts'
import { unusable } from './read.ts'

/** Writes the ledger row of a change, as the last statement of its transaction. */
export type RecordChange = (
  handle: Handle,
  change: { by: 'owner' | 'file'; hash: string; text: string },
) => Promise<void>

export interface KeeperOptions {
  /** The instance directory. */
  readonly directory: string
  /** Where what was in force last is kept. */
  readonly data: string
  readonly database: Database
  readonly tenant: Tenant
  readonly record: RecordChange
  readonly apart: Apart
  /** Told when the start goes on with rules that are not those of the file. */
  readonly tell: (words: string) => void
}

export interface PolicyKeeper {
  readonly authorize: Authorize
  /** The rules in force. */
  rules(): readonly PolicyText[]
  /** The owner's text that is in force. */
  text(): string
  view(): Promise<PolicyView>
  /** Stores a text as the owner's file and puts it in force. Rejects with `conflict` when `base` is not the file's hash. */
  put(text: string, base: string): Promise<PolicyView>
  /** Puts the file in force as it stands now. Both reject with `bad_request` when it does not pass the check. */
  reload(): Promise<PolicyView>
}

/** Loads the file, or what was in force last. Rejects with `bad_configuration` when neither can be used. */
export async function keepPolicies(options: KeeperOptions): Promise<PolicyKeeper> {
  let { text, engine } = await begin(options)
  let turn: Promise<unknown> = Promise.resolve()
  /** One change after the other: each sees the file as the last left it. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
  const view = async () => viewOf(options, engine, text)

  const apply = async (next: string, by: 'owner' | 'file') => {
    const found = await options.apart.check(next)
    if (!found.ok) throw refused(found.findings)
    const loaded = loadPolicies(next)
    if ('problems' in loaded) throw refused(loaded.problems.map(findingOf))
    const { database, tenant, directory, data, record } = options
    await database
      .as(tenant)
      .transaction()
      .execute(async (transaction) => {
        if (next !== text) await record(transaction, { by, hash: hashOfText(next), text: next })
        // Last, so that a row that cannot be written leaves the files as they are.
        await writeRules(join(data, lastGoodFile), next)
        if (by === 'owner') await writeRules(join(directory, policyFile), next)
      })
    ;({ text, engine } = { text: next, engine: loaded.engine })
    return view()
  }

  return {
    authorize: (request) => engine.authorize(request),
    rules: () => engine.policies,
    text: () => text,
    view,
    put: (next, base) =>
      inTurn(async () => {
        if (hashOfText(await readOwnersRules(options.directory)) !== base) throw changedMeanwhile()
        return apply(next, 'owner')
      }),
    reload: () => inTurn(async () => apply(await readOwnersRules(options.directory), 'file')),
  }
}

/** The SHA-256 of a text, in hex. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function begin(options: KeeperOptions): Promise<{ text: string; engine: PolicyEngine }> {
  const { directory, data, database, tenant, record, tell } = options
  const path = join(data, lastGoodFile)
  const lastGood = await readRules(path)
  const wanted = await usable(() => readOwnersRules(directory))
  if ('engine' in wanted) {
    const { text } = wanted
    if (text === lastGood) return wanted
    // Changed while nobody looked: the change is recorded now.
    if (text !== (lastGood ?? '')) {
      const change = { by: 'file' as const, hash: hashOfText(text), text }
      await database
        .as(tenant)
        .transaction()
        .execute((transaction) => record(transaction, change))
    }
    await writeRules(path, text)
    return wanted
  }
  const before = lastGood === null ? null : await usable(async () => lastGood)
  if (before === null || 'error' in before) throw wanted.error
  tell(
    `${wanted.error.message}\nThe rules that were in force before stay in force. Correct ${policyFile}, then: castellan policy apply`,
  )
  return before
}

async function usable(
  read: () => Promise<string>,
): Promise<{ text: string; engine: PolicyEngine } | { error: CastellanError }> {
  try {
    const text = await read()
    const loaded = loadPolicies(text)
    return 'engine' in loaded ? { text, engine: loaded.engine } : { error: unusable(loaded.problems) }
  } catch (error) {
    if (error instanceof CastellanError) return { error }
    throw error
  }
}

async function viewOf(
  { directory, apart }: KeeperOptions,
  engine: PolicyEngine,
  text: string,
): Promise<PolicyView> {
  const rules = [...engine.policies]
  try {
    const file = await readOwnersRules(directory)
    const differs = file !== text
    const findings = differs ? (await apart.check(file)).findings.filter(isProblem) : []
    return { rules, file: { text: file, hash: hashOfText(file) }, differs, findings }
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    const problem: PolicyProblem = { origin: 'owner', policy: null, line: null, message: error.message }
    return { rules, file: { text: '', hash: hashOfText('') }, differs: true, findings: [findingOf(problem)] }
  }
}

function isProblem({ severity }: PolicyFinding): boolean {
  return severity === 'problem'
}

function refused(findings: readonly PolicyFinding[]): CastellanError {
  const words = findings
    .filter(isProblem)
    .map(
      ({ line, rule, message }) =>
        `${line === null ? '' : `line ${line}: `}${rule === null ? '' : `${rule} `}${message}`,
    )
  return new CastellanError('bad_request', `These rules cannot be put in force: ${words.join('; ')}.`, {
    hint: 'the rules that were in force stay in force; correct these and try again',
  })
}

function changedMeanwhile(): CastellanError {
  return new CastellanError(
    'conflict',
    `${policyFile} was changed by someone else meanwhile; nothing was stored.`,
    {
      hint: 'look at it as it is now, and make your change again',
    },
  )
}
