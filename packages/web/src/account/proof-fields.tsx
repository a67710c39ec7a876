/** The ways of showing who one is, one at a time: a passkey, a code, a recovery code, the password. */
import { CastellanError, type FactorsView, type PasskeyOptions, type Proof } from '@castellan/contracts'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type * as z from 'zod'
import { Trouble } from '../parts.tsx'
import { canUsePasskeys, showPasskey } from './passkey.ts'
import './proof.css'

/** A proof as this page sends it. */
export type GivenProof = z.input<typeof Proof>
/** What a person can choose between. */
export type Way = 'passkey' | 'code' | 'recovery' | 'password'

const otherWords: Readonly<Record<Way, string>> = {
  passkey: 'Use a passkey',
  code: 'Use a one-time code',
  recovery: 'Use a recovery code',
  password: 'Use the password',
}
const wrongCodes = ['wrong_code', 'wrong_password']

/** The ways that somebody has, the best first. */
export const waysOf = ({ accepts, recovery }: FactorsView, { withRecovery = true } = {}): Way[] => [
  ...(accepts.includes('passkey') && canUsePasskeys() ? ['passkey' as const] : []),
  ...(accepts.includes('totp') ? ['code' as const] : []),
  ...(accepts.includes('password') ? ['password' as const] : []),
  ...(withRecovery && recovery !== null && recovery.left > 0 ? ['recovery' as const] : []),
]

interface FieldProps {
  way: Exclude<Way, 'passkey'>
  value: string
  error: string | null
  passwordLabel: string
  onChange: (value: string) => void
}

const Field = ({ way, value, error, passwordLabel, onChange }: FieldProps) => {
  const shared = {
    value,
    error,
    autoFocus: true,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  }
  if (way === 'password')
    return <PasswordInput {...shared} label={passwordLabel} autoComplete="current-password" />
  if (way === 'code')
    return (
      <TextInput
        {...shared}
        label="One-time code"
        description="The six digits that your authenticator app shows now."
        className="proof-code"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={9}
      />
    )
  return (
    <TextInput
      {...shared}
      label="Recovery code"
      description="One of the ten you kept on paper. It counts once."
      className="proof-code"
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      maxLength={32}
    />
  )
}

const proofOf = (way: Exclude<Way, 'passkey'>, value: string): GivenProof =>
  way === 'password' ? { password: value } : way === 'code' ? { code: value } : { recovery: value }

/**
 * A form for one proof. `show` sends it and rejects when it is refused; `options` asks the server what a passkey is to sign.
 * A wrong one is said beside the field, and the field is emptied.
 */
export const ProofForm = ({
  ways,
  options,
  show,
  submit,
  passwordLabel = 'Your password',
  onCancel,
}: {
  ways: readonly Way[]
  options: () => Promise<PasskeyOptions>
  show: (proof: GivenProof) => Promise<unknown>
  submit: string
  passwordLabel?: string
  onCancel?: () => void
}) => {
  const [chosen, setChosen] = useState<Way | null>(null)
  const [value, setValue] = useState('')
  const way = chosen ?? ways[0]
  const send = useMutation({
    mutationFn: async (of: Way) =>
      show(
        of === 'passkey' ? { passkey: (await showPasskey(await options())) as never } : proofOf(of, value),
      ),
    onError: () => setValue(''),
  })
  if (way === undefined) return <p>You have nothing that could be shown here. Sign out and sign in again.</p>
  const wrong =
    send.error instanceof CastellanError && wrongCodes.includes(send.error.code) ? send.error.message : null
  const choose = (next: Way): void => {
    setChosen(next)
    setValue('')
    send.reset()
  }
  return (
    <form
      className="proof"
      onSubmit={(event) => {
        event.preventDefault()
        if (!send.isPending && (way === 'passkey' || value !== '')) send.mutate(way)
      }}
    >
      {way === 'passkey' ? (
        <p>Your device asks for your fingerprint, your face or its PIN.</p>
      ) : (
        <Field
          key={way}
          way={way}
          value={value}
          error={wrong}
          passwordLabel={passwordLabel}
          onChange={setValue}
        />
      )}
      {send.error !== null && wrong === null && <Trouble error={send.error} />}
      <div className="row">
        <Button
          type="submit"
          variant="filled"
          autoFocus={way === 'passkey'}
          loading={send.isPending}
          disabled={way !== 'passkey' && value === ''}
        >
          {way === 'passkey' ? 'Show my passkey' : submit}
        </Button>
        {onCancel !== undefined && <Button onClick={onCancel}>Not now</Button>}
      </div>
      {ways.length > 1 && (
        <p className="proof-others small">
          {ways
            .filter((other) => other !== way)
            .map((other) => (
              <button key={other} type="button" className="link-button" onClick={() => choose(other)}>
                {otherWords[other]}
              </button>
            ))}
        </p>
      )}
    </form>
  )
}
