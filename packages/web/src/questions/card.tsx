/** The question card: the one place where a person lets something happen, or does not. */
import type { QuestionView } from '@castellan/contracts'
import { Button, Checkbox, Kbd, PasswordInput } from '@mantine/core'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react'
import { Glyph } from '../glyphs.tsx'
import { InlineVerbatim, Verbatim } from '../text/verbatim.tsx'
import { useNow, When } from '../time/when.tsx'
import { shortTime, spanInWords } from '../time/words.ts'
import { type Answering, useAnswer } from './answer.ts'
import { ArgumentTable } from './arguments.tsx'
import { PauseCard } from './pause.tsx'
import {
  argumentRows,
  endInWords,
  endorsingInWords,
  isOpen,
  nothingHappens,
  principalInWords,
  readersInWords,
} from './words.ts'
import './card.css'

const Countdown = ({ until }: { until: string }) => {
  const now = useNow(1_000)
  const left = Date.parse(until) - now
  return (
    <span role="timer" className="countdown" data-soon={left < 60_000}>
      {spanInWords(left)}
    </span>
  )
}

const Leaves = ({ leaves }: { leaves: QuestionView['leaves'] }) => {
  if (leaves === null) return <dd>Nothing. It stays in this house.</dd>
  return (
    <dd>
      {leaves.what.length === 0 ? 'The request itself' : leaves.what.join(', ')}
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

const Facts = ({ question }: { question: QuestionView }) => (
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
      {principalInWords(question.principal)}, through <span className="mono">{question.skill}</span>,{' '}
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

/** What may be called right for the rest of the run. Nothing is ticked beforehand. */
const Endorsing = ({ question, answering }: { question: QuestionView; answering: Answering }) => {
  const { endorsable } = question
  if (endorsable === null) return null
  const then = endorsable.lasting
    ? 'Then what goes there like this is not asked about again, until this run ends.'
    : `Castellan will still ask: ${(endorsable.why ?? '').replace(/^It needs your yes: /, '')}`
  const offered = question.arguments.filter(({ path }) => endorsable.paths.includes(path))
  return (
    <div className="endorsing">
      {offered.map(({ path, role, value }) => (
        <Checkbox
          key={path}
          label={
            <>
              {endorsingInWords(role)}: <InlineVerbatim text={String(value)} />
            </>
          }
          description={<InlineVerbatim text={then} />}
          checked={answering.endorsed.includes(path)}
          onChange={(event) => answering.endorse(path, event.currentTarget.checked)}
        />
      ))}
    </div>
  )
}

const Actions = ({
  question,
  answering,
  focusDeny,
}: {
  question: QuestionView
  answering: Answering
  focusDeny: boolean
}) => {
  const deny = useRef<HTMLButtonElement>(null)
  const { factor } = question
  const needsPassword = factor === 'password'
  const beyond = factor === 'totp' || factor === 'passkey'
  useEffect(() => {
    // Whoever is at work in another card stays there.
    const elsewhere = document.activeElement?.closest('.question[data-open="true"]') ?? null
    if (focusDeny && elsewhere === null) deny.current?.focus({ preventScroll: true })
  }, [focusDeny])
  return (
    <form
      className="question-actions"
      onSubmit={(event) => {
        event.preventDefault()
        answering.approve()
      }}
    >
      {needsPassword && (
        <PasswordInput
          className="question-password"
          label="Your admin password"
          description="Approving this needs more than a click."
          autoComplete="current-password"
          name="question-password"
          value={answering.password}
          error={answering.passwordError}
          onChange={(event) => answering.setPassword(event.currentTarget.value)}
          ref={answering.passwordField}
        />
      )}
      {!beyond && <Endorsing question={question} answering={answering} />}
      {beyond && (
        <p className="problem">
          Approving this needs a {factor === 'totp' ? 'one-time code' : 'passkey'}, which this page cannot
          take yet.
        </p>
      )}
      <div className="question-buttons">
        <Button
          ref={deny}
          className="deny"
          loading={answering.busy === 'deny'}
          disabled={answering.busy !== null}
          onClick={answering.deny}
        >
          Deny <Kbd className="shortcut">D</Kbd>
        </Button>
        <Button
          type="submit"
          className="approve"
          loading={answering.busy === 'approve'}
          disabled={answering.busy !== null || beyond}
          aria-disabled={!answering.armed}
        >
          Approve <Kbd className="shortcut">A</Kbd>
        </Button>
      </div>
      {answering.trouble !== null && (
        <p className="problem" role="alert">
          {answering.trouble}
        </p>
      )}
    </form>
  )
}

/** Letters answer only while the card itself holds the focus, and never while something is typed. */
const answerByKey = (event: KeyboardEvent, answering: Answering): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return
  const key = event.key.toLowerCase()
  if (key === 'd') answering.deny()
  else if (key === 'a') answering.approve()
  else return
  event.preventDefault()
}

const End = ({ question }: { question: QuestionView }) => (
  <p className="question-end" role="status">
    <Glyph name={question.state === 'approved' || question.state === 'consumed' ? 'allow' : 'deny'} />
    {question.state === 'open' ? endInWords('expired') : endInWords(question.state)}
  </p>
)

/** One question, or the pause of a run that has asked too often. See `CallCard`. */
export const QuestionCard = (props: Parameters<typeof CallCard>[0]) =>
  props.question.kind === 'pause' ? (
    <PauseCard question={props.question}>{props.children}</PauseCard>
  ) : (
    <CallCard {...props} />
  )

/**
 * One question. `focusDeny` puts the focus on Deny, for a page where the question is what the person came for; `children`
 * follow its end.
 */
const CallCard = ({
  question,
  focusDeny = false,
  children,
}: {
  question: QuestionView
  focusDeny?: boolean
  children?: ReactNode
}) => {
  const id = useId()
  const answering = useAnswer(question)
  const now = useNow(5_000)
  const open = isOpen(question, now)
  const card = useRef<HTMLElement>(null)
  const wasOpen = useRef(open)
  useEffect(() => {
    // The button that was pressed is gone: the keyboard stays with what became of it.
    if (wasOpen.current && !open && document.activeElement === document.body) {
      card.current?.focus({ preventScroll: true })
    }
    wasOpen.current = open
  }, [open])
  return (
    <article
      ref={card}
      className="question"
      data-open={open}
      aria-labelledby={`${id}-sentence`}
      aria-describedby={`${id}-why`}
      tabIndex={-1}
      {...(open ? { onKeyDown: (event: KeyboardEvent) => answerByKey(event, answering) } : {})}
    >
      <h2 id={`${id}-sentence`} className="question-sentence">
        <Verbatim text={question.sentence} fold={null} />
      </h2>
      {question.why !== question.sentence && (
        <p id={`${id}-why`} className="quiet">
          {question.why}
        </p>
      )}
      <ArgumentTable rows={argumentRows(question.arguments, question.args)} question={question} />
      <Facts question={question} />
      {open ? (
        <Actions question={question} answering={answering} focusDeny={focusDeny} />
      ) : (
        <>
          <End question={question} />
          {children}
        </>
      )}
    </article>
  )
}
