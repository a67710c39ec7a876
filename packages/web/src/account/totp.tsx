/** One-time codes: enrolling an app by its QR code or by typing, and ending it. */
import type { FactorsView, TotpEnrolment } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { StateWord, Trouble } from '../parts.tsx'
import { When } from '../time/when.tsx'
import { Ending } from '../tokens/ending.tsx'
import { factors, factorsQuery } from './api.ts'
import { QrCode } from './qr.tsx'
import { RecoveryCodeList } from './recovery-codes.tsx'
import { withStepUp } from './step-up.tsx'

const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')

const Enrol = ({
  enrolment,
  onDone,
  onCancel,
}: {
  enrolment: TotpEnrolment
  onDone: (codes: readonly string[]) => void
  onCancel: () => void
}) => {
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () => withStepUp(() => factors.confirmTotp(code)),
    onSuccess: ({ codes }) => onDone(codes),
    onError: () => setCode(''),
  })
  return (
    <form
      className="sheet totp-enrol"
      onSubmit={(event) => {
        event.preventDefault()
        if (code !== '' && !confirm.isPending) confirm.mutate()
      }}
    >
      <QrCode rows={enrolment.qr} label="QR code for your authenticator app" />
      <div className="proof">
        <p>Scan this with an authenticator app on your phone, or type the secret there:</p>
        <p className="mono totp-secret">{grouped(enrolment.secret)}</p>
        <p className="quiet small">It is shown this once, and counts when a code of it comes back.</p>
        <TextInput
          label="The code that the app shows now"
          className="proof-code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={9}
          value={code}
          error={confirm.error?.message ?? null}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <div className="row">
          <Button type="submit" variant="filled" loading={confirm.isPending} disabled={code === ''}>
            Turn on
          </Button>
          <Button onClick={onCancel}>Not now</Button>
        </div>
      </div>
    </form>
  )
}

/** The section. */
export const Totp = ({ view, onChanged }: { view: FactorsView; onChanged: () => Promise<unknown> }) => {
  const [enrolment, setEnrolment] = useState<TotpEnrolment | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const begin = useMutation({
    mutationFn: () => withStepUp(factors.beginTotp),
    onSuccess: setEnrolment,
  })
  const since = view.totp_since
  const isOn = since !== null
  return (
    <section className="proof-section" aria-labelledby="totp-title">
      <h2 id="totp-title">One-time codes</h2>
      <p className="quiet">
        An app on your phone shows six digits that change every half minute. Once on, the password alone does
        not sign you in any more.
      </p>
      {codes !== null && <RecoveryCodeList codes={codes} onKept={() => setCodes(null)} />}
      {enrolment === null ? (
        <div className="row">
          <StateWord glyph={isOn ? 'allow' : 'deny'} {...(isOn ? { tone: 'good' as const } : {})}>
            {isOn ? 'On' : 'Off'}
          </StateWord>
          {since !== null && (
            <span className="quiet">
              since <When at={since} />
            </span>
          )}
          <Button className="push" loading={begin.isPending} onClick={() => begin.mutate()}>
            {isOn ? 'Set up another phone' : 'Set up'}
          </Button>
          {isOn && (
            <Ending
              verb="Turn off"
              name="one-time codes"
              warning="From then on the password alone signs you in."
              work={() => withStepUp(factors.removeTotp)}
              reloads={factorsQuery.queryKey}
            />
          )}
        </div>
      ) : (
        <Enrol
          enrolment={enrolment}
          onDone={(made) => {
            setEnrolment(null)
            setCodes(made)
            void onChanged()
          }}
          onCancel={() => setEnrolment(null)}
        />
      )}
      {begin.error !== null && <Trouble error={begin.error} />}
    </section>
  )
}
