/** What a yes needs besides a click, asked for in the card itself: the password, a one-time code, or a passkey. */
import type { FactorsView, QuestionView } from '@castellan/contracts'
import { PasswordInput, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type Way, waysOf } from '../account/proof-fields.tsx'
import type { Answering } from './answer.ts'

/** A proof that can come with a yes; recovery codes are for coming in. */
export type YesWay = Exclude<Way, 'recovery'>

const suffices: Readonly<Record<QuestionView['factor'], readonly YesWay[]>> = {
  click: [],
  password: ['passkey', 'code', 'password'],
  totp: ['passkey', 'code'],
  passkey: ['passkey'],
}

/** The ways that somebody has and that suffice here, the best first; none where a click does. */
export const yesWays = (factor: QuestionView['factor'], view: FactorsView | undefined): YesWay[] =>
  view === undefined
    ? []
    : suffices[factor].filter((way) => waysOf(view, { withRecovery: false }).includes(way))

const others: Readonly<Record<YesWay, string>> = {
  passkey: 'Use a passkey instead',
  code: 'Use a one-time code instead',
  password: 'Use the password instead',
}

const lacking = {
  password: 'a passkey or a one-time code',
  totp: 'a one-time code',
  passkey: 'a passkey',
  click: '',
}

const Field = ({ answering, label }: { answering: Answering; label: string }) => {
  const shared = {
    className: 'question-password',
    description: 'Approving this needs more than a click.',
    value: answering.proof,
    error: answering.proofError,
    onChange: (event: { currentTarget: { value: string } }) => answering.setProof(event.currentTarget.value),
    ref: answering.proofField,
  }
  return answering.way === 'code' ? (
    <TextInput
      {...shared}
      label="Your one-time code"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={9}
    />
  ) : (
    <PasswordInput {...shared} label={label} autoComplete="current-password" name="question-password" />
  )
}

/** The field, and the way to another one. Nothing where a click suffices. */
export const ProofInPlace = ({ question, answering }: { question: QuestionView; answering: Answering }) => {
  const { way, ways } = answering
  if (question.factor === 'click') return null
  if (answering.cannot)
    return (
      <p className="problem">
        Approving this needs {lacking[question.factor]}, which you do not have here yet.{' '}
        <Link to="/account/signing-in">Set it up</Link>, then come back.
      </p>
    )
  if (way === null) return null
  return (
    <div className="question-proof">
      {way === 'passkey' ? (
        <p className="quiet small">Approving this asks for your passkey.</p>
      ) : (
        <Field answering={answering} label={answering.isOwner ? 'Your admin password' : 'Your password'} />
      )}
      {ways
        .filter((other) => other !== way)
        .map((other) => (
          <button
            key={other}
            type="button"
            className="link-button small"
            onClick={() => answering.choose(other)}
          >
            {others[other]}
          </button>
        ))}
    </div>
  )
}
