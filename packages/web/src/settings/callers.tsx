/** Callers by namespace: what each may ask, what it has spent today, when it last came, and how to end it. */
import type { CallerView } from '@castellan/contracts'
import { Button, CopyButton } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { callers as api } from '../api.ts'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { callersQuery, client } from '../queries.ts'
import { When } from '../time/when.tsx'
import { NewCallerForm } from './new-caller.tsx'

const reload = (): Promise<void> => client.invalidateQueries({ queryKey: callersQuery.queryKey })

const number = new Intl.NumberFormat()

/** The one time that a token's value is shown, with the line that uses it. */
const Made = ({ token, onClose }: { token: string; onClose: () => void }) => {
  const example = `curl ${location.origin}/v1/models -H "Authorization: Bearer ${token}"`
  return (
    <Pane label="The token, shown this once" onClose={onClose}>
      <div className="model-form">
        <p>
          Put it into the program now, as the API key of an OpenAI-compatible service at{' '}
          <span className="mono">{location.origin}/v1</span>. It is not kept here and cannot be shown again.
        </p>
        <p className="mono caller-token" data-token>
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
          <p className="mono small caller-token">{example}</p>
        </details>
      </div>
    </Pane>
  )
}

const Revoke = ({ caller }: { caller: CallerView }) => {
  const [open, setOpen] = useState(false)
  const revoke = useMutation({ mutationFn: () => api.revoke(caller.id), onSuccess: reload })
  return (
    <>
      <span className="push row">
        {open ? (
          <>
            <span className="small">It is turned away at once, in the middle of an answer too.</span>
            <Button autoFocus onClick={() => setOpen(false)}>
              Keep it
            </Button>
            <Button loading={revoke.isPending} onClick={() => revoke.mutate()}>
              Revoke {caller.name}
            </Button>
          </>
        ) : (
          <Button variant="subtle" aria-label={`Revoke ${caller.name}`} onClick={() => setOpen(true)}>
            Revoke…
          </Button>
        )}
      </span>
      {revoke.error !== null && <Trouble error={revoke.error} />}
    </>
  )
}

const CallerLine = ({ caller }: { caller: CallerView }) => (
  <li className="line">
    <div className="row">
      <h3>{caller.name}</h3>
      <Revoke caller={caller} />
    </div>
    <p className="small">
      May ask <span className="mono">{caller.models.join(', ')}</span>, {number.format(caller.per_minute)}{' '}
      times a minute and {number.format(caller.burst + 1)} at once, while its namespace has spent less than{' '}
      {number.format(caller.tokens_per_day)} tokens in a day.
    </p>
    <p className="quiet small">
      Made <When at={caller.created_at} />,{' '}
      {caller.last_used_at === null ? (
        'never used'
      ) : (
        <>
          last used <When at={caller.last_used_at} />
        </>
      )}
      {caller.expires_at !== null && (
        <>
          , ends <When at={caller.expires_at} />
        </>
      )}
    </p>
  </li>
)

const Namespace = ({ name, members }: { name: string; members: readonly CallerView[] }) => (
  <section aria-label={`Namespace ${name}`}>
    <div className="row caller-namespace">
      <h2 className="mono">{name}</h2>
      <span className="quiet small">
        {number.format(members[0]?.tokens_today ?? 0)} tokens spent today, all its programs together
      </span>
    </div>
    <ul className="sheet ruled plain-list">
      {members.map((caller) => (
        <CallerLine key={caller.id} caller={caller} />
      ))}
    </ul>
  </section>
)

const Empty = () => (
  <div className="sheet empty">
    <p>No program asks your models.</p>
    <p className="quiet">
      Give one a token and it can use them as it would use OpenAI. An example: a note app in the namespace{' '}
      <span className="mono">notes</span> that may ask <span className="mono">light</span> models and spend
      100,000 tokens a day. It reaches no skill, no memory and no conversation of yours.
    </p>
  </div>
)

/** The page. */
export const CallersPage = () => {
  const { data, error } = useQuery(callersQuery)
  const [pane, setPane] = useState<{ token: string | null } | null>(null)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="callers" />
  const namespaces = Object.entries(Object.groupBy(data, ({ namespace }) => namespace))
  const made = async (token: string): Promise<void> => {
    setPane({ token })
    await reload()
  }
  return (
    <>
      <div>
        <Button variant="filled" onClick={() => setPane({ token: null })}>
          Make a token
        </Button>
      </div>
      {data.length === 0 && <Empty />}
      {namespaces.map(([name, members = []]) => (
        <Namespace key={name} name={name} members={members} />
      ))}
      {pane?.token === null && (
        <Pane label="A token for a program" onClose={() => setPane(null)}>
          <NewCallerForm onMade={made} />
        </Pane>
      )}
      {typeof pane?.token === 'string' && <Made token={pane.token} onClose={() => setPane(null)} />}
    </>
  )
}
