/** Every sign on the page, drawn here on a 16-unit grid: no icon font, no foreign asset. */
import type { ReactNode } from 'react'
import type { OriginClass } from './origin/classes.ts'

const line = (d: string): ReactNode => <path d={d} />
const solid = (d: string): ReactNode => <path d={d} fill="currentColor" stroke="none" />

const drawn = {
  // Origins
  you: solid(
    'M8 1l1.9 1.5 2.4-.2.6 2.3 2 1.3-.8 2.1.8 2.1-2 1.3-.6 2.3-2.4-.2L8 15l-1.9-1.5-2.4.2-.6-2.3-2-1.3L1.9 8l-.8-2.1 2-1.3.6-2.3 2.4.2z',
  ),
  system: line('M3 14V3h2.2v2h1.6V3h2.4v2h1.6V3H13v11H3zM6.5 14v-2.5a1.5 1.5 0 013 0V14'),
  member: line(
    'M6 8a2.4 2.4 0 100-4.8A2.4 2.4 0 006 8zM1.8 13.2c.3-2.4 2-3.7 4.2-3.7s3.9 1.3 4.2 3.7M10.6 3.5a2.2 2.2 0 010 4.2M12 9.8c1.3.5 2.1 1.7 2.3 3.4',
  ),
  pasted: line('M5.5 3H3.5v11h9V3h-2M5.5 2h5v2.4h-5zM6 8h4M6 10.8h4'),
  web: line('M8 14A6 6 0 108 2a6 6 0 000 12zM2.2 8h11.6M8 2c-3.6 3.6-3.6 8.4 0 12M8 2c3.6 3.6 3.6 8.4 0 12'),
  mail: line('M2 4h12v8.5H2zM2 4.5l6 4.6 6-4.6'),
  feed: line('M3.6 12.6h.1M3 8.4A4.8 4.8 0 017.7 13M3 4a9 9 0 019 9'),
  file: line('M4 2h5l3.2 3.2V14H4zM9 2v3.4h3.2'),
  repository: line(
    'M5 5.6v4.8M5 5.4a1.6 1.6 0 100-3.2 1.6 1.6 0 000 3.2zM5 13.8a1.6 1.6 0 100-3.2 1.6 1.6 0 000 3.2zM11.4 6.6a1.6 1.6 0 100-3.2 1.6 1.6 0 000 3.2zM11.4 6.8c0 2.6-2.4 3-4.8 3.6',
  ),
  plugin: line('M5.5 2v3M10.5 2v3M3.5 5h9v2.5a4.5 4.5 0 01-9 0zM8 12v2.5'),
  mcp: line('M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9zM8 8v3M8 8L5.4 6.4M8 8l2.6-1.6'),
  model: line(
    'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  ),
  other: line('M5.6 6a2.5 2.5 0 114 2c-.9.7-1.6 1.1-1.6 2.2M8 12.9v.1'),
  // Rooms
  chat: line('M2.5 3h11v8H8l-3.2 2.6V11H2.5z'),
  waiting: line('M4 2h8M4 14h8M5 2c0 3 3 4 3 6 0-2 3-3 3-6M5 14c0-3 3-4 3-6 0 2 3 3 3 6'),
  ledger: line(
    'M3 2.5h8.5a1.5 1.5 0 011.5 1.5v9.5H4.5A1.5 1.5 0 013 12zM3 12a1.5 1.5 0 011.5-1.5H13M6 5.5h4M6 7.8h4',
  ),
  settings: line(
    'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 6a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM5.5 13a1.5 1.5 0 100-3 1.5 1.5 0 000 3z',
  ),
  health: line('M1.5 8.5h3L6.4 4l3 8 2-5 .9 1.5h2.2'),
  steps: line('M3.5 14V2.5M3.5 3h9l-2.2 2.9L12.5 9h-9'),
  find: line('M7 11.6A4.6 4.6 0 107 2.4a4.6 4.6 0 000 9.2zM10.4 10.4L14 14'),
  more: line('M3 8h.1M8 8h.1M13 8h.1'),
  leave: line('M9.5 2.5H3v11h6.5M6.5 8H14M11.5 5.5L14 8l-2.5 2.5'),
  light: line(
    'M8 10.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  ),
  dark: line('M13.4 9.6A5.8 5.8 0 016.4 2.6a5.8 5.8 0 107 7z'),
  auto: (
    <>
      {line('M8 14A6 6 0 108 2a6 6 0 000 12z')}
      {solid('M8 2a6 6 0 010 12z')}
    </>
  ),
  table: line('M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13'),
  rows: line('M2.5 4h11M2.5 8h11M2.5 12h11'),
  // Decisions and states
  allow: line('M3 8.5L6.5 12 13 4.5'),
  ask: line('M8 14A6 6 0 108 2a6 6 0 000 12zM6.3 6.4a1.7 1.7 0 112.7 1.4c-.6.4-1 .8-1 1.5M8 11.3v.1'),
  deny: line('M8 14A6 6 0 108 2a6 6 0 000 12zM3.8 3.8l8.4 8.4'),
  running: line('M8 2a6 6 0 11-6 6'),
  unknown: line('M5.6 6a2.5 2.5 0 114 2c-.9.7-1.6 1.1-1.6 2.2M8 12.9v.1'),
  failed: line('M8 2.2l6.2 11.3H1.8zM8 6.4v3.3M8 11.6v.1'),
  // Small tools
  plus: line('M8 3v10M3 8h10'),
  attach: line(
    'M12.6 7.4l-4.9 4.9a3 3 0 01-4.2-4.2l5.3-5.3a2 2 0 012.8 2.8l-5.2 5.2a1 1 0 01-1.4-1.4l4.6-4.6',
  ),
  close: line('M4 4l8 8M12 4l-8 8'),
  back: line('M10 3L5 8l5 5'),
  down: line('M8 3v10M4 9l4 4 4-4'),
  open: line('M6 3L11 8l-5 5'),
  outside: line('M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5'),
  send: line('M8 13V3M4 7l4-4 4 4'),
  stop: solid('M4 4h8v8H4z'),
  picture: line('M2.5 3h11v10h-11zM2.5 11l3-3 2.4 2.4L10.4 8l3.1 3M5.6 6.2h.1'),
  sealed: (
    <>
      {line('M2 4h12v9H2zM2 4.3l6 4.4 6-4.4')}
      {solid('M8 10.6a1.9 1.9 0 100-3.8 1.9 1.9 0 000 3.8z')}
    </>
  ),
  lock: line('M4 7.5h8V14H4zM5.5 7.5V5a2.5 2.5 0 015 0v2.5'),
} satisfies Record<OriginClass, ReactNode> & Record<string, ReactNode>

/** The name of a sign. */
export type GlyphName = keyof typeof drawn

/** A sign beside a word; it says nothing to a screen reader, the word does. */
export const Glyph = ({ name, size = 16 }: { name: GlyphName; size?: number }) => (
  <svg
    className="glyph"
    data-glyph={name}
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.4}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    {drawn[name]}
  </svg>
)
