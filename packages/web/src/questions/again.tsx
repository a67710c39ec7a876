/** A question that ran out can be asked anew: the owner asks for it again, in words that are the same for every question. */
import type { QuestionView } from '@castellan/contracts'
import { useMutation } from '@tanstack/react-query'
import { conversations } from '../api.ts'
import { client, conversationQuery, conversationsQuery } from '../queries.ts'

/** It names nothing of the question: what a stranger wrote must not become the owner's words by a click. */
const words = 'Nobody answered in time. Please try that again.'

/** The button; asking twice is asking once. */
export const AskAgain = ({ question, conversation }: { question: QuestionView; conversation: string }) => {
  const again = useMutation({
    mutationFn: () =>
      conversations.send(conversation, { text: words, pasted: [], attachments: [] }, `again:${question.id}`),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: conversationQuery(conversation).queryKey }),
        client.invalidateQueries({ queryKey: conversationsQuery.queryKey }),
      ]),
  })
  if (again.isSuccess) return <p className="small quiet">Castellan tries it again, and asks anew.</p>
  return (
    <p className="small">
      <button type="button" className="link-button" disabled={again.isPending} onClick={() => again.mutate()}>
        Ask again
      </button>
      {again.error !== null && <span className="problem"> {again.error.message}</span>}
    </p>
  )
}
