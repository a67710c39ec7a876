/** First steps: a model, a hello, one approval. Each step shows the real thing, and says when it is done. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { conversations } from '../api.ts'
import { Entries } from '../chat/entries.tsx'
import { Glyph } from '../glyphs.tsx'
import { Discovered } from '../models/discovered.tsx'
import { ModelForm } from '../models/form.tsx'
import { Loading, Room, StateWord, Trouble } from '../parts.tsx'
import { client, conversationQuery, modelsQuery, overviewQuery, questionsQuery } from '../queries.ts'
import './first-run.css'

type StepState = 'done' | 'now' | 'later'

const Step = ({
  number,
  title,
  state,
  children,
}: {
  number: number
  title: string
  state: StepState
  children: ReactNode
}) => (
  <li className="step" data-state={state} {...(state === 'now' ? { 'aria-current': 'step' as const } : {})}>
    <span className="step-number" aria-hidden="true">
      {state === 'done' ? <Glyph name="allow" /> : number}
    </span>
    <div className="step-body">
      <h2>
        {title}
        {state === 'done' && <span className="unseen"> (done)</span>}
      </h2>
      {children}
    </div>
  </li>
)

const ModelStep = ({ state }: { state: StepState }) => {
  const { data } = useQuery(modelsQuery)
  if (state === 'done') {
    const names = (data ?? []).map((m) => m.name).join(', ')
    return (
      <p className="quiet">
        {names === '' ? 'A model is there.' : `${names} is there.`} More can be added under Models.
      </p>
    )
  }
  return (
    <>
      <p className="quiet">
        Castellan needs a model to think with: one on your machine, or a provider's with your key.
      </p>
      <Discovered onAdded={() => {}} />
      <ModelForm onAdded={() => {}} />
    </>
  )
}

/** The lines of one run of a conversation, as they come. */
const RunOf = ({ conversation, run }: { conversation: string; run: string }) => {
  const { data, error } = useQuery(conversationQuery(conversation))
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="the answer" />
  const entries = data.entries.filter((e) => e.run === run)
  const partial = data.partial?.run === run ? data.partial : null
  const current = data.run?.id === run ? data.run : null
  return (
    <div className="step-run">
      <Entries view={{ ...data, entries, partial }} />
      {current?.state === 'failed' && (
        <p className="problem">{current.error ?? 'It stopped before its end.'}</p>
      )}
      {(current?.state === 'queued' || current?.state === 'running') && partial === null && (
        <StateWord glyph="running">Castellan is working</StateWord>
      )}
    </div>
  )
}

const helloText = 'Hello! Who are you, and what can you do for me? Answer in three sentences.'

const HelloStep = ({ state }: { state: StepState }) => {
  const hello = useMutation({
    mutationFn: async () => {
      const created = await conversations.create({ title: 'Hello' })
      return conversations.send(
        created.id,
        { text: helloText, pasted: [], attachments: [] },
        crypto.randomUUID(),
      )
    },
    onSuccess: () => client.invalidateQueries({ queryKey: overviewQuery.queryKey }),
  })
  return (
    <>
      {hello.data === undefined && (
        <p className="quiet">
          {state === 'done' ? 'It has answered you.' : 'See that it answers. This sends one short message.'}
        </p>
      )}
      {hello.data !== undefined && <RunOf conversation={hello.data.conversation} run={hello.data.run} />}
      {hello.error !== null && <Trouble error={hello.error} />}
      {state === 'now' && hello.data === undefined && (
        <div className="row">
          <Button variant="filled" loading={hello.isPending} onClick={() => hello.mutate()}>
            Say hello
          </Button>
        </div>
      )}
    </>
  )
}

const ApprovalStep = ({ state }: { state: StepState }) => {
  const [again, setAgain] = useState(false)
  const ask = useMutation({
    mutationFn: conversations.firstApproval,
    onSuccess: () =>
      Promise.all(
        [questionsQuery, overviewQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })),
      ),
  })
  const shown = state !== 'done' || again || ask.data !== undefined
  return (
    <>
      <p className="quiet">
        When Castellan wants to act on words that are not surely yours, it stops and shows you this card. It
        is a real one: approve it and the file is written into the workspace, deny it and nothing is.
      </p>
      {shown && ask.data === undefined && (
        <div className="row">
          <Button
            variant={state === 'now' ? 'filled' : 'default'}
            loading={ask.isPending}
            onClick={() => ask.mutate()}
          >
            Show me one
          </Button>
        </div>
      )}
      {!shown && (
        <button type="button" className="link-button" onClick={() => setAgain(true)}>
          Once more
        </button>
      )}
      {ask.error !== null && <Trouble error={ask.error} />}
      {ask.data !== undefined && <RunOf conversation={ask.data.conversation} run={ask.data.run} />}
    </>
  )
}

const order = ['model', 'hello', 'approval'] as const

const Steps = ({ left }: { left: readonly (typeof order)[number][] }) => {
  const stateOf = (step: (typeof order)[number]): StepState => {
    if (!left.includes(step)) return 'done'
    // The approval needs no model, so nobody is kept from it.
    return left[0] === step || step === 'approval' ? 'now' : 'later'
  }
  return (
    <ol className="steps">
      <Step number={1} title="Add a model" state={stateOf('model')}>
        <ModelStep state={stateOf('model')} />
      </Step>
      <Step number={2} title="Say hello" state={stateOf('hello')}>
        {stateOf('hello') === 'later' ? (
          <p className="quiet">As soon as a model is there.</p>
        ) : (
          <HelloStep state={stateOf('hello')} />
        )}
      </Step>
      <Step number={3} title="Decide once" state={stateOf('approval')}>
        <ApprovalStep state={stateOf('approval')} />
      </Step>
    </ol>
  )
}

const abouts = {
  left: 'Three steps, under three minutes. None of them is needed for the others to work; leave whenever you like.',
  done: 'That is the whole of it. What you saw is how every action of Castellan is decided, asked for and recorded.',
}

/** The page. */
export const FirstRunPage = () => {
  const { data, error } = useQuery(overviewQuery)
  const done = data?.first_run.length === 0
  return (
    <Room
      title={done ? 'All three done' : 'First steps'}
      about={abouts[done ? 'done' : 'left']}
      tools={
        <Link to="/chat" className="step-leave">
          {done ? 'To the chat' : 'Skip to the chat'}
        </Link>
      }
    >
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="your first steps" />}
      {data !== undefined && <Steps left={data.first_run} />}
    </Room>
  )
}
