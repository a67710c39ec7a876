/** Trying a text on one past call: what the ledger says, what is in force now, what the text would say. */
import type { LedgerRow, PolicyTry } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Loading, StateWord, Trouble } from '../parts.tsx'
import { pastCallsQuery, tryQuery } from '../queries.ts'
import { shortTime } from '../time/words.ts'
import { decidedWords } from './words.ts'

const optionText = (row: LedgerRow): string =>
  `${row.skill}, ${row.decision === null ? '' : decidedWords[row.decision]}, ${shortTime(Date.parse(row.at))} (row ${row.seq})`

const Verdict = ({ label, judged }: { label: string; judged: PolicyTry['now'] }) => (
  <>
    <dt>{label}</dt>
    <dd>
      <StateWord glyph={judged.decision}>
        {decidedWords[judged.decision]}
        {judged.factor === undefined ? '' : `, by ${judged.factor}`}
      </StateWord>
      {judged.rules.length > 0 && <span className="quiet small mono"> {judged.rules.join(', ')}</span>}
    </dd>
  </>
)

/** The panel. `text` is tried as it stands. */
export const TryIt = ({ text }: { text: string }) => {
  const id = useId()
  const [seq, setSeq] = useState<number | null>(null)
  const past = useQuery(pastCallsQuery)
  const tried = useQuery(tryQuery(text, seq))
  if (past.data?.length === 0)
    return <p className="quiet">No call was made yet, so there is none to try it on.</p>
  return (
    <div className="policy-try">
      <label htmlFor={id}>A past call</label>
      <select
        id={id}
        value={seq ?? ''}
        onChange={(event) =>
          setSeq(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))
        }
      >
        <option value="">Choose one…</option>
        {past.data?.map((row) => (
          <option key={row.seq} value={row.seq}>
            {optionText(row)}
          </option>
        ))}
      </select>
      <div aria-live="polite">
        {seq !== null && tried.isFetching && <Loading what="the decision" />}
        {tried.error !== null && <Trouble error={tried.error} />}
        {tried.data !== undefined && seq !== null && (
          <dl className="facts">
            <dt>Then</dt>
            <dd>
              <StateWord glyph={tried.data.was}>{decidedWords[tried.data.was]}</StateWord>
            </dd>
            <Verdict label="Rules in force" judged={tried.data.now} />
            <Verdict label="This text" judged={tried.data.would} />
          </dl>
        )}
      </div>
    </div>
  )
}
