/** Signed-in browsers, and how to end one. */
import type { SessionView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { settings } from '../api.ts'
import { Loading, StateWord, Trouble } from '../parts.tsx'
import { authQuery, client, sessionsQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import { browserInWords } from './browser.ts'

const SessionLine = ({ session }: { session: SessionView }) => {
  const revoke = useMutation({
    mutationFn: () => settings.revoke(session.id),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: session.current ? authQuery.queryKey : sessionsQuery.queryKey }),
  })
  const name = browserInWords(session.user_agent)
  return (
    <li className="line">
      <div className="row">
        <h2 title={session.user_agent}>{name}</h2>
        {session.current && (
          <StateWord glyph="you" tone="good">
            this one
          </StateWord>
        )}
        <Button
          className="push"
          aria-label={
            session.current ? 'End this session' : `End the session of ${name} from ${session.address}`
          }
          loading={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          End
        </Button>
      </div>
      <p className="quiet small">
        From <span className="mono">{session.address}</span>, signed in <When at={session.created_at} />, last
        seen <When at={session.last_seen_at} />, ends by itself <When at={session.expires_at} />
      </p>
      {revoke.error !== null && <Trouble error={revoke.error} />}
    </li>
  )
}

/** The page. */
export const SessionsPage = () => {
  const { data, error } = useQuery(sessionsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="sessions" />
  return (
    <ul className="sheet ruled plain-list">
      {data
        .toSorted(
          (a, b) => Number(b.current) - Number(a.current) || b.last_seen_at.localeCompare(a.last_seen_at),
        )
        .map((session) => (
          <SessionLine key={session.id} session={session} />
        ))}
    </ul>
  )
}
