/** The small parts that every room is made of: its heading, its empty page, its trouble, its side drawer. */
import { CastellanError } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import { Glyph, type GlyphName } from './glyphs.tsx'
import { questionsQuery } from './queries.ts'
import { sentence } from './text/sentence.ts'

/** A room's page: the heading, one sentence about it, tools to the right, content below. */
export const Room = ({
  title,
  about,
  tools,
  children,
}: {
  title: string
  about?: ReactNode
  tools?: ReactNode
  children: ReactNode
}) => {
  useTitle(title)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long page must be scrollable by keyboard.
    <section className="room" tabIndex={0} aria-label={title}>
      <div className="room-inner">
        <header className="room-head">
          <div>
            <h1>{title}</h1>
            {about !== undefined && <p>{about}</p>}
          </div>
          {tools}
        </header>
        {children}
      </div>
    </section>
  )
}

/** Names the browser's tab after the room, and says there too that somebody waits. */
export const useTitle = (title: string): void => {
  const waiting = useQuery({ ...questionsQuery, enabled: false }).data?.length ?? 0
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${title} · Castellan`
  }, [title, waiting])
}

/** A hint's words, with its `commands` set as such, begun with a capital as a sentence is. */
export const Hint = ({ text }: { text: string }) => {
  const parts = sentence(text).split(/(`[^`]*`)/)
  return parts.map((part) => (part.startsWith('`') ? <code key={part}>{part.slice(1, -1)}</code> : part))
}

/** What went wrong, what is unharmed and what to do, as the error itself says it. */
export const Trouble = ({ error, children }: { error: unknown; children?: ReactNode }) => (
  <div className="trouble" role="alert">
    <p>{error instanceof Error ? error.message : 'Something failed on this page. Nothing was changed.'}</p>
    {error instanceof CastellanError && error.hint !== undefined && (
      <p className="quiet">
        <Hint text={error.hint} />
      </p>
    )}
    {children}
  </div>
)

/** Keeps the place of something that is being loaded; says so only when it takes long. */
export const Loading = ({ what }: { what: string }) => (
  <p className="loading quiet" aria-live="polite">
    Loading {what}…
  </p>
)

/** A sign and a word together, so that the state survives greyscale. */
export const StateWord = ({
  glyph,
  tone,
  children,
}: {
  glyph: GlyphName
  tone?: 'good' | 'wait' | 'stop'
  children: ReactNode
}) => (
  <span className="state-word" data-tone={tone}>
    <Glyph name={glyph} size={14} />
    {children}
  </span>
)

/** A native modal dialog: focus stays inside, Escape closes, what is behind is inert. */
export const Pane = ({
  label,
  drawer = false,
  onClose,
  children,
}: {
  label: string
  drawer?: boolean
  onClose: () => void
  children: ReactNode
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click only adds to Escape and the close button.
    <dialog
      ref={dialog}
      className={drawer ? 'pane drawer' : 'pane'}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="pane-inner">
        <div className="pane-head">
          <h2>{label}</h2>
          <button
            type="button"
            className="icon-button"
            aria-label="Close"
            onClick={() => dialog.current?.close()}
          >
            <Glyph name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
