/** The owner's text, with line numbers and what is wrong beside its line. */
import type { PolicyCheck, PolicyFinding } from '@castellan/contracts'
import { useId, useRef } from 'react'
import { Glyph } from '../glyphs.tsx'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { checkInWords } from './words.ts'

const Gutter = ({ lines, findings }: { lines: number; findings: readonly PolicyFinding[] }) => (
  <ol className="gutter" aria-hidden="true">
    {Array.from({ length: lines }, (_, n) => n + 1).map((line) => {
      const here = findings.filter((each) => each.line === line)
      const severity = here.some((each) => each.severity === 'problem') ? 'problem' : here[0]?.severity
      return (
        <li key={line} data-severity={severity}>
          {severity !== undefined && <Glyph name={severity === 'problem' ? 'deny' : 'failed'} size={12} />}
          {line}
        </li>
      )
    })}
  </ol>
)

/** What the check says, each with a way to its line. */
const Findings = ({
  findings,
  onLine,
}: {
  findings: readonly PolicyFinding[]
  onLine: (line: number) => void
}) => (
  <ul className="findings plain-list">
    {findings.map(({ severity, line, rule, message, how }) => (
      <li key={`${line} ${rule} ${message}`} data-severity={severity}>
        <Glyph name={severity === 'problem' ? 'deny' : 'failed'} size={14} />
        <span>
          {severity === 'problem' ? 'Problem' : 'Note'}
          {line !== null && (
            <>
              {' on '}
              <button type="button" className="link-button" onClick={() => onLine(line)}>
                line {line}
              </button>
            </>
          )}
          {rule !== null && (
            <>
              {', '}
              <span className="mono">
                <InlineVerbatim text={rule} />
              </span>
            </>
          )}
          : <InlineVerbatim text={message} />
          {how !== null && <span className="quiet"> ({how})</span>}
        </span>
      </li>
    ))}
  </ul>
)

/** The editor. `found` is the check of the text as it was a moment ago, null while it is not known. */
export const Editor = ({
  label = 'Your rules, in Cedar',
  words,
  text,
  onChange,
  found,
  isChecking,
}: {
  label?: string
  /** What the check came to, where these are not rules. */
  words?: string
  text: string
  onChange: (text: string) => void
  found: PolicyCheck | null
  isChecking: boolean
}) => {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  const lines = text.split('\n').length
  const findings = found?.findings ?? []
  const goTo = (line: number): void => {
    const at =
      text
        .split('\n')
        .slice(0, line - 1)
        .join('\n').length + (line > 1 ? 1 : 0)
    area.current?.focus()
    area.current?.setSelectionRange(at, at)
  }
  return (
    <div className="policy-editor">
      <label htmlFor={id}>{label}</label>
      <div className="sheet editor-sheet">
        <Gutter lines={Math.max(lines, 8)} findings={findings} />
        <textarea
          id={id}
          ref={area}
          value={text}
          rows={Math.max(lines, 8)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          aria-describedby={`${id}-found`}
          aria-invalid={found?.ok === false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      <div id={`${id}-found`}>
        <p role="status" className="small" data-bad={found?.ok === false}>
          {isChecking ? 'Checking…' : (words ?? checkInWords(found))}
        </p>
        {findings.length > 0 && <Findings findings={findings} onLine={goTo} />}
      </div>
    </div>
  )
}
