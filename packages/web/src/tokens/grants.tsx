/** The apps that are signed in as one, each on its machine, and how to sign one out. */
import type { GrantView } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Loading, Trouble } from '../parts.tsx'
import { When } from '../time/when.tsx'
import { grantsQuery, tokens } from './doors.ts'
import { Ending } from './ending.tsx'

const Line = ({ grant }: { grant: GrantView }) => (
  <li className="line">
    <div className="row">
      <h3>{grant.name}</h3>
      <Ending
        verb={grant.client === undefined ? 'End' : 'Sign out'}
        name={grant.name}
        warning={
          grant.client === undefined
            ? 'It opens nothing from then on.'
            : 'It is signed out at once and has to ask you again.'
        }
        work={() => tokens.signOut(grant.id)}
        reloads={grantsQuery.queryKey}
      />
    </div>
    <p className="small">
      Good for <span className="mono">{grant.scopes.join(', ')}</span>, ends <When at={grant.expires_at} /> at
      the latest
    </p>
    <p className="quiet small">
      Signed in <When at={grant.created_at} />, last seen <When at={grant.last_used_at} /> at{' '}
      <span className="mono">{grant.address}</span>
      {grant.user_agent !== '' && <> ({grant.user_agent})</>}
    </p>
  </li>
)

/** The section of the page. */
export const SignedInApps = () => {
  const { data, error } = useQuery(grantsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="apps" />
  return (
    <section aria-label="Apps that are signed in">
      <div className="row token-head">
        <h2>Apps that are signed in</h2>
      </div>
      {data.length === 0 ? (
        <div className="sheet empty">
          <p>No app is signed in as you.</p>
          <p className="quiet">
            When an app on your phone or computer asks to sign in, this page opens in the browser, you say yes
            or no, and it is listed here with what it may do.
          </p>
        </div>
      ) : (
        <ul className="sheet ruled plain-list">
          {data.map((grant) => (
            <Line key={grant.id} grant={grant} />
          ))}
        </ul>
      )}
    </section>
  )
}
