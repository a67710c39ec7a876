/** Signed-in browsers as a list, each with the way to end it. Whose they are is the caller's affair. */
import type { SessionView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { StateWord, Trouble } from '../parts.tsx'
import { When } from '../time/when.tsx'
import { browserInWords } from './browser.ts'

const ways: Readonly<Record<string, string>> = {
  password: 'a password',
  link: 'a sign-in link',
  passkey: 'a passkey',
  invitation: 'an invitation',
  unknown: 'an unknown way',
}
/** What a session was begun by, in words. */
const wayInWords = (way: string): string => ways[way] ?? way.replace(/^provider:/, '')

interface Ending {
  /** Ends a session. */
  end: (session: SessionView) => Promise<unknown>
  onEnded: (session: SessionView) => unknown
}

const SessionLine = ({ session, end, onEnded }: Ending & { session: SessionView }) => {
  const revoke = useMutation({ mutationFn: () => end(session), onSuccess: () => onEnded(session) })
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
        From <span className="mono">{session.address}</span>, signed in by {wayInWords(session.began_by)}{' '}
        <When at={session.created_at} />, last seen <When at={session.last_seen_at} />, ends by itself{' '}
        <When at={session.expires_at} />
      </p>
      {revoke.error !== null && <Trouble error={revoke.error} />}
    </li>
  )
}

/** The list, the present one first, then by when it was last seen. */
export const SessionList = ({ sessions, ...ending }: Ending & { sessions: readonly SessionView[] }) => (
  <ul className="sheet ruled plain-list">
    {sessions
      .toSorted(
        (a, b) => Number(b.current) - Number(a.current) || b.last_seen_at.localeCompare(a.last_seen_at),
      )
      .map((session) => (
        <SessionLine key={session.id} session={session} {...ending} />
      ))}
  </ul>
)
