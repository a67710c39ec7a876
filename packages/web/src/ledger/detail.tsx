/** One row of the ledger in full: what was decided and done, its hashes, and the body beside it. */
import type { Json, LedgerRow } from '@castellan/contracts'
import { ArgumentView } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as z from 'zod'
import { DecisionWord } from '../chat/call.tsx'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { usePrincipals } from '../people/names.ts'
import { Why } from '../policies/why.tsx'
import { ledgerRowQuery } from '../queries.ts'
import { ArgumentTable } from '../questions/arguments.tsx'
import { outcomeInWords } from '../text/sentence.ts'
import { Verbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'

const Facts = ({ row }: { row: LedgerRow }) => (
  <dl className="facts">
    <dt>When</dt>
    <dd>
      <When at={row.at} as="short" /> (<When at={row.at} />)
    </dd>
    <dt>Kind</dt>
    <dd>{row.kind}</dd>
    <dt>Skill</dt>
    <dd className="mono">{row.skill}</dd>
    <dt>On whose word</dt>
    <dd>{usePrincipals()(row.principal)}</dd>
    {row.decision !== null && (
      <>
        <dt>Decision</dt>
        <dd>
          <DecisionWord decision={row.decision} />
        </dd>
      </>
    )}
    {row.rules.length > 0 && (
      <>
        <dt>By rules</dt>
        <dd className="mono small">{row.rules.join(', ')}</dd>
      </>
    )}
    {row.outcome !== null && (
      <>
        <dt>Outcome</dt>
        <dd>{outcomeInWords(row.outcome)}</dd>
      </>
    )}
    {row.run !== null && (
      <>
        <dt>Run</dt>
        <dd>
          <Link to="/ledger" search={{ run: row.run }}>
            All rows of this run
          </Link>
          {row.step !== null && <span className="quiet"> · step {row.step}</span>}
        </dd>
      </>
    )}
  </dl>
)

/** A body often tells the arguments with their origins; then they deserve the table. */
const Told = z.object({ decision: z.object({ why: z.string(), arguments: z.array(ArgumentView) }) })

const bodyFold = { characters: 6_000, lines: 120 }

const Body = ({ body }: { body: Json }) => {
  if (body === null)
    return <p className="quiet">Its body was erased, or it never had one. The row and its hash remain.</p>
  const told = Told.safeParse(body)
  return (
    <>
      {told.success && (
        <>
          <p>{told.data.decision.why}</p>
          <ArgumentTable rows={told.data.decision.arguments} />
        </>
      )}
      <div className="sheet body-json">
        <Verbatim text={JSON.stringify(body, null, 2)} fold={bodyFold} />
      </div>
    </>
  )
}

const Hashes = ({ row }: { row: LedgerRow }) => (
  <details>
    <summary>Hashes</summary>
    <dl className="facts hashes">
      <dt>This row</dt>
      <dd className="mono small">{row.hash}</dd>
      <dt>Row before</dt>
      <dd className="mono small">{row.prev}</dd>
      <dt>Arguments</dt>
      <dd className="mono small">{row.args}</dd>
    </dl>
  </details>
)

/** The drawer of one row; its address can be shared. */
export const RowDrawer = ({ seq, onClose }: { seq: number; onClose: () => void }) => {
  const { data, error } = useQuery(ledgerRowQuery(seq))
  return (
    <Pane label={`Row ${seq}`} drawer onClose={onClose}>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="the row" />}
      {data !== undefined && (
        <>
          <Facts row={data.row} />
          {(data.row.kind === 'decision' || data.row.kind === 'intent') && data.body !== null && (
            <Why seq={seq} />
          )}
          <h3>Body</h3>
          <Body body={data.body} />
          <Hashes row={data.row} />
        </>
      )}
    </Pane>
  )
}
