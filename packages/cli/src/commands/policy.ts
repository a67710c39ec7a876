/** `castellan policy`: checking rules, what they would have changed, and why a call was decided as it was. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  CastellanError,
  exitCodes,
  type PolicyCheck,
  PolicyReplay,
  type PolicyRule,
  PolicyView,
  PolicyWhy,
} from '@castellan/contracts'
import { fileName } from '@castellan/server/configuration'
import { type Command, InvalidArgumentError } from 'commander'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled, table } from '../output.ts'
import { visible, visibleLine } from '../visible.ts'

/** Adds `policy check|replay|show|apply`. */
export function addPolicy(program: Command): void {
  const group = program.command('policy').description('the rules of what is allowed, asked and denied')
  const checking =
    'says what is wrong with rules, and which of them do nothing; exit code 4 when it finds something'
  act(leaf(group, 'check [file]', checking), check)
  const replaying = 'says which past calls other rules would have decided otherwise'
  act(leaf(group, 'replay [file]', replaying).option('--days <number>', 'how far back', days, 30), replayPast)
  const showing = leaf(group, 'show', 'shows the rules in force, or why a call was decided as it was')
  act(showing.option('--why <row>', 'a row of the ledger', row), show)
  const applying = 'puts policy.cedar, or another file in its place, in force without a restart'
  act(leaf(group, 'apply [file]', applying), apply)
}

function days(text: string): number {
  return wholeNumber(text, 365)
}

function row(text: string): number {
  return wholeNumber(text, Number.MAX_SAFE_INTEGER)
}

function wholeNumber(text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new InvalidArgumentError(`use a whole number from 1${most > 365 ? '' : ` to ${most}`}`)
}

/** A named file must exist; the instance's own need not. */
async function rulesOf(run: Run, file: string | undefined): Promise<string> {
  const { readOwnersRules, readRules } = await import('@castellan/server/policy')
  if (file === undefined) return readOwnersRules(run.directory)
  const text = await readRules(file)
  if (text !== null) return text
  throw new CastellanError('not_found', `there is no file ${file}`)
}

async function check(run: Run, file: string | undefined): Promise<number> {
  const { checkPolicies } = await import('@castellan/server/policy')
  const found = checkPolicies(await rulesOf(run, file))
  if (run.json) printJson(found)
  else showCheck(found, file ?? 'policy.cedar')
  return found.findings.length === 0 ? exitCodes.done : exitCodes.found
}

function showCheck({ ok, findings, rules }: PolicyCheck, file: string): void {
  for (const { severity, rule, line, message, how } of findings) {
    const place = line === null ? file : `${file}:${line}`
    print(
      `${styled(severity === 'problem' ? 'red' : 'yellow', severity)} ${place} ${visibleLine(rule ?? '')}`.trimEnd(),
    )
    print(`  ${visibleLine(message)}${how === null ? '' : ` (${visibleLine(how)})`}`)
  }
  const count = `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`
  if (rules.length === 0 && findings.length === 0) say(`${file} holds no rules`)
  else if (!ok) say(`${file} cannot be put in force; what is in force stays`)
  else say(findings.length === 0 ? `${count}, nothing to say against` : `${count}, which can be put in force`)
}

async function replayPast(run: Run, file: string | undefined, options: { days: number }): Promise<void> {
  const text = await rulesOf(run, file)
  say(`deciding the calls of the last ${options.days} days again …`)
  const found = await run.either(
    (client) => client.send('POST', '/api/policy/replay', { text, days: options.days }, PolicyReplay),
    async ({ ledger, tenant }) => {
      const { judgeBy, replay } = await import('@castellan/server/policy')
      return replay(ledger, tenant, options.days, judgeBy(text))
    },
  )
  if (run.json) return printJson(found)
  for (const line of table(found.changes.map(changeColumns))) print(line)
  if (found.changes.length < found.changed) print(`… and ${found.changed - found.changes.length} more`)
  for (const { was, would, calls } of found.counts) print(`${was} → ${would}: ${calls}`)
  print(`${found.changed} of ${found.calls} calls would have been decided otherwise`)
  if (found.unknown > 0)
    print(`${found.unknown} more cannot be told: what they were decided over is not recorded`)
  if (found.cut) print('there were more; only the newest were looked at')
}

function changeColumns(change: PolicyReplay['changes'][number]): string[] {
  const { seq, at, was, would, factor, skill, rules } = change
  const becomes = `${was} → ${would}${factor === undefined ? '' : ` (${factor})`}`
  return [String(seq), at, becomes, visibleLine(skill), rules.map(visibleLine).join(', ')]
}

async function show(run: Run, options: { why?: number }): Promise<void> {
  if (options.why !== undefined) return showWhy(run, options.why)
  const rules = await rulesInForce(run)
  if (run.json) return printJson({ rules })
  for (const rule of rules) {
    print(`${styled('bold', visibleLine(rule.id))} (${rule.origin}, ${rule.effect})`)
    print(`  ${visibleLine(rule.says) || 'no sentence'}`)
    for (const line of visible(rule.text).split('\n')) print(`    ${line}`)
  }
}

/** As the running instance has them; as the files say where none runs, and the shipped ones where there is none. */
async function rulesInForce(run: Run): Promise<readonly PolicyRule[]> {
  const client = await run.client().catch((error: unknown) => {
    if (error instanceof CastellanError && error.code === 'not_running') return null
    throw error
  })
  if (client !== null) return (await client.get('/api/policy', PolicyView)).rules
  const { readPolicies } = await import('@castellan/server/policy')
  const directory = existsSync(join(run.directory, fileName)) ? run.directory : null
  return (await readPolicies(directory)).policies
}

async function showWhy(run: Run, seq: number): Promise<void> {
  const found = await run.either(
    (client) => client.get(`/api/policy/why/${seq}`, PolicyWhy),
    async ({ ledger, tenant }) => {
      const { readPolicies, why } = await import('@castellan/server/policy')
      const { authorize, policies } = await readPolicies(run.directory)
      return why(ledger, tenant, seq, { authorize, rules: policies })
    },
  )
  if (run.json) return printJson(found)
  const { decision, refused } = found
  if (refused !== null) print(visibleLine(refused))
  const factor = decision.factor === undefined ? '' : ` (${decision.factor})`
  print(`${visibleLine(found.skill)}: ${decision.decision}${factor}. ${visibleLine(decision.why)}`)
  const columns = decision.arguments.map((each) => [
    ...[`  ${visibleLine(each.path)}`, each.role, each.origin, each.sources.map(visibleLine).join(', ')],
    visibleLine(typeof each.value === 'string' ? each.value : JSON.stringify(each.value)),
  ])
  for (const line of table(columns)) print(line)
  for (const { id, rule } of found.rules) showRule(id, rule)
  showOtherwise(found)
}

function showRule(id: string, rule: PolicyRule | null): void {
  print(`rule ${visibleLine(id)}: ${rule === null ? 'no rule that is in force now' : visibleLine(rule.says)}`)
  for (const line of rule === null ? [] : visible(rule.text).split('\n')) print(`    ${line}`)
}

function showOtherwise({ otherwise, decision, changed_since }: PolicyWhy): void {
  if (otherwise === null)
    print('what it was decided over is not recorded, so it cannot be told what would have let it pass')
  else if (decision.decision !== 'allow' && otherwise.length === 0)
    print('nothing that it read would have let it pass')
  for (const { facts, decision: would } of otherwise ?? []) {
    const outcome = would === 'allow' ? 'it would have passed' : 'you would have been asked'
    print(`${outcome} if ${facts.map(visibleLine).join(', and ')}`)
  }
  if (changed_since) print('your rules were changed after this; the rules shown are those of now')
}

async function apply(run: Run, file: string | undefined): Promise<number> {
  const { checkPolicies, policyFile, writeRules } = await import('@castellan/server/policy')
  const text = await rulesOf(run, file)
  const found = checkPolicies(text)
  if (!found.ok) {
    if (run.json) printJson(found)
    else showCheck(found, file ?? policyFile)
    return exitCodes.found
  }
  if (!existsSync(join(run.directory, fileName))) {
    throw new CastellanError('bad_configuration', `there is no instance in ${run.directory}`, {
      hint: 'name it with --dir',
    })
  }
  if (file !== undefined) await writeRules(join(run.directory, policyFile), text)
  const view = await run
    .client()
    .then((client) => client.send('POST', '/api/policy/reload', undefined, PolicyView))
    .catch((error: unknown) => {
      if (error instanceof CastellanError && error.code === 'not_running') return null
      throw error
    })
  if (run.json) printJson({ ok: true, running: view !== null })
  else print(view === null ? 'stored; it is in force from the next start' : 'in force')
  return exitCodes.done
}
