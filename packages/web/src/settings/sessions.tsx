/** One's own signed-in browsers, and how to end one. */
import { useQuery } from '@tanstack/react-query'
import { settings } from '../api.ts'
import { Loading, Trouble } from '../parts.tsx'
import { authQuery, client, sessionsQuery } from '../queries.ts'
import { SessionList } from './session-list.tsx'

/** The page. */
export const SessionsPage = () => {
  const { data, error } = useQuery(sessionsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="sessions" />
  return (
    <SessionList
      sessions={data}
      end={(session) => settings.revoke(session.id)}
      onEnded={(session) =>
        client.invalidateQueries({ queryKey: session.current ? authQuery.queryKey : sessionsQuery.queryKey })
      }
    />
  )
}
