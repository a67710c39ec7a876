/** One's personal tokens, for scripts: made here, shown once, listed with their last use. */
import type { PersonalTokenView } from '@castellan/contracts'
import { Button, CopyButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { When } from '../time/when.tsx'
import { personalQuery, tokens } from './doors.ts'
import { Ending } from './ending.tsx'
import { NewPersonalForm } from './new-personal.tsx'

/** The one time that a token's value is shown. */
const Made = ({ token, onClose }: { token: string; onClose: () => void }) => (
  <Pane label="The token, shown this once" onClose={onClose}>
    <div className="model-form">
      <p>Put it now where the script will look for it. It is not kept here and cannot be shown again.</p>
      <p className="mono token-value" data-token>
        {token}
      </p>
      <div className="row">
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button variant="filled" onClick={copy}>
              {copied ? 'Copied' : 'Copy the token'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </div>
      <details className="model-more">
        <summary>Try it in a terminal</summary>
        <p className="mono small token-value">
          curl {location.origin}/api/overview -H "Authorization: Bearer {token}"
        </p>
      </details>
    </div>
  </Pane>
)

const Line = ({ token }: { token: PersonalTokenView }) => (
  <li className="line">
    <div className="row">
      <h3>{token.name}</h3>
      <Ending
        verb="Revoke"
        name={token.name}
        warning="What uses it is turned away at once."
        work={() => tokens.revoke(token.id)}
        reloads={personalQuery.queryKey}
      />
    </div>
    <p className="small">
      Good for <span className="mono">{token.scopes.join(', ')}</span>
      {token.expires_at === null ? (
        ', lasts until you revoke it'
      ) : (
        <>
          , ends <When at={token.expires_at} />
        </>
      )}
    </p>
    <p className="quiet small">
      Made <When at={token.created_at} />,{' '}
      {token.last_used_at === null ? (
        'never used'
      ) : (
        <>
          last used <When at={token.last_used_at} /> from <span className="mono">{token.last_address}</span>
        </>
      )}
    </p>
  </li>
)

/** The section of the page. */
export const PersonalTokens = () => {
  const { data, error } = useQuery(personalQuery)
  const [pane, setPane] = useState<{ token: string | null } | null>(null)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="tokens" />
  const made = async (token: string): Promise<void> => {
    setPane({ token })
    await client.invalidateQueries({ queryKey: personalQuery.queryKey })
  }
  return (
    <section aria-label="Tokens for scripts">
      <div className="row token-head">
        <h2>Tokens for scripts</h2>
        <span className="push">
          <Button variant="filled" onClick={() => setPane({ token: null })}>
            Make a token
          </Button>
        </span>
      </div>
      {data.length === 0 ? (
        <div className="sheet empty">
          <p>No script has a token of yours.</p>
          <p className="quiet">
            An example: a script that puts the day’s temperatures into one of your tables, with a token named{' '}
            <span className="mono">thermometer</span> that is good for <span className="mono">data</span> and
            for nothing else.
          </p>
        </div>
      ) : (
        <ul className="sheet ruled plain-list">
          {data.map((token) => (
            <Line key={token.id} token={token} />
          ))}
        </ul>
      )}
      {pane?.token === null && (
        <Pane label="A token for a script" onClose={() => setPane(null)}>
          <NewPersonalForm onMade={made} />
        </Pane>
      )}
      {typeof pane?.token === 'string' && <Made token={pane.token} onClose={() => setPane(null)} />}
    </section>
  )
}
