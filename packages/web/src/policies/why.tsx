/** Why a call was decided as it was: the rules with their sentences, and what would have let it pass. */
import { CastellanError, type PolicyWhy } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Trouble } from '../parts.tsx'
import { whyQuery } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'

const Otherwise = ({ why: { otherwise, decision } }: { why: PolicyWhy }) => {
  if (otherwise === null)
    return (
      <p className="quiet">
        What it was decided over is not recorded, so it cannot be told what would have let it pass.
      </p>
    )
  if (decision.decision === 'allow') return null
  if (otherwise.length === 0) return <p>Nothing that it read would have let it pass.</p>
  return (
    <ul>
      {otherwise.map(({ facts, decision: would }) => (
        <li key={facts.join()}>
          {would === 'allow' ? 'It would have passed' : 'You would have been asked'} if{' '}
          <InlineVerbatim text={facts.join(', and ')} />.
        </li>
      ))}
    </ul>
  )
}

/** The rules and facts of one row of the ledger. */
export const Why = ({ seq }: { seq: number }) => {
  const { data, error } = useQuery(whyQuery(seq))
  // A call that was refused for another reason than a rule has nothing to explain here.
  if (error instanceof CastellanError && error.code === 'bad_request') return null
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return null
  return (
    <section className="why">
      <h3>Why</h3>
      {data.refused !== null && <p>{data.refused} By the rules it needed a yes:</p>}
      <ul>
        {data.rules.map(({ id, rule }) => (
          <li key={id}>
            <InlineVerbatim text={rule === null ? 'No rule that is in force now.' : rule.says} />{' '}
            <span className="mono small quiet">{id}</span>
          </li>
        ))}
      </ul>
      <Otherwise why={data} />
      {data.changed_since && (
        <p className="quiet">Your rules were changed after this; the sentences are those of now.</p>
      )}
    </section>
  )
}
