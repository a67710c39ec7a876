/** Where the owner writes: Enter sends, Shift and Enter breaks the line, nothing leaves the box before it is stored. */
import { CastellanError, maxMessageCharacters } from '@castellan/contracts'
import {
  type ChangeEvent,
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useEffect,
  useRef,
  useState,
} from 'react'
import { Glyph } from '../glyphs.tsx'
import { Hint } from '../parts.tsx'
import { type Attached, attach, detach, detachAll, useAttached } from './attached.ts'
import { AttachButton, AttachedFiles } from './attachments.tsx'
import { edited, empty, type Message, owned, trimmed } from './pasted.ts'
import { PastedParts, Underlay } from './pasted-parts.tsx'
import './composer.css'

const nearLimit = 500

/** What was written and not sent, by conversation, for as long as the page lives. */
const drafts = new Map<string, Message>()

/** Puts a text where a composer that opens at this place will find it. */
export const setDraft = (place: string, text: string): void => void drafts.set(place, { text, pasted: [] })

/** A message with the paths of the files that go with it. */
export interface Outgoing extends Message {
  readonly attachments: readonly string[]
}

/** Sends a message; `externalId` makes a second try harmless. */
export type Send = (message: Outgoing, externalId: string) => Promise<void>

interface Writing {
  message: Message
  setMessage: (message: Message) => void
  send: () => void
  sending: boolean
  error: unknown
}

const useWriting = (place: string, files: readonly Attached[], onSend: Send): Writing => {
  const [message, setMessageState] = useState(drafts.get(place) ?? empty)
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  // One id per message, kept over retries, so that a second try cannot become a second message.
  const attempt = useRef({ text: '', id: '' })
  const setMessage = (value: Message): void => {
    drafts.set(place, value)
    setMessageState(value)
  }
  const send = (): void => {
    const attachments = files.flatMap(({ path }) => path ?? [])
    const sent = { ...trimmed(message), attachments }
    if (sent.text === '' || sent.text.length > maxMessageCharacters || sending) return
    // What was put beside it and cannot go along must not be left out unseen.
    if (attachments.length < files.length) return
    const text = [sent.text, ...attachments].join('\n')
    if (attempt.current.text !== text) attempt.current = { text, id: crypto.randomUUID() }
    setSending(true)
    setError(null)
    onSend(sent, attempt.current.id)
      .then(() => {
        attempt.current = { text: '', id: '' }
        drafts.delete(place)
        detachAll(place)
        setMessageState(empty)
      })
      .catch(setError)
      .finally(() => setSending(false))
  }
  return { message, setMessage, send, sending, error }
}

/** What an undo brings back is known from when it was written; anything else it brings counts as pasted. */
const useUndo = (message: Message): ((how: string, text: string) => Message | undefined) => {
  const known = useRef(new Map<string, Message>())
  useEffect(() => {
    known.current.set(message.text, message)
    for (const oldest of known.current.keys()) if (known.current.size > 300) known.current.delete(oldest)
  }, [message])
  return (how, text) => (how.startsWith('history') ? known.current.get(text) : undefined)
}

/** Dropping and pasting files. A picture that comes along with formatted text, as from a table, is not meant. */
const useDropping = (place: string) => {
  const [isOver, setIsOver] = useState(false)
  const take = (event: { preventDefault: () => void }, data: DataTransfer): void => {
    if (data.files.length === 0) return
    event.preventDefault()
    attach(place, [...data.files])
  }
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setIsOver(true)
  }
  return {
    isOver,
    onPaste: (event: ClipboardEvent): void => {
      const { types } = event.clipboardData
      const isText = types.includes('text/plain') && types.includes('text/html')
      if (!isText) take(event, event.clipboardData)
    },
    onDragOver: over,
    onDragLeave: () => setIsOver(false),
    onDrop: (event: DragEvent): void => {
      setIsOver(false)
      take(event, event.dataTransfer)
    },
  }
}

const Count = ({ length }: { length: number }) => {
  const left = maxMessageCharacters - length
  if (left > nearLimit) return null
  const counted = length.toLocaleString('en')
  const limit = maxMessageCharacters.toLocaleString('en')
  return (
    <p className={left < 0 ? 'problem small' : 'quiet small'} role="status">
      {left < 0
        ? `${counted} of ${limit} characters. Shorten it, or save it as a file and name the file here.`
        : `${counted} of ${limit} characters.`}
    </p>
  )
}

const grow = (field: HTMLTextAreaElement | null): void => {
  if (field === null) return
  field.style.height = 'auto'
  field.style.height = `${Math.min(field.scrollHeight, 240)}px`
}

const NotSent = ({ error }: { error: unknown }) => (
  <p className="problem small" role="alert">
    Not sent; your text is still here. {error instanceof Error ? error.message : 'It could not be sent.'}{' '}
    {error instanceof CastellanError && error.hint !== undefined && <Hint text={error.hint} />}
  </p>
)

const Buttons = ({
  onStop,
  isReady,
  sending,
}: {
  onStop: (() => void) | null
  isReady: boolean
  sending: boolean
}) => (
  <>
    {onStop !== null && (
      <button type="button" className="composer-button stop" onClick={onStop}>
        <Glyph name="stop" size={14} /> Stop
      </button>
    )}
    <button type="submit" className="composer-button" disabled={!isReady || sending}>
      <Glyph name="send" size={14} /> {sending ? 'Sending' : 'Send'}
    </button>
  </>
)

/** The composer. `place` keeps drafts apart; `onStop` is given while something runs. */
export const Composer = ({
  place,
  onSend,
  onStop,
  placeholder,
  focus = false,
}: {
  place: string
  onSend: Send
  onStop: (() => void) | null
  placeholder: string
  focus?: boolean
}) => {
  const files = useAttached(place)
  const { isOver, ...dropping } = useDropping(place)
  const writing = useWriting(place, files, onSend)
  const field = useRef<HTMLTextAreaElement>(null)
  const underlay = useRef<HTMLDivElement>(null)
  const { message, setMessage } = writing
  const undone = useUndo(message)
  const follow = (): void => {
    if (underlay.current === null || field.current === null) return
    // Without the field's scroll bar the lines would break elsewhere.
    underlay.current.style.width = `${field.current.clientWidth}px`
    underlay.current.scrollTop = field.current.scrollTop
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => {
    grow(field.current)
    follow()
  }, [message])
  const onChange = ({ currentTarget, nativeEvent }: ChangeEvent<HTMLTextAreaElement>): void => {
    const how = nativeEvent instanceof InputEvent ? nativeEvent.inputType : ''
    const { value, selectionEnd } = currentTarget
    setMessage(undone(how, value) ?? edited(message, value, selectionEnd, how))
  }
  const onOwn = (part: number): void => {
    setMessage(owned(message, part))
    field.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    writing.send()
  }
  const length = message.text.trim().length
  const tooLong = length > maxMessageCharacters
  const isWaiting = files.some(({ path }) => path === null)
  return (
    <form
      className="composer"
      {...dropping}
      onSubmit={(event) => {
        event.preventDefault()
        writing.send()
      }}
    >
      {writing.error !== null && <NotSent error={writing.error} />}
      <PastedParts message={message} onOwn={onOwn} />
      <AttachedFiles
        files={files}
        onRemove={(key) => {
          detach(place, key)
          field.current?.focus()
        }}
      />
      <div className="composer-box" data-invalid={tooLong} data-over={isOver}>
        <div className="composer-field">
          <Underlay message={message} box={underlay} />
          <textarea
            ref={field}
            // biome-ignore lint/a11y/noAutofocus: only after the person chose an example to write with.
            autoFocus={focus}
            rows={1}
            aria-label="Message to Castellan"
            aria-describedby="composer-keys"
            placeholder={placeholder}
            value={message.text}
            readOnly={writing.sending}
            onChange={onChange}
            onScroll={follow}
            onKeyDown={onKeyDown}
          />
        </div>
        <AttachButton onFiles={(chosen) => attach(place, chosen)} />
        <Buttons onStop={onStop} isReady={length > 0 && !tooLong && !isWaiting} sending={writing.sending} />
      </div>
      <Count length={length} />
      <p id="composer-keys" className="unseen">
        Enter sends. Shift and Enter starts a new line.
      </p>
    </form>
  )
}
