/** The house around the rooms: rail or phone bar, the live stream, notices, the palette, and the door. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { StepUpHost } from '../account/step-up.tsx'
import { Glyph } from '../glyphs.tsx'
import { whenSignedOut } from '../http.ts'
import { listen } from '../live.ts'
import { dismiss, useNotices } from '../notices.ts'
import { Room, Trouble } from '../parts.tsx'
import { authQuery, overviewQuery } from '../queries.ts'
import { LinkDoor, linkPaths } from '../signin/links.tsx'
import { SignIn } from '../signin/page.tsx'
import { When } from '../time/when.tsx'
import { Palette } from './palette.tsx'
import { PhoneBar, Rail, useWaiting } from './rail.tsx'
import { isClosed } from './rooms.ts'
import './shell.css'

const Notices = () => {
  const notices = useNotices()
  return (
    <div className="notices" role="status">
      {notices.map((notice) => (
        <div key={notice.id} className="notice-line">
          <p>
            {notice.text}{' '}
            <span className="quiet small">
              <When at={notice.at} />
            </span>
          </p>
          <button
            type="button"
            className="icon-button"
            aria-label="Close this notice"
            onClick={() => dismiss(notice.id)}
          >
            <Glyph name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}

const usePaletteKey = (open: () => void): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.altKey ||
        event.shiftKey
      )
        return
      event.preventDefault()
      open()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [open])
}

/** Entering a room moves the focus into it, unless the room has placed the focus itself. */
const useFocusRoom = (path: string): void => {
  const entered = useRef(path)
  useEffect(() => {
    if (entered.current === path) return
    entered.current = path
    const room = document.getElementById('room')
    if (room?.contains(document.activeElement) === false) room.focus({ preventScroll: true })
  }, [path])
}

const Announced = () => {
  const waiting = useWaiting()
  const words = waiting === 1 ? 'One thing waits for you.' : `${waiting} things wait for you.`
  return (
    <p className="unseen" role="status">
      {waiting > 0 && words}
    </p>
  )
}

const ClosedRoom = () => (
  <Room title="Not your room" about="The owner of this house has kept this room. Nothing of yours is in it.">
    <p>
      <Link to="/account">To your account</Link>
    </p>
  </Room>
)

const House = () => {
  const [connected, setConnected] = useState(true)
  const [finding, setFinding] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const you = useQuery(overviewQuery).data?.you
  const hears = you?.chats === true
  // The stream is of the agent's rooms: to whom they do not open it answers nothing, which is no fault of the house.
  useEffect(() => (hears ? listen(setConnected) : undefined), [hears])
  usePaletteKey(() => setFinding(true))
  useFocusRoom(path)
  return (
    <div className="house">
      <a className="skip" href="#room">
        To the room
      </a>
      <Rail onFind={() => setFinding(true)} />
      <main id="room" tabIndex={-1} data-path={path}>
        {isClosed(path, you) ? <ClosedRoom /> : <Outlet />}
      </main>
      <PhoneBar onFind={() => setFinding(true)} />
      {finding && <Palette onClose={() => setFinding(false)} />}
      <StepUpHost />
      <Notices />
      <Announced />
      <p className="lost" role="status">
        {!connected && 'Castellan does not answer. What is stored is safe; this page tries again by itself.'}
      </p>
    </div>
  )
}

/** Shows the house to who is signed in, the door to everybody else. */
export const Shell = () => {
  const cache = useQueryClient()
  const { data, error, refetch } = useQuery(authQuery)
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(
    () =>
      whenSignedOut(() => {
        // Asked, not concluded: a step-up gives the session another token, and what was under way bears the old one.
        void cache.invalidateQueries({ queryKey: authQuery.queryKey })
      }),
    [cache],
  )
  if (data === undefined && error !== null)
    return (
      <div className="door">
        <Trouble error={error}>
          <button type="button" className="link-button" onClick={() => void refetch()}>
            Try again
          </button>
        </Trouble>
      </div>
    )
  if (data === undefined) return null
  if (linkPaths.includes(path)) return <LinkDoor path={path} state={data} />
  return data.signed_in ? <House /> : <SignIn state={data} />
}
