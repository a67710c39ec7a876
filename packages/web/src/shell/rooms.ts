/** The rooms of the rail: one row each. A row exists because the room does. */
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
    | '/system'
  name: string
  /** Where there is little room. */
  short?: string
  glyph: GlyphName
  also: string
}

export const rooms: readonly RoomRow[] = [
  { to: '/chat', name: 'Chat', glyph: 'chat', also: 'conversation talk message new' },
  {
    to: '/waiting',
    name: 'Waiting for you',
    short: 'Waiting',
    glyph: 'waiting',
    also: 'approvals questions approve deny',
  },
  { to: '/ledger', name: 'Ledger', glyph: 'ledger', also: 'record history decisions audit log' },
  { to: '/models', name: 'Models', glyph: 'model', also: 'providers ollama openai anthropic google keys' },
  { to: '/policies', name: 'Policies', glyph: 'lock', also: 'rules cedar permit forbid allow deny' },
  { to: '/settings', name: 'Settings', glyph: 'settings', also: 'options secrets sessions password' },
  { to: '/account', name: 'You', glyph: 'you', also: 'account name e-mail password sessions sign in' },
  { to: '/system', name: 'System', glyph: 'health', also: 'health doctor memory version' },
]

/** Only while a new owner has something left to do. */
export const firstSteps: RoomRow = {
  to: '/welcome',
  name: 'First steps',
  glyph: 'steps',
  also: 'welcome setup',
}
