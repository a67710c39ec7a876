/**
 * The chain as a file of JSON lines that can be verified without the database: a header, the checkpoints, the rows, an
 * end. Formats are described by the schemas below; `v` is raised when a line changes its meaning.
 */
import { Json, LedgerRow, type LedgerVerification } from '@castellan/contracts'
import * as z from 'zod'
import type { Database, Tenant } from '../database/index.ts'
import { Checkpoint, type Signer } from './checkpoint.ts'
import { streamRows } from './store.ts'
import { ChainCheck, sift } from './verify.ts'

const Header = z.strictObject({
  castellan: z.literal('ledger-export'),
  v: z.literal(1),
  tenant: z.string(),
  at: z.string(),
  /** Base64 of the 32 bytes of the Ed25519 key that signs the checkpoints. */
  public_key: z.string(),
})
const CheckpointLine = z.strictObject({ checkpoint: Checkpoint })
const RowLine = z.strictObject({ row: LedgerRow, body: Json.optional() })
const End = z.strictObject({ end: z.strictObject({ rows: z.int() }) })
const Line = z.union([RowLine, CheckpointLine, End])

/** The lines, without line ends. */
export async function* exportLines(
  database: Database,
  tenant: Tenant,
  options: { signer: Signer; checkpoints: readonly Checkpoint[]; bodies: boolean; at: string },
): AsyncGenerator<string> {
  const { signer, at } = options
  yield line(Header, { castellan: 'ledger-export', v: 1, tenant, at, public_key: signer.publicKey })
  for (const checkpoint of options.checkpoints) yield line(CheckpointLine, { checkpoint })
  let rows = 0
  for await (const { row, body } of streamRows(database, tenant)) {
    rows += 1
    // Not through the schema: a row that a superuser spoilt must come out as it is.
    yield JSON.stringify(options.bodies ? { row, body } : { row })
  }
  yield line(End, { end: { rows } })
}

/**
 * Verifies an export. `publicKey` is who must have signed the checkpoints (base64); without it the file's own word is
 * taken, which proves that the file is whole but not whose it is.
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  options: { publicKey?: string } = {},
): Promise<LedgerVerification> {
  const reader = new ExportReader(options.publicKey)
  for await (const text of lines) if (text !== '') reader.take(text)
  return reader.finish()
}

/** The header comes first and the checkpoints before the rows, so that rows are checked as they pass. */
class ExportReader {
  readonly #publicKey: string | undefined
  readonly #checkpoints: Checkpoint[] = []
  #header: z.infer<typeof Header> | null = null
  #check: ChainCheck | null = null
  #rows = 0
  #seq = 0
  #end: number | null = null
  #malformed = false

  constructor(publicKey: string | undefined) {
    this.#publicKey = publicKey
  }

  take(text: string): void {
    const value = parseJson(text)
    if (this.#header === null) {
      const header = Header.safeParse(value)
      if (header.success) this.#header = header.data
      else this.#malformed = true
      return
    }
    const parsed = Line.safeParse(value)
    if (!parsed.success || this.#end !== null) this.#malformed = true
    else if ('row' in parsed.data) this.#takeRow(parsed.data)
    else if ('end' in parsed.data) this.#end = parsed.data.end.rows
    else if (this.#check === null) this.#checkpoints.push(parsed.data.checkpoint)
    else this.#malformed = true
  }

  #takeRow({ row, body }: z.infer<typeof RowLine>): void {
    this.#rows += 1
    this.#seq = row.seq
    this.#start().take({ row, body })
  }

  #start(): ChainCheck {
    if (this.#check !== null) return this.#check
    const tenant = this.#header?.tenant ?? ''
    const [genuine, forged] = sift(
      this.#checkpoints.filter((each) => each.tenant === tenant),
      this.#publicKey ?? this.#header?.public_key ?? '',
    )
    genuine.sort((a, b) => a.seq - b.seq)
    this.#check = new ChainCheck(tenant, { checkpoints: genuine, atLeast: 0 })
    for (const { seq, kind } of forged) this.#check.fault(seq, kind)
    return this.#check
  }

  finish(): LedgerVerification {
    const check = this.#start()
    if (this.#malformed) check.fault(this.#seq, 'malformed')
    // Without its end the file was cut; with another count than it says, lines were taken out or added.
    if (this.#end === null || this.#end > this.#rows) check.fault(this.#seq + 1, 'truncated')
    else if (this.#end < this.#rows) check.fault(this.#seq, 'inserted')
    return check.finish()
  }
}

function line<T>(schema: z.ZodType<T>, value: T): string {
  return JSON.stringify(schema.parse(value))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Reported as a malformed line.
    return undefined
  }
}
