/** One skill call inside a conversation: what was done, on whose word, what the gate said, what came back. */
import type { CallView, DecisionResult } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { GlyphName } from '../glyphs.tsx'
import { Glyph } from '../glyphs.tsx'
import { ForeignInset } from '../origin/chip.tsx'
import { StateWord } from '../parts.tsx'
import { questionsQuery } from '../queries.ts'
import { useAnswered } from '../questions/answered.ts'
import { ArgumentTable } from '../questions/arguments.tsx'
import { QuestionCard } from '../questions/card.tsx'
import { answerWords, argumentRows, callGist, callStateWords, decisionWords } from '../questions/words.ts'
import { Verbatim } from '../text/verbatim.tsx'
import { Marks } from './found.tsx'
import { Envelope } from './sealed.tsx'

const stateGlyphs: Readonly<Record<CallView['state'], GlyphName>> = {
  waiting: 'waiting',
  running: 'running',
  done: 'allow',
  refused: 'deny',
  failed: 'failed',
  unknown: 'unknown',
}

const stateTone = (state: CallView['state']): 'good' | 'wait' | 'stop' | undefined => {
  if (state === 'done') return 'good'
  if (state === 'waiting' || state === 'unknown') return 'wait'
  return state === 'failed' ? 'stop' : undefined
}

/** The gate's word with its sign. */
export const DecisionWord = ({ decision }: { decision: DecisionResult }) => (
  <StateWord
    glyph={decision}
    {...(decision === 'allow' ? {} : { tone: decision === 'ask' ? 'wait' : 'stop' })}
  >
    {decisionWords[decision]}
  </StateWord>
)

const Result = ({ call, text }: { call: CallView; text: string }) => {
  const inset = (
    <ForeignInset sources={call.label?.sources ?? []}>
      <Verbatim text={text} />
      {text.length >= 2000 && <p className="quiet small">These are its first 2,000 characters.</p>}
    </ForeignInset>
  )
  return call.sealed ? <Envelope call={call}>{inset}</Envelope> : inset
}

const Details = ({ call }: { call: CallView }) => (
  <div className="call-details">
    {call.decision?.decision === 'allow' && (
      <p>
        <DecisionWord decision={call.decision.decision} />{' '}
        <span className="quiet">{call.decision.why.replace(/^Allowed:? /, '')}</span>
      </p>
    )}
    <ArgumentTable rows={argumentRows(call.decision?.arguments ?? [], call.args)} />
    {call.error !== null && <p className="problem">{call.error}</p>}
    {call.result !== null && <Result call={call} text={call.result} />}
    <Marks found={call.found} sources={call.label?.sources ?? []} weight="low" />
    <p className="small quiet">
      {call.decision !== null && call.decision.rules.length > 0 && (
        <>
          By <span className="mono">{call.decision.rules.join(', ')}</span>.{' '}
        </>
      )}
      <Link to="/ledger" search={{ run: call.run }}>
        In the ledger
      </Link>
    </p>
  </div>
)

/** Between a yes and its effect a call still waits, but no longer for a person. */
const useStateWords = (call: CallView): string => {
  const answered = useAnswered().find((q) => q.id === call.question)
  if (call.state !== 'waiting' || answered === undefined) return callStateWords[call.state]
  return answerWords[answered.state]
}

/** What needed a yes needs none any more once the call has ended. */
const whyInWords = ({ state, decision }: CallView): string | undefined =>
  state === 'waiting' ? decision?.why : decision?.why.replace(/^It needs your yes:/, 'It needed your yes:')

const CallLine = ({ call }: { call: CallView }) => {
  const tone = stateTone(call.state)
  const words = useStateWords(call)
  const notable = call.decision !== null && call.decision.decision !== 'allow'
  return (
    <details className="call" open={call.state === 'failed' || call.state === 'unknown'}>
      <summary>
        <Glyph name="open" size={12} />
        <span className="mono call-skill">{call.skill}</span>
        <span className="call-gist mono">{callGist(call)}</span>
        <span className="call-states">
          {notable && call.decision !== null && <DecisionWord decision={call.decision.decision} />}
          {call.sealed && <StateWord glyph="sealed">sealed</StateWord>}
          <StateWord glyph={stateGlyphs[call.state]} {...(tone === undefined ? {} : { tone })}>
            {words}
          </StateWord>
        </span>
        {notable && <span className="call-why">{whyInWords(call)}</span>}
      </summary>
      <Details call={call} />
    </details>
  )
}

/** A call that waits shows its question in full; any other is one line that opens. */
export const Call = ({ call }: { call: CallView }) => {
  const { data } = useQuery(questionsQuery)
  const question = call.state === 'waiting' ? data?.find((q) => q.id === call.question) : undefined
  if (question !== undefined) return <QuestionCard question={question} />
  return (
    <>
      <CallLine call={call} />
      <Marks found={call.found} sources={call.label?.sources ?? []} weight="high" />
    </>
  )
}
