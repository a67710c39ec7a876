/** Settings: the frame of its pages, each with its own address. */
import type { ReactNode } from 'react'
import { ProvidersPage } from '../providers/room.tsx'
import { SubpageRoom } from '../shell/subpages.tsx'
import { AppsPage } from '../tokens/clients.tsx'
import { CallersPage } from './callers.tsx'
import { OptionsPage } from './options.tsx'
import { SecretsPage } from './secrets.tsx'
import { SessionsPage } from './sessions.tsx'
import './settings.css'

const pages = [
  { to: '/settings', name: 'Options' },
  { to: '/settings/secrets', name: 'Secrets' },
  { to: '/settings/sessions', name: 'Sessions' },
  { to: '/settings/callers', name: 'Callers' },
  { to: '/settings/apps', name: 'Apps' },
  { to: '/settings/providers', name: 'Providers' },
] as const

const Frame = ({ about, children }: { about: string; children: ReactNode }) => (
  <SubpageRoom title="Settings" about={about} pages={pages}>
    {children}
  </SubpageRoom>
)

/** Every option in force. */
export const OptionsRoom = () => (
  <Frame about="What is in force, and where it was set. Runtime options change here at once; boot options change in the instance's files and count from the next start.">
    <OptionsPage />
  </Frame>
)

/** The vault's names. */
export const SecretsRoom = () => (
  <Frame about="Secrets are kept encrypted and used only at the border, on their way to the service they belong to. No page and no command ever shows a value again.">
    <SecretsPage />
  </Frame>
)

/** Programs with tokens. */
export const CallersRoom = () => (
  <Frame about="Programs of yours that use the models you configured, each with a token, a rate and a daily budget of its own. They reach the models and nothing else of Castellan.">
    <CallersPage />
  </Frame>
)

/** Who is signed in. */
export const SessionsRoom = () => (
  <Frame about="Each browser that is signed in as you. A session lasts eight hours at most; ending one takes effect at once.">
    <SessionsPage />
  </Frame>
)

/** Accounts elsewhere that sign people in. */
export const ProvidersRoom = () => (
  <Frame about="People can sign in with an account they have elsewhere, such as Google or GitHub. That provider then says who they are, so choose those you would trust with the key of this house.">
    <ProvidersPage />
  </Frame>
)

/** Apps that may ask people to sign in. */
export const AppsRoom = () => (
  <Frame about="Apps of your own that may ask the people of this house to sign in, through the browser and without ever seeing a password.">
    <AppsPage />
  </Frame>
)
