/** The question card: the one place where a person lets something happen, or does not. */
import type { QuestionView } from '@castellan/contracts'
import { Button, Checkbox, Kbd } from '@mantine/core'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react'
import { Glyph } from '../glyphs.tsx'
import { useIsOwnersAnswer } from '../people/names.ts'
import { InlineVerbatim, Verbatim } from '../text/verbatim.tsx'
import { useNow } from '../time/when.tsx'
import { AskAgain } from './again.tsx'
import { type Answering, useAnswer } from './answer.ts'
import { ArgumentTable } from './arguments.tsx'
import { Facts } from './facts.tsx'
import { PauseCard } from './pause.tsx'
import { ProofInPlace } from './proof.tsx'
import { argumentRows, endInWords, endorsingInWords, isOpen } from './words.ts'
import './card.css'

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
  const isOwners = useIsOwnersAnswer(question.effect)
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
      {isOwners ? (
        <p>Only the owner of this house can say yes to this. It waits among their questions.</p>
      ) : (
        <ProofInPlace question={question} answering={answering} />
      )}
      {!answering.cannot && !isOwners && <Endorsing question={question} answering={answering} />}
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
        {!isOwners && (
          <Button
            type="submit"
            className="approve"
            loading={answering.busy === 'approve'}
            disabled={answering.busy !== null || answering.cannot}
            aria-disabled={!answering.armed}
          >
            Approve <Kbd className="shortcut">A</Kbd>
          </Button>
        )}
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

/** Told as open, but its time is over by now. */
const isExpired = ({ state }: QuestionView): boolean => state === 'expired' || state === 'open'

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
          {isExpired(question) && question.conversation !== null && (
            <AskAgain question={question} conversation={question.conversation} />
          )}
          {children}
        </>
      )}
    </article>
  )
}
