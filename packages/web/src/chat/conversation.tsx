/** One conversation: its head, its lines, what the run is doing now, and the composer. */
import type { ConversationView, RunView } from '@castellan/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type * as z from 'zod'
import { conversations } from '../api.ts'
import { Glyph } from '../glyphs.tsx'
import { Loading, Trouble, useTitle } from '../parts.tsx'
import { client, conversationQuery, conversationsQuery, endedRunQuery, overviewQuery } from '../queries.ts'
import { isOver } from './apply.ts'
import { Composer, type Outgoing } from './composer.tsx'
import { Entries } from './entries.tsx'
import { OpenedPlace } from './place.tsx'
import { SealedLine } from './sealed.tsx'
import { useStick } from './stick.ts'

type View = z.infer<typeof ConversationView>

const runWords: Readonly<Record<RunView['state'], string>> = {
  queued: 'Castellan has your message and starts soon.',
  running: 'Castellan is working.',
  waiting: 'Castellan waits for your answer above.',
  done: '',
  stopped: 'You stopped this.',
  failed: 'This stopped before its end.',
}

const RunLine = ({ run, streaming }: { run: RunView | null; streaming: boolean }) => {
  const words = run === null ? '' : runWords[run.state]
  return (
    <p className="run-line" aria-live="polite" data-state={run?.state ?? 'none'}>
      {run?.state === 'running' && <Glyph name="running" size={12} />}
      {streaming ? 'Castellan is answering.' : words}
      {run?.state === 'failed' && run.error !== null && <span className="problem"> {run.error}</span>}
    </p>
  )
}

/** What the chat says while nobody can answer. */
export const NoModel = () => {
  const { data } = useQuery(overviewQuery)
  if (data === undefined || data.models > 0) return null
  return (
    <p className="no-model">
      <Glyph name="model" size={14} /> No model answers yet. <Link to="/models">Add one</Link>: a local
      Ollama, or a key of a provider. Everything else works without.
    </p>
  )
}

/** The run in progress, or the latest one: how it ended is told on every later visit too. */
const useRun = (view: View): RunView | null => {
  const latest = view.run === null ? (view.entries.at(-1)?.run ?? null) : null
  const { data } = useQuery(endedRunQuery(latest))
  return view.run ?? data ?? null
}

const TokenCount = ({ run }: { run: RunView }) => {
  const { input_tokens, output_tokens, model_calls } = run.usage
  const number = (value: number): string => value.toLocaleString('en')
  const title = `${number(input_tokens)} tokens in, ${number(output_tokens)} out, ${model_calls} model calls`
  return (
    <span className="quiet small push wide-only" title={title}>
      {number(input_tokens + output_tokens)} tokens in the latest turn
    </span>
  )
}

const Head = ({ view, run }: { view: View; run: RunView | null }) => (
  <header className="conversation-head">
    <Link
      to="/chat"
      search={{ list: true }}
      className="icon-button phone-only"
      aria-label="All conversations"
    >
      <Glyph name="back" />
    </Link>
    <h1>{view.conversation.title || 'Conversation'}</h1>
    {view.conversation.persona !== 'default' && (
      <span className="quiet small">with {view.conversation.persona}</span>
    )}
    {run !== null && run.usage.model_calls > 0 && <TokenCount run={run} />}
  </header>
)

const useStop = (view: View | undefined): (() => void) | null => {
  const stop = useMutation({
    mutationFn: (run: string) => conversations.stop(run),
    onSettled: () =>
      view && client.invalidateQueries({ queryKey: conversationQuery(view.conversation.id).queryKey }),
  })
  const run = view?.conversation.active_run ?? null
  const current = view?.run ?? null
  if (run === null || (current !== null && current.id === run && isOver(current))) return null
  return () => stop.mutate(run)
}

/** Sends a message and loads what it changed; resolves once the message is durable. */
export const sendTo = async (id: string, message: Outgoing, externalId: string): Promise<void> => {
  await conversations.send(id, message, externalId)
  await Promise.all([
    client.invalidateQueries({ queryKey: conversationQuery(id).queryKey }),
    client.invalidateQueries({ queryKey: conversationsQuery.queryKey }),
  ])
}

const Loaded = ({ view }: { view: View }) => {
  const { id } = view.conversation
  const stick = useStick(id)
  const onStop = useStop(view)
  const run = useRun(view)
  useTitle(view.conversation.title || 'Conversation')
  return (
    <section className="conversation" aria-label="Conversation">
      <Head view={view} run={run} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the text must be scrollable by keyboard. */}
      <section className="conversation-scroll" ref={stick.box} tabIndex={0} aria-label="Messages">
        <OpenedPlace onShow={stick.letGo} />
        <div className="conversation-page" ref={stick.content}>
          <Entries view={view} />
          <RunLine run={run} streaming={view.partial !== null} />
          <SealedLine run={run} />
        </div>
      </section>
      <div className="conversation-foot">
        {stick.behind && (
          <button type="button" className="to-end" onClick={stick.toEnd}>
            <Glyph name="down" size={14} /> To the end
          </button>
        )}
        <NoModel />
        <Composer
          key={id}
          place={id}
          placeholder="Write to Castellan"
          onStop={onStop}
          onSend={async (message, externalId) => {
            await sendTo(id, message, externalId)
            stick.toEnd()
          }}
        />
      </div>
    </section>
  )
}

/** Loads and shows one conversation. */
export const Conversation = ({ id }: { id: string }) => {
  const { data, error } = useQuery(conversationQuery(id))
  if (data !== undefined) return <Loaded view={data} />
  return (
    <section className="conversation conversation-wait">
      <OpenedPlace onShow={null} />
      {error === null ? <Loading what="the conversation" /> : <Trouble error={error} />}
    </section>
  )
}
