/** Waiting for you: alerts until they were seen, every question that holds something up, and what became of each. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alerts, alertsQuery } from '../alerts/alerts.tsx'
import { Loading, Room, Trouble } from '../parts.tsx'
import { conversationsQuery, questionsQuery } from '../queries.ts'
import { QuestionCard } from './card.tsx'
import { ResultOf } from './result.tsx'
import { useShown } from './shown.ts'
import { Told } from './told.tsx'
import './room.css'

const ConversationLink = ({ id }: { id: string }) => {
  const { data } = useQuery(conversationsQuery)
  return (
    <Link to="/chat/$id" params={{ id }}>
      {data?.find((c) => c.id === id)?.title || 'its conversation'}
    </Link>
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

const about =
  'Castellan has stopped at each question and does nothing until you answer; the one that runs out first is on top. An alert stays until you have seen it.'

/** The room. */
export const WaitingRoom = () => {
  const { data, error, refetch } = useQuery(questionsQuery)
  const shown = useShown(data)
  const alerts = useQuery(alertsQuery).data?.total ?? 0
  const first = shown.find((q) => q.state === 'open')?.id
  return (
    <Room title="Waiting for you" about={about}>
      {error !== null && (
        <Trouble error={error}>
          <button type="button" className="link-button" onClick={() => void refetch()}>
            Try again
          </button>
        </Trouble>
      )}
      {data === undefined && error === null && <Loading what="questions" />}
      <Alerts />
      {data !== undefined && shown.length === 0 && alerts === 0 && <Empty />}
      <div className="question-list">
        {shown.map((question) => (
          <section key={question.id} className="question-with-place">
            {question.conversation !== null && (
              <p className="quiet small">
                In <ConversationLink id={question.conversation} />
              </p>
            )}
            <QuestionCard question={question} focusDeny={question.id === first}>
              {question.conversation !== null && (
                <ResultOf question={question} conversation={question.conversation} />
              )}
            </QuestionCard>
          </section>
        ))}
      </div>
      <Told />
    </Room>
  )
}
