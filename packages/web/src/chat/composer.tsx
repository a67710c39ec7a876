/** Where the owner writes: Enter sends, Shift and Enter breaks the line, nothing leaves the box before it is stored. */
import { CastellanError, maxMessageCharacters } from '@castellan/contracts'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Glyph } from '../glyphs.tsx'
import { Hint } from '../parts.tsx'
import './composer.css'

const nearLimit = 500

/** What was typed and not sent, by conversation, for as long as the page lives. */
const drafts = new Map<string, string>()

/** Puts a text where a composer that opens at this place will find it. */
export const setDraft = (place: string, text: string): void => void drafts.set(place, text)

interface Writing {
  text: string
  setText: (text: string) => void
  send: () => void
  sending: boolean
  error: unknown
}

const useWriting = (place: string, onSend: (text: string, externalId: string) => Promise<void>): Writing => {
  const [text, setTextState] = useState(drafts.get(place) ?? '')
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  // One id per message, kept over retries, so that a second try cannot become a second message.
  const attempt = useRef({ text: '', id: '' })
  const setText = (value: string): void => {
    drafts.set(place, value)
    setTextState(value)
  }
  const send = (): void => {
    const message = text.trim()
    if (message === '' || message.length > maxMessageCharacters || sending) return
    if (attempt.current.text !== message) attempt.current = { text: message, id: crypto.randomUUID() }
    setSending(true)
    setError(null)
    onSend(message, attempt.current.id)
      .then(() => {
        attempt.current = { text: '', id: '' }
        drafts.delete(place)
        setTextState('')
      })
      .catch(setError)
      .finally(() => setSending(false))
  }
  return { text, setText, send, sending, error }
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

/** The composer. `place` keeps drafts apart; `onStop` is given while something runs. */
export const Composer = ({
  place,
  onSend,
  onStop,
  placeholder,
  focus = false,
}: {
  place: string
  onSend: (text: string, externalId: string) => Promise<void>
  onStop: (() => void) | null
  placeholder: string
  focus?: boolean
}) => {
  const writing = useWriting(place, onSend)
  const field = useRef<HTMLTextAreaElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => grow(field.current), [writing.text])
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    writing.send()
  }
  const tooLong = writing.text.trim().length > maxMessageCharacters
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        writing.send()
      }}
    >
      {writing.error !== null && <NotSent error={writing.error} />}
      <div className="composer-box" data-invalid={tooLong}>
        <textarea
          ref={field}
          // biome-ignore lint/a11y/noAutofocus: only after the person chose an example to write with.
          autoFocus={focus}
          rows={1}
          aria-label="Message to Castellan"
          aria-describedby="composer-keys"
          placeholder={placeholder}
          value={writing.text}
          readOnly={writing.sending}
          onChange={(event) => writing.setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {onStop !== null && (
          <button type="button" className="composer-button stop" onClick={onStop}>
            <Glyph name="stop" size={14} /> Stop
          </button>
        )}
        <button
          type="submit"
          className="composer-button"
          disabled={writing.text.trim() === '' || tooLong || writing.sending}
        >
          <Glyph name="send" size={14} /> {writing.sending ? 'Sending' : 'Send'}
        </button>
      </div>
      <Count length={writing.text.trim().length} />
      <p id="composer-keys" className="unseen">
        Enter sends. Shift and Enter starts a new line.
      </p>
    </form>
  )
}
