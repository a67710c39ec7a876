/** What happened after an answer: the state of the call that had waited. */
import type { QuestionView } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { conversationQuery } from '../queries.ts'
import { callStateWords } from './words.ts'

/** One line about the call, with the way to its conversation. */
export const ResultOf = ({ question, conversation }: { question: QuestionView; conversation: string }) => {
  const { data } = useQuery(conversationQuery(conversation))
  const call = data?.entries
    .flatMap((e) => (e.kind === 'call' ? [e.call] : []))
    .find((c) => c.run === question.run && c.step === question.step)
  return (
    <p className="small">
      {call !== undefined && (
        <>
          <span className="mono">{question.skill}</span>: {callStateWords[call.state]}
          {call.error !== null && `, because ${call.error}`}.{' '}
        </>
      )}
      <Link to="/chat/$id" params={{ id: conversation }}>
        See it in {data?.conversation.title || 'its conversation'}
      </Link>
    </p>
  )
}
