/** The rooms of the rail: one row each. A row exists because the room does, and is shown to whom it opens. */
import type { Overview } from '@castellan/contracts'
import type { GlyphName } from '../glyphs.tsx'

/** A room: where it is, what it is called, its sign, and what the palette also finds it by. */
export interface RoomRow {
  to:
    | '/welcome'
    | '/chat'
    | '/waiting'
    | '/ledger'
    | '/models'
    | '/policies'
    | '/settings'
    | '/account'
    | '/people'
    | '/data'
    | '/system'
  name: string
  /** Where there is little room. */
  short?: string
  glyph: GlyphName
  also: string
  /** `house`: the owner of the house; `owner`: the owner of any tenant; `agent`: whoever may talk to the agent; everybody when absent. */
  opens?: 'house' | 'agent' | 'owner'
}

export const rooms: readonly RoomRow[] = [
  { to: '/chat', name: 'Chat', glyph: 'chat', also: 'conversation talk message new', opens: 'agent' },
  {
    to: '/waiting',
    name: 'Waiting for you',
    short: 'Waiting',
    glyph: 'waiting',
    also: 'approvals questions approve deny',
    opens: 'agent',
  },
  {
    to: '/ledger',
    name: 'Ledger',
    glyph: 'ledger',
    also: 'record history decisions audit log',
    opens: 'house',
  },
  {
    to: '/models',
    name: 'Models',
    glyph: 'model',
    also: 'providers ollama openai anthropic google keys',
    opens: 'house',
  },
  {
    to: '/policies',
    name: 'Policies',
    glyph: 'lock',
    also: 'rules cedar permit forbid allow deny',
    opens: 'house',
  },
  {
    to: '/data',
    name: 'Data',
    glyph: 'table',
    also: 'tables database permissions migrations graphql rows',
    opens: 'house',
  },
  {
    to: '/settings',
    name: 'Settings',
    glyph: 'settings',
    also: 'options secrets sessions password',
    opens: 'house',
  },
  {
    to: '/people',
    name: 'People',
    glyph: 'member',
    also: 'members invite invitation household roles tenants',
    opens: 'owner',
  },
  { to: '/account', name: 'You', glyph: 'you', also: 'account name e-mail password sessions sign in' },
  { to: '/system', name: 'System', glyph: 'health', also: 'health doctor memory version', opens: 'house' },
]

/** Only while a new owner has something left to do. */
export const firstSteps: RoomRow = {
  to: '/welcome',
  name: 'First steps',
  glyph: 'steps',
  also: 'welcome setup',
}

/** The rooms that open to who is signed in; none before that is known. */
export const roomsFor = (you: Overview['you'] | undefined): readonly RoomRow[] =>
  you === undefined
    ? []
    : rooms.filter(
        ({ opens }) =>
          opens === undefined ||
          (opens === 'owner'
            ? you.role === 'owner'
            : you.chats && (opens === 'agent' || you.role === 'owner')),
      )

/** Whether an address is of a room that does not open to who is signed in; nothing is closed before that is known. */
export const isClosed = (path: string, you: Overview['you'] | undefined): boolean => {
  const here = (row: RoomRow): boolean => path === row.to || path.startsWith(`${row.to}/`)
  return you !== undefined && rooms.some(here) && !roomsFor(you).some(here)
}

/** A page of a room that has several; the palette finds it by its name and `also`. */
export interface PageRow {
  to: string
  name: string
  where: 'You' | 'Settings'
  glyph: 'you' | 'settings'
  also: string
}

const of = (where: PageRow['where'], to: string, name: string, also: string): PageRow => ({
  ...{ to, name, where, also },
  glyph: where === 'You' ? 'you' : 'settings',
})

const pages: readonly PageRow[] = [
  of('You', '/account', 'Sessions', 'sign out end where signed in'),
  of('You', '/account/signing-in', 'Signing in', 'passkey fingerprint codes totp authenticator recovery'),
  of('You', '/account/connections', 'Connections', 'google github apple account elsewhere'),
  of('You', '/account/devices', 'Devices', 'pair phone laptop program qr chat telegram'),
  of('You', '/account/tokens', 'Tokens', 'script app personal access'),
  of('Settings', '/settings/secrets', 'Secrets', 'vault key'),
  of('Settings', '/settings/callers', 'Callers', 'program token openai namespace budget'),
  of('Settings', '/settings/apps', 'Apps', 'oauth client native swift register'),
  of('Settings', '/settings/providers', 'Providers', 'google github keycloak oidc sign in'),
]

/** The pages inside rooms that open to who is signed in: one's own account to everybody. */
export const pagesFor = (isOwner: boolean): readonly PageRow[] =>
  pages.filter(({ where }) => where === 'You' || isOwner)
