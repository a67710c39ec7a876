/** One's own account: the frame of its pages, each with its own address. Whoever adds a page adds a row here. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Alerts } from '../alerts/alerts.tsx'
import { ConnectionsPage } from '../providers/connections.tsx'
import { overviewQuery } from '../queries.ts'
import { SubpageRoom } from '../shell/subpages.tsx'
import { DevicesPage } from './devices.tsx'
import { YouPage } from './you.tsx'

const pages = [
  { to: '/account', name: 'You' },
  { to: '/account/signing-in', name: 'Signing in' },
  { to: '/account/connections', name: 'Connections' },
  { to: '/account/devices', name: 'Devices' },
  { to: '/account/tokens', name: 'Tokens' },
] as const

/** Whoever has no room where things wait for them finds their alerts here. */
const AlertsHere = () => {
  const { data } = useQuery(overviewQuery)
  return data?.you.chats === false ? <Alerts /> : null
}

/** The heading and the list of pages around one of them. */
export const AccountFrame = ({ about, children }: { about: string; children: ReactNode }) => (
  <SubpageRoom title="Your account" about={about} pages={pages}>
    <AlertsHere />
    {children}
  </SubpageRoom>
)

/** Name, address, password, sessions. */
export const YouRoom = () => (
  <AccountFrame about="Who you are in this house, and where you are signed in.">
    <YouPage />
  </AccountFrame>
)

/** Accounts elsewhere that sign in as oneself. */
export const ConnectionsRoom = () => (
  <AccountFrame about="Accounts you have elsewhere that open this house as you. Each is one more key: connect only what you keep well.">
    <ConnectionsPage />
  </AccountFrame>
)

/** Phones, laptops and programs that come in by a key of their own, and chat accounts. */
export const DevicesRoom = () => (
  <AccountFrame about="Phones, laptops and programs that act as you by a key of their own. Whoever holds one of them may read and do as you may, but changes nothing about the house and never gives a second factor.">
    <DevicesPage />
  </AccountFrame>
)
