/** How files that go with a message look: chosen by a button, listed above the field, shown with the message once sent. */
import type { Attachment } from '@castellan/contracts'
import { useRef } from 'react'
import { Glyph } from '../glyphs.tsx'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { bytesInWords } from '../time/words.ts'
import type { Attached } from './attached.ts'
import './attachments.css'

/** Opens the system's own choice of files. */
export const AttachButton = ({ onFiles }: { onFiles: (files: readonly File[]) => void }) => {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        className="icon-button attach-button"
        aria-label="Attach files"
        title="Attach files"
        onClick={() => input.current?.click()}
      >
        <Glyph name="attach" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          // So that the same file may be chosen again after it was taken off.
          currentTarget.value = ''
        }}
      />
    </>
  )
}

const stateOf = ({ path, problem }: Attached): string =>
  problem === null ? (path === null ? ', on its way' : ', not taken for your words') : `. ${problem}`

/** The files beside the message that is being written, each with a way to take it off. */
export const AttachedFiles = ({
  files,
  onRemove,
}: {
  files: readonly Attached[]
  onRemove: (key: string) => void
}) => {
  const ready = files.filter((file) => file.path !== null).length
  return (
    <>
      <p className="unseen" role="status">
        {files.length > 0 && `${ready} of ${files.length} attached. Shift and Tab leads to them.`}
      </p>
      {files.length > 0 && (
        <ul className="attached-files" aria-label="Attached, so none of it counts as your words">
          {files.map((file) => (
            <li key={file.key}>
              <Glyph name={file.problem === null ? 'attach' : 'failed'} size={14} />
              <span className="attached-name">
                <InlineVerbatim text={file.name} />
              </span>
              <span className={file.problem === null ? 'quiet' : 'problem'}>
                {bytesInWords(file.bytes)}
                {stateOf(file)}
              </span>
              <button type="button" className="link-button" onClick={() => onRemove(file.key)}>
                Take off<span className="unseen">: {file.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** What came with a message that was sent: what each was called, and where it lies. */
export const SentFiles = ({ files }: { files: readonly Attachment[] }) => {
  if (files.length === 0) return null
  return (
    <ul className="attached-files sent-files" aria-label="Attached files, not the owner’s words">
      {files.map((file) => (
        <li key={file.path}>
          <Glyph name="attach" size={14} />
          <span className="attached-name" title="What the file was called: not your own words.">
            <InlineVerbatim text={file.name} />
          </span>
          <span className="quiet">
            {bytesInWords(file.bytes)}, kept as <span className="mono">{file.path}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
