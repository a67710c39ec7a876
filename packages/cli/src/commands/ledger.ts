/** `castellan ledger`: reading the record, verifying the chain, taking it out, signing its head. */
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { exitCodes, LedgerPage, type LedgerRow, LedgerVerification } from '@castellan/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import * as z from 'zod'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'

/** Adds `ledger tail|verify|export|checkpoint`. */
export function addLedger(program: Command): void {
  const group = program.command('ledger').description('the record of decisions and effects')
  act(leaf(group, 'tail', 'shows the newest rows').option('-n, --lines <count>', 'how many', count, 20), tail)
  const check = 'checks the chain, or an exported one, against its checkpoints; exit code 4 when it is broken'
  act(leaf(group, 'verify [file]', check), verify)
  const out = leaf(group, 'export', 'writes the chain as JSON lines').option(
    '--bodies',
    'with what was said and done',
  )
  act(out, exportAll)
  act(leaf(group, 'checkpoint', 'signs the head of the chain now'), checkpoint)
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value
  throw new InvalidArgumentError('use a number from 1 to 1000')
}

async function tail(run: Run, options: { lines: number }): Promise<void> {
  const page = await run.either(
    (client) => client.get(`/api/ledger?limit=${options.lines}`, LedgerPage),
    ({ ledger, tenant }) => ledger.page(tenant, { limit: options.lines }),
  )
  const rows = page.rows.toReversed()
  if (run.json) return printJson({ rows })
  for (const line of table(rows.map(columns))) print(line)
}

function columns(row: LedgerRow): string[] {
  return [
    String(row.seq),
    row.at,
    row.kind,
    row.decision ?? '',
    visibleLine(row.skill),
    visibleLine(row.outcome ?? ''),
    row.principal.map(visibleLine).join(' › '),
  ]
}

async function verify(run: Run, file: string | undefined): Promise<number> {
  say('verifying …')
  const found =
    file === undefined
      ? await run.either(
          (client) => client.get('/api/ledger/verify', LedgerVerification),
          ({ ledger, tenant }) => ledger.verify(tenant),
        )
      : await verifyFile(file)
  if (run.json) printJson(found)
  else {
    for (const fault of found.broken) print(`row ${fault.seq}: ${fault.kind}`)
    print(
      found.ok
        ? `intact: ${found.rows} rows, ${found.checkpointed} of them under a signed checkpoint`
        : `broken: ${found.broken.length} faults in ${found.rows} rows`,
    )
  }
  return found.ok ? exitCodes.done : exitCodes.found
}

/** An export proves itself, with neither the instance nor its database. */
async function verifyFile(file: string): Promise<LedgerVerification> {
  const { verifyExport } = await import('@castellan/server/ledger')
  const input = (await open(file)).createReadStream()
  return verifyExport(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
}

async function exportAll(run: Run, options: { bodies?: boolean }): Promise<void> {
  const bodies = options.bodies === true
  const lines = await run.either(
    (client) => printAll(client.lines(`/api/ledger/export?bodies=${bodies ? 1 : 0}`)),
    ({ ledger, tenant }) => printAll(ledger.export(tenant, { bodies })),
  )
  say(`${lines} lines`)
}

async function printAll(lines: AsyncIterable<string>): Promise<number> {
  let count = 0
  for await (const line of lines) {
    print(line)
    count += 1
  }
  return count
}

const Signed = z.object({ checkpoint: z.object({ seq: z.number(), at: z.string() }).loose().nullable() })

async function checkpoint(run: Run): Promise<void> {
  const signed = await run.either(
    (client) => client.send('POST', '/api/ledger/checkpoint', undefined, Signed),
    async ({ ledger, tenant }) => ({ checkpoint: await ledger.checkpoint(tenant) }),
  )
  if (run.json) return printJson(signed)
  if (signed.checkpoint === null) print('the ledger is empty; there is nothing to sign')
  else print(`signed up to row ${signed.checkpoint.seq} at ${signed.checkpoint.at}`)
}
