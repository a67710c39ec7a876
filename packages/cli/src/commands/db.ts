/** `castellan db`: the owner's own tables, made by numbered files, with permissions written once. */
import { AppliedData, CastellanError, DataOverview, exitCodes } from '@castellan/contracts'
import type { Command } from 'commander'
import * as z from 'zod'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

/** Adds `db new|apply|status|hasura`. */
export function addDb(program: Command): void {
  const group = program.command('db').description('your own tables and who may do what with them')
  act(leaf(group, 'new <name>', 'writes the next migration, with an example in it'), create)
  const applying =
    'runs pending migrations and puts the permissions in force; exit code 4 when something is wrong'
  act(leaf(group, 'apply', applying).option('--dry-run', 'say what would change, and change nothing'), apply)
  act(
    leaf(group, 'status', 'shows tables, files, and whether the database agrees; exit code 4 when not'),
    status,
  )
  act(leaf(group, 'hasura', "prints the permissions as Hasura's metadata"), hasura)
}

async function create(run: Run, name: string): Promise<void> {
  const { newMigration } = await import('@castellan/server/data')
  const created = await newMigration(run.directory, name)
  if (run.json) return printJson({ created })
  for (const file of created) print(`wrote ${file}`)
}

async function apply(run: Run, { dryRun = false }: { dryRun?: boolean }): Promise<number> {
  const done = await run.either(
    (client) => client.send('POST', '/api/data/apply', { dry_run: dryRun }, AppliedData),
    ({ data }) => data.apply(dryRun, 'owner'),
  )
  if (run.json) printJson(done)
  else showApplied(done)
  return done.ok ? exitCodes.done : exitCodes.found
}

function showApplied({ ok, dry_run, problems, migrations, changes }: AppliedData): void {
  for (const { file, line, message } of problems) {
    print(`${styled('red', 'problem')} ${file}${line === null ? '' : `:${line}`}`)
    print(`  ${visibleLine(message)}`)
  }
  if (!ok) {
    say('nothing was changed')
    return
  }
  for (const name of migrations) print(`${dry_run ? 'would run' : 'ran'} ${name}`)
  for (const change of changes) print(visibleLine(change))
  if (migrations.length === 0 && changes.length === 0) say('everything is as the files say')
  else if (dry_run) say('this was a dry run; nothing was changed')
}

async function status(run: Run): Promise<number> {
  const found = await run.either(
    (client) => client.get('/api/data', DataOverview),
    ({ data }) => data.overview(),
  )
  const agrees =
    found.problems.length === 0 &&
    found.drift.length === 0 &&
    found.permissions.applied &&
    found.migrations.every((each) => each.state === 'applied')
  if (run.json) printJson({ agrees, ...found })
  else showStatus(found, agrees)
  return agrees ? exitCodes.done : exitCodes.found
}

function showStatus(found: DataOverview, agrees: boolean): void {
  const { tables, migrations, permissions, problems, drift } = found
  for (const line of table(migrations.map((each) => [each.name, each.state, each.applied_at ?? ''])))
    print(line)
  for (const each of tables) {
    print(styled('bold', visibleLine(each.name)))
    const cells = each.cells.map((cell) =>
      [`  ${cell.role}`, cell.rows, cell.columns.join(', ')].map(visibleLine),
    )
    for (const line of table(cells)) print(line)
  }
  for (const { file, line, message } of problems) {
    print(`${styled('red', 'problem')} ${file}${line === null ? '' : `:${line}`} ${visibleLine(message)}`)
  }
  for (const line of drift) print(`${styled('yellow', 'drift')} ${visibleLine(line)}`)
  if (!permissions.applied)
    say('db/permissions.yaml is not what is in force; castellan db apply puts it there')
  if (agrees && tables.length === 0) say('there are no tables; castellan db new NAME makes the first file')
}

async function hasura(run: Run): Promise<void> {
  const metadata = await run.either(
    (client) => client.get('/api/data/hasura', z.json()),
    ({ data }) => data.hasura(),
  )
  if (typeof metadata !== 'object') throw new CastellanError('internal', 'no metadata came back')
  printJson(metadata)
}
