/**
 * `npm run bench`: how fast and how small Castellan is, each figure beside a floor measured in the same run on the same
 * machine. `--json` prints rows for programs, `--only NAME` (repeatable) some groups, `--patience SECONDS` how long to wait
 * for a quiet machine before each group.
 */
import { parseArgs } from 'node:util'
import { type Cluster, makeCluster } from './cluster.ts'
import { decisionRows } from './decision.ts'
import { graphqlRows } from './graphql.ts'
import { ledgerRows } from './ledger.ts'
import { limitRows } from './limits.ts'
import { load, quiet, watchOthers } from './machine.ts'
import { type Figure, type Row, rowOf, table } from './report.ts'
import { coldRows, memoryRows, warmRows } from './start.ts'
import { tokenRows } from './tokens.ts'
import { tracingRows } from './tracing.ts'
import { acceptRows, rateRows, turnRows } from './turns.ts'

/** The groups in the order they are measured. */
const groups: Readonly<Record<string, (cluster: Cluster) => Promise<Figure[]>>> = {
  cold: coldRows,
  warm: warmRows,
  memory: memoryRows,
  accept: acceptRows,
  turn: turnRows,
  rate: rateRows,
  decision: decisionRows,
  tracing: tracingRows,
  ledger: ledgerRows,
  limits: limitRows,
  tokens: tokenRows,
  graphql: graphqlRows,
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    patience: { type: 'string', default: '60' },
  },
})
const names = values.only ?? Object.keys(groups)
const unknown = names.find((name) => !(name in groups))
if (unknown !== undefined) {
  console.error(`there is no group ${unknown}; there are ${Object.keys(groups).join(', ')}`)
  process.exit(2)
}

const rows: Row[] = []
const cluster = await makeCluster()
try {
  for (const name of names) rows.push(...(await measure(name)))
} finally {
  await cluster.close()
}
console.log(values.json ? JSON.stringify({ node: process.version, rows }, null, 1) : table(rows))

async function measure(name: string): Promise<Row[]> {
  const busy = await quiet(Number(values.patience) * 1000)
  if (busy >= 0.33) console.error(`others keep ${busy.toFixed(1)} cores busy; measuring all the same`)
  console.error(`${name} …`)
  const before = load()
  const others = watchOthers()
  const figures = (await groups[name]?.(cluster)) ?? []
  const machine = { load: before, others: others() }
  return figures.map((figure) => rowOf(figure, machine))
}
