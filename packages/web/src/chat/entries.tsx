/** The lines of a conversation, set like a ledger: who and when in the margin, the words to the right of its line. */
import type { ConversationView, Entry } from '@castellan/contracts'
import { useNavigate } from '@tanstack/react-router'
import { memo, type ReactNode, useDeferredValue, useMemo } from 'react'
import type * as z from 'zod'
import { Glyph } from '../glyphs.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { SourceChips } from '../origin/chip.tsx'
import { foreignSources } from '../origin/classes.ts'
import { inspect, summarise } from '../text/visible.ts'
import { When } from '../time/when.tsx'
import { SentFiles } from './attachments.tsx'
import { Call } from './call.tsx'
import type { Message } from './pasted.ts'
import { MarkedText } from './pasted-parts.tsx'
import { lineId } from './place.tsx'
import { Quoted } from './quoted.tsx'
import { Receipts } from './receipts.tsx'
import { type TaintLine, taintLines } from './taint.ts'
import './entries.css'

const Line = ({
  who,
  at,
  kind,
  children,
}: {
  who: ReactNode
  at: string | null
  kind: string
  children: ReactNode
}) => (
  <div className="entry" data-kind={kind}>
    <div className="entry-margin">
      {who}
      {at !== null && (
        <span className="entry-time">
          <When at={at} as="clock" />
        </span>
      )}
    </div>
    <div className="entry-body">{children}</div>
  </div>
)

const Castellan = () => <span className="who">Castellan</span>

const You = () => (
  <span className="who who-you">
    <Glyph name="you" size={14} /> You
  </span>
)

type AgentEntry = Extract<Entry, { kind: 'agent' }>

/** Where an answer was drawn from; what it only quotes bears its source itself. */
const AgentSources = ({ entry: { label, values } }: { entry: AgentEntry }) => {
  const quoted = new Set(values.flatMap((value) => value.label.sources))
  const read = foreignSources(label.sources).filter((s) => !s.startsWith('model:') && !quoted.has(s))
  if (read.length === 0) return null
  return (
    <p className="drawn-from">
      Drawn from <SourceChips sources={read} />
    </p>
  )
}

const Answer = ({ entry: { text, values } }: { entry: AgentEntry }) => {
  const quotes = useMemo(
    () => new Map(values.map((value) => [value.ref, <Quoted key={value.ref} value={value} />])),
    [values],
  )
  return <Markdown text={text} quotes={quotes} />
}

const OwnerText = ({ message }: { message: Message }) => {
  const note = useMemo(() => summarise(inspect(message.text)), [message.text])
  return (
    <>
      <p className="owner-text">
        <MarkedText message={message} />
      </p>
      {note !== null && <p className="marks-note">{note}</p>}
    </>
  )
}

const EntryLine = memo(({ entry }: { entry: Entry }) => {
  if (entry.kind === 'owner')
    return (
      <Line kind="owner" who={<You />} at={entry.at}>
        <OwnerText message={entry} />
        <SentFiles files={entry.attachments} />
      </Line>
    )
  if (entry.kind === 'agent')
    return (
      <Line kind="agent" who={<Castellan />} at={entry.at}>
        <Answer entry={entry} />
        <Receipts receipts={entry.receipts} />
        <AgentSources entry={entry} />
      </Line>
    )
  if (entry.kind === 'call')
    return (
      <Line kind="call" who={null} at={null}>
        <Call call={entry.call} />
      </Line>
    )
  return (
    <Line kind="notice" who={null} at={null}>
      <p className={entry.tone === 'problem' ? 'notice problem' : 'notice quiet'}>{entry.text}</p>
    </Line>
  )
})

const Taint = ({ line }: { line: TaintLine }) => {
  const navigate = useNavigate()
  return (
    <div className="taint" role="note">
      <p>
        From here on this run has read <SourceChips sources={line.sources} />. It asks before it does anything
        that you did not ask for in your own words.
      </p>
      <button type="button" className="link-button" onClick={() => void navigate({ to: '/chat' })}>
        Start a fresh conversation
      </button>
    </div>
  )
}

const Partial = ({ text }: { text: string }) => {
  // Parsing may lag behind typing; the text on the page never jumps for it.
  const shown = useDeferredValue(text)
  return (
    <Line kind="agent" who={<Castellan />} at={null}>
      <Markdown text={shown} />
    </Line>
  )
}

/** All lines of a view, with the line after which it is no longer only the owner's words. */
export const Entries = ({
  view,
}: {
  view: Pick<z.infer<typeof ConversationView>, 'conversation' | 'entries' | 'partial'>
}) => {
  const lines = useMemo(
    () => taintLines(view.entries, view.conversation.tainted_by),
    [view.entries, view.conversation.tainted_by],
  )
  return (
    <>
      {lines
        .filter(({ after }) => after === null)
        .map((line) => (
          <Taint key="top" line={line} />
        ))}
      {view.entries.map((entry) => (
        <div key={entry.id} id={lineId(entry.id)} className="entry-slot">
          <EntryLine entry={entry} />
          {lines
            .filter(({ after }) => after === entry.id)
            .map((line) => (
              <Taint key={entry.id} line={line} />
            ))}
        </div>
      ))}
      {view.partial !== null && <Partial text={view.partial.text} />}
    </>
  )
}
