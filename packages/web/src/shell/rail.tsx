/** The left rail, and on a phone the bar below: the rooms, a badge only where someone waits. */
import type { AuthState } from '@castellan/contracts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { alertsQuery } from '../alerts/alerts.tsx'
import { auth } from '../api.ts'
import { Glyph } from '../glyphs.tsx'
import { notify } from '../notices.ts'
import { Pane } from '../parts.tsx'
import { authQuery, overviewQuery, questionsQuery } from '../queries.ts'
import { DensityButton, SchemeButton } from './appearance.tsx'
import { firstSteps, type RoomRow, roomsFor } from './rooms.ts'

const Badge = ({ count }: { count: number }) =>
  count === 0 ? null : (
    <span className="badge">
      <span aria-hidden="true">{count}</span>
      <span className="unseen">{count === 1 ? ', 1 thing waits' : `, ${count} things wait`}</span>
    </span>
  )

const RoomLink = ({ room, waiting, onClick }: { room: RoomRow; waiting: number; onClick?: () => void }) => (
  <Link
    to={room.to}
    className="rail-link"
    activeProps={{ 'aria-current': 'page' }}
    {...(onClick === undefined ? {} : { onClick })}
  >
    <Glyph name={room.glyph} />
    <span className="rail-name">
      <span className="wide-name">{room.name}</span>
      {room.short !== undefined && (
        <span className="short-name" aria-hidden="true">
          {room.short}
        </span>
      )}
    </span>
    {room.to === '/waiting' && <Badge count={waiting} />}
  </Link>
)

const useSignOut = (): (() => Promise<void>) => {
  const cache = useQueryClient()
  return async () => {
    let state: AuthState
    try {
      state = await auth.logout()
    } catch (error) {
      notify({
        id: 'sign-out',
        text: error instanceof Error ? error.message : 'Signing out failed.',
        at: new Date().toISOString(),
      })
      return
    }
    cache.removeQueries({ predicate: (query) => query.queryKey[0] !== 'auth' })
    cache.setQueryData(authQuery.queryKey, state)
  }
}

const Tools = ({ onFind }: { onFind: () => void }) => {
  const signOut = useSignOut()
  return (
    <div className="rail-tools">
      <button
        type="button"
        className="icon-button"
        aria-label="Find anything"
        title="Find anything (Ctrl K)"
        onClick={onFind}
      >
        <Glyph name="find" />
      </button>
      <SchemeButton />
      <DensityButton />
      <button
        type="button"
        className="icon-button"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void signOut()}
      >
        <Glyph name="leave" />
      </button>
    </div>
  )
}

/** How many questions and alerts wait; of questions by the freshest of the two that know. */
export const useWaiting = (): number => {
  const { data } = useQuery(overviewQuery)
  const open = useQuery({ ...questionsQuery, enabled: data?.you.chats === true }).data
  const alerts = useQuery(alertsQuery).data?.total ?? 0
  return (open?.length ?? data?.open_questions ?? 0) + alerts
}

/** The rail of a wide page. */
export const Rail = ({ onFind }: { onFind: () => void }) => {
  const { data } = useQuery(overviewQuery)
  const waiting = useWaiting()
  const left = data?.first_run.length ?? 0
  return (
    <header className="rail">
      <Link to="/" className="rail-brand" activeProps={{}}>
        <img src="/icon.svg" alt="" width={24} height={24} />
        <span className="rail-name">
          Castellan
          <span className="rail-instance">{data?.instance ?? '\u00a0'}</span>
        </span>
      </Link>
      <nav aria-label="Rooms">
        {/* Which rooms there are is known with the overview; drawing them earlier would move them. */}
        {[...(left > 0 ? [firstSteps] : []), ...roomsFor(data?.you)].map((room) => (
          <RoomLink key={room.to} room={room} waiting={waiting} />
        ))}
      </nav>
      <Tools onFind={onFind} />
    </header>
  )
}

const MorePane = ({
  waiting,
  onFind,
  onClose,
}: {
  waiting: number
  onFind: () => void
  onClose: () => void
}) => {
  const { data } = useQuery(overviewQuery)
  const left = data?.first_run.length ?? 0
  return (
    <Pane label="Rooms" onClose={onClose}>
      <nav aria-label="More rooms" className="more-rooms">
        {[...(left > 0 ? [firstSteps] : []), ...roomsFor(data?.you).slice(2)].map((room) => (
          <RoomLink key={room.to} room={room} waiting={waiting} onClick={onClose} />
        ))}
      </nav>
      <Tools
        onFind={() => {
          onClose()
          onFind()
        }}
      />
    </Pane>
  )
}

/** The bar of a phone: the two rooms that matter on the way, and the rest behind one button. */
export const PhoneBar = ({ onFind }: { onFind: () => void }) => {
  const [more, setMore] = useState(false)
  const waiting = useWaiting()
  const rooms = roomsFor(useQuery(overviewQuery).data?.you)
  return (
    <>
      <nav className="phone-bar" aria-label="Rooms">
        {rooms.slice(0, 3).map((room) => (
          <RoomLink key={room.to} room={room} waiting={waiting} />
        ))}
        <button type="button" className="rail-link" aria-haspopup="dialog" onClick={() => setMore(true)}>
          <Glyph name="more" />
          <span className="rail-name">More</span>
        </button>
      </nav>
      {more && <MorePane waiting={waiting} onFind={onFind} onClose={() => setMore(false)} />}
    </>
  )
}
