/**
 * `node tests/mutation/main.ts [--only TEXT] [--shared DIR] [--known FILE] [--near]`: breaks each rule in a private copy of the
 * sources, and says which test catches it, or that the red team does, or that nothing does; exit code 4 when something stays
 * unnoticed. Writes tests/mutation/RESULTS.md, where what was not tried this time stands as it stood. What FILE (JSON lines)
 * holds of an earlier run is not tried again; with `--near` only the nearest tests are, and what they miss counts as not run.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Break, everyBreak } from './breaks.ts'
import { Copy } from './copy.ts'
import { placeOf, readResults, type Tried, writeResults } from './results.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    shared: { type: 'string', default: join(root, '../shared/agentdojo/suites') },
    known: { type: 'string' },
    near: { type: 'boolean', default: false },
  },
})
/** Copies that are worked on at once. */
const atOnce = 2

const nameOf = ({ file, find, put }: Break) => JSON.stringify([file, find, put])
const tried = new Map<string, Tried>(readKnown().map(({ name, ...rest }): [string, Tried] => [name, rest]))
const waiting = everyBreak.filter(
  (each) =>
    `${each.area ?? 'gate'}: ${each.rule} ${each.file}`.includes(values.only) && !tried.has(nameOf(each)),
)
const copies = Array.from({ length: atOnce }, () => new Copy(root, values.shared))
try {
  await Promise.all(copies.map(work))
} finally {
  for (const copy of copies) copy.remove()
}
if (!values.near) {
  const path = fileURLToPath(new URL('RESULTS.md', import.meta.url))
  const before = values.only === '' ? new Map<string, Tried>() : readResults(readFileSync(path, 'utf8'))
  const of = (each: Break) => tried.get(nameOf(each)) ?? before.get(placeOf(each)) ?? null
  writeFileSync(path, writeResults(everyBreak.map((each) => ({ ...each, tried: of(each) }))))
}
const missed = everyBreak.filter(
  (each) => each.equivalent === undefined && tried.get(nameOf(each))?.caught === null,
)
console.log(
  `${everyBreak.filter((each) => tried.has(nameOf(each))).length} of ${everyBreak.length} breaks were tried, and ${missed.length} of these went unnoticed`,
)
process.exitCode = missed.length > 0 ? 4 : 0

async function work(copy: Copy): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const caught = await copy.tryOut(next, values.near ? 1 : Number.POSITIVE_INFINITY)
    const done: Tried = { caught, date: new Date().toISOString().slice(0, 10), commit: commit() }
    const isFinal = caught !== null || !values.near
    if (isFinal) tried.set(nameOf(next), done)
    if (isFinal && values.known !== undefined)
      appendFileSync(values.known, `${JSON.stringify({ name: nameOf(next), ...done })}\n`)
    console.log(`${caught === null ? 'MISSED' : 'caught'}  ${next.rule}  [${next.file}]  ${caught ?? ''}`)
  }
}

function commit(): string {
  return spawnSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
}

function readKnown(): (Tried & { name: string })[] {
  if (values.known === undefined || !existsSync(values.known)) return []
  const lines = readFileSync(values.known, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Tried & { name: string })
}
