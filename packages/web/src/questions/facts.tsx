/** What a question is about besides its arguments: what is new, what leaves and who may read it, what doing nothing means. */
import type { QuestionView } from '@castellan/contracts'
import { Glyph } from '../glyphs.tsx'
import { usePrincipals } from '../people/names.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { useNow, When } from '../time/when.tsx'
import { shortTime, spanInWords } from '../time/words.ts'
import { nothingHappens, pathInWords, readersInWords } from './words.ts'

const Countdown = ({ until }: { until: string }) => {
  const now = useNow(1_000)
  const left = Date.parse(until) - now
  return (
    <span role="timer" className="countdown" data-soon={left < 60_000}>
      {spanInWords(left)}
    </span>
  )
}

const Askers = ({ chain }: { chain: readonly string[] }) => usePrincipals()(chain)

/** Arguments are named by their pointers. */
const whatInWords = (what: string): string => (what.startsWith('/') ? pathInWords(what) : what)

const Leaves = ({ leaves }: { leaves: QuestionView['leaves'] }) => {
  if (leaves === null) return <dd>Nothing. It stays in this house.</dd>
  return (
    <dd>
      {leaves.what.length === 0 ? 'The request itself' : leaves.what.map(whatInWords).join(', ')}
      {', to '}
      {leaves.to.map((reader, index) => (
        <span key={reader}>
          {index > 0 && ', '}
          <strong>
            <InlineVerbatim text={reader} />
          </strong>
        </span>
      ))}
      . {readersInWords(leaves.readers)} Whoever is there may read and keep it from then on.
    </dd>
  )
}

/** What was never done before with success, and what looks like something that was. */
const News = ({ skill, fresh }: Pick<QuestionView, 'skill' | 'fresh'>) => {
  if (!fresh.skill && fresh.targets.length === 0) return null
  return (
    <>
      <dt>New</dt>
      <dd>
        {fresh.targets.map(({ value, resembles }) => (
          <p key={value}>
            Castellan never did this with{' '}
            <strong>
              <InlineVerbatim text={value} />
            </strong>{' '}
            before.
            {resembles !== null && (
              <span className="resembles">
                {' '}
                <Glyph name="unknown" size={12} /> It looks like{' '}
                <strong>
                  <InlineVerbatim text={resembles} />
                </strong>
                , which you know, and is not the same.
              </span>
            )}
          </p>
        ))}
        {fresh.skill && (
          <p>
            It is the first use of <span className="mono">{skill}</span>.
          </p>
        )}
      </dd>
    </>
  )
}

/** What leaves, what is new, what happens if nobody answers, who asks. */
export const Facts = ({ question }: { question: QuestionView }) => (
  <dl className="facts question-facts">
    <News skill={question.skill} fresh={question.fresh} />
    <dt>Leaves the house</dt>
    <Leaves leaves={question.leaves} />
    {question.state === 'open' && (
      <>
        <dt>If you do nothing</dt>
        <dd>
          {nothingHappens(question.effect)}, and Castellan goes on without it in{' '}
          <Countdown until={question.expires_at} />{' '}
          <span className="quiet">({shortTime(Date.parse(question.expires_at))})</span>.
        </dd>
      </>
    )}
    <dt>Asked by</dt>
    <dd>
      <Askers chain={question.principal} />, through <span className="mono">{question.skill}</span>,{' '}
      <When at={question.created_at} />
    </dd>
    {question.rules.length > 0 && (
      <>
        <dt>Rules</dt>
        <dd className="mono small">{question.rules.join(', ')}</dd>
      </>
    )}
  </dl>
)
