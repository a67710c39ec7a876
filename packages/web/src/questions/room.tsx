/** Waiting for you: every question that holds something up, and what became of those answered just now. */

import type { QuestionView } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Loading, Room, StateWord, Trouble } from '../parts.tsx'
import { conversationQuery, questionsQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import { useAnswered } from './answered.ts'
import { QuestionCard } from './card.tsx'
import { ResultOf } from './result.tsx'
import { endInWords } from './words.ts'
import './room.css'

const ConversationLink = ({ id }: { id: string }) => {
  const { data } = useQuery(conversationQuery(id))
  return (
    <Link to="/chat/$id" params={{ id }}>
      {data?.conversation.title || 'its conversation'}
    </Link>
  )
}

const Answered = ({ question }: { question: QuestionView }) => {
  const yes = question.state === 'approved' || question.state === 'consumed'
  return (
    <li className="line">
      <div className="row">
        <StateWord glyph={yes ? 'allow' : 'deny'} {...(yes ? { tone: 'good' } : {})}>
          {yes ? 'approved' : question.state}
        </StateWord>
        <span>{question.sentence}</span>
        <span className="push quiet small">
          {question.decided_at !== null && <When at={question.decided_at} />}
        </span>
      </div>
      <p className="quiet small">{endInWords(question.state)}</p>
      {question.conversation !== null && (
        <ResultOf question={question} conversation={question.conversation} />
      )}
    </li>
  )
}

const Empty = () => (
  <div className="sheet empty">
    <p>Nothing waits for you.</p>
    <p className="quiet">
      Castellan asks here before it does something on words that are not yours. For example, after it has read
      a page:
    </p>
    <blockquote>
      Castellan wants to send <em>notes.md</em> to <strong>evil.example</strong>. That address came from the
      page you asked it to read, not from you.
    </blockquote>
    <p className="quiet">
      You would see every argument exactly as it will be passed, and where each came from.
    </p>
  </div>
)

const Open = ({ questions }: { questions: readonly QuestionView[] }) => {
  const end = useRef<HTMLParagraphElement>(null)
  const before = useRef(questions.length)
  useEffect(() => {
    // The last card is gone: keep the keyboard's place on the page.
    if (questions.length === 0 && before.current > 0) end.current?.focus()
    before.current = questions.length
  }, [questions.length])
  if (questions.length === 0)
    return (
      <div>
        <p ref={end} tabIndex={-1} className="unseen">
          Nothing more waits for you.
        </p>
        <Empty />
      </div>
    )
  return (
    <div className="question-list">
      {questions.map((question, index) => (
        <section key={question.id} className="question-with-place">
          {question.conversation !== null && (
            <p className="quiet small">
              In <ConversationLink id={question.conversation} />
            </p>
          )}
          <QuestionCard question={question} focusDeny={index === 0} />
        </section>
      ))}
    </div>
  )
}

/** The room. */
export const WaitingRoom = () => {
  const { data, error, refetch } = useQuery(questionsQuery)
  const answered = useAnswered()
  const open = (data ?? []).toSorted((a, b) => a.expires_at.localeCompare(b.expires_at))
  return (
    <Room
      title="Waiting for you"
      about="Castellan has stopped at these and does nothing until you answer. The one that runs out first is on top."
    >
      {error !== null && (
        <Trouble error={error}>
          <button type="button" className="link-button" onClick={() => void refetch()}>
            Try again
          </button>
        </Trouble>
      )}
      {data === undefined ? error === null && <Loading what="questions" /> : <Open questions={open} />}
      {answered.length > 0 && (
        <section>
          <h2>Answered here</h2>
          <ul className="sheet ruled answered">
            {answered.map((question) => (
              <Answered key={question.id} question={question} />
            ))}
          </ul>
        </section>
      )}
    </Room>
  )
}
