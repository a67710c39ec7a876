/** One's own accounts elsewhere: which ones sign in as oneself, connecting another, taking one away. */
import type { ConnectionView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { Verbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { connections, connectionsQuery } from './api.ts'
import { ProviderTrouble } from './buttons.tsx'
import './providers.css'

const Line = ({ connection }: { connection: ConnectionView }) => {
  const remove = useMutation({
    mutationFn: () => withStepUp(() => connections.remove(connection.id)),
    onSuccess: () => client.invalidateQueries({ queryKey: connectionsQuery.queryKey }),
  })
  return (
    <li className="line">
      <div className="row">
        <h2>{connection.title}</h2>
        <Verbatim text={connection.label} />
        <Button
          className="push"
          aria-label={`Disconnect ${connection.title} ${connection.label}`}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Disconnect
        </Button>
      </div>
      <p className="quiet small">
        Connected <When at={connection.connected_at} />,{' '}
        {connection.last_used_at === null ? (
          'not used since'
        ) : (
          <>
            used <When at={connection.last_used_at} />
          </>
        )}
      </p>
      {remove.error !== null && <Trouble error={remove.error} />}
    </li>
  )
}

const Connect = ({ name, title }: { name: string; title: string }) => {
  const begin = useMutation({
    mutationFn: () => withStepUp(() => connections.begin(name)),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  return (
    <li>
      <Button loading={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()}>
        Connect {title}
      </Button>
      {begin.error !== null && <Trouble error={begin.error} />}
    </li>
  )
}

/** The page's content. */
export const ConnectionsPage = () => {
  const { data, error } = useQuery(connectionsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="connections" />
  return (
    <>
      <ProviderTrouble state={{ providers: data.available }} />
      {data.connections.length === 0 ? (
        <div className="sheet empty">
          <p>No account elsewhere signs in as you.</p>
          <p className="quiet">
            {data.available.length === 0
              ? 'The owner has set up no provider yet. Where one is, you can connect, say, your Google account and sign in with one click there.'
              : 'Connect one below, and from then on you can sign in with it. It signs in as you and nobody else, whatever address it bears later.'}
          </p>
        </div>
      ) : (
        <ul className="sheet ruled plain-list">
          {data.connections.map((connection) => (
            <Line key={connection.id} connection={connection} />
          ))}
        </ul>
      )}
      {data.available.length > 0 && (
        <ul className="plain-list provider-buttons">
          {data.available.map(({ name, title }) => (
            <Connect key={name} name={name} title={title} />
          ))}
        </ul>
      )}
    </>
  )
}
