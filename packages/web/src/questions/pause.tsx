/**
 * A paused run: it has asked so often that a yes becomes a habit. Going on takes two acts in two places, and none of them
 * is where a card has its Approve.
 */
import type { QuestionView } from '@castellan/contracts'
import { Button, Checkbox } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useId, useState } from 'react'
import { Glyph } from '../glyphs.tsx'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { useNow } from '../time/when.tsx'
import { useAnswer } from './answer.ts'
import { isOpen, pauseEndInWords } from './words.ts'
import './card.css'
import './pause.css'

const Ways = ({ question }: { question: QuestionView }) => (
  <p className="small">
    {question.conversation !== null && (
      <>
        <Link to="/chat/$id" params={{ id: question.conversation }}>
          What it has done and asked so far
        </Link>
        {' · '}
      </>
    )}
    <Link to="/ledger" search={{ run: question.run }}>
      The same in the ledger
    </Link>
  </p>
)

const Actions = ({ question }: { question: QuestionView }) => {
  const answering = useAnswer(question)
  const [looked, setLooked] = useState(false)
  return (
    <div className="question-actions">
      <div className="question-buttons">
        <Button
          className="deny"
          loading={answering.busy === 'deny'}
          disabled={answering.busy !== null}
          onClick={answering.deny}
        >
          Stop this run
        </Button>
      </div>
      <div className="pause-on">
        <Checkbox
          label="I have looked at what it asked, and it should go on"
          checked={looked}
          onChange={(event) => setLooked(event.currentTarget.checked)}
        />
        <Button
          className="go-on"
          loading={answering.busy === 'approve'}
          disabled={!looked || answering.busy !== null}
          aria-disabled={!looked || !answering.armed}
          onClick={answering.approve}
        >
          Go on
        </Button>
      </div>
      {answering.trouble !== null && (
        <p className="problem" role="alert">
          {answering.trouble}
        </p>
      )}
    </div>
  )
}

/** The pause as a card of its own; `children` follow its end. */
export const PauseCard = ({ question, children }: { question: QuestionView; children?: ReactNode }) => {
  const id = useId()
  const open = isOpen(question, useNow(5_000))
  return (
    <article className="question pause" data-open={open} aria-labelledby={`${id}-sentence`} tabIndex={-1}>
      <h2 id={`${id}-sentence`} className="question-sentence pause-sentence">
        {question.sentence}
      </h2>
      <p className="quiet">
        <InlineVerbatim text={question.why} />
      </p>
      <Ways question={question} />
      {open ? (
        <Actions question={question} />
      ) : (
        <>
          <p className="question-end" role="status">
            <Glyph name={question.state === 'denied' ? 'deny' : 'waiting'} />
            {question.state === 'open' ? pauseEndInWords('expired') : pauseEndInWords(question.state)}
          </p>
          {children}
        </>
      )}
    </article>
  )
}
