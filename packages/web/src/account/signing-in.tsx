/** How one gets in: passkeys, one-time codes, recovery codes, and whether ADMIN_PASSWORD still opens. */
import type { FactorsView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loading, StateWord, Trouble } from '../parts.tsx'
import { authQuery, client } from '../queries.ts'
import { When } from '../time/when.tsx'
import { factors, factorsQuery } from './api.ts'
import { Passkeys } from './passkeys.tsx'
import { RecoveryCodeList } from './recovery-codes.tsx'
import { AccountFrame } from './room.tsx'
import { withStepUp } from './step-up.tsx'
import { Totp } from './totp.tsx'
import './signing-in.css'

const reload = () => client.invalidateQueries({ queryKey: factorsQuery.queryKey })

const Recovery = ({ view }: { view: FactorsView }) => {
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const renew = useMutation({
    mutationFn: () => withStepUp(factors.newRecoveryCodes),
    onSuccess: ({ codes: made }) => {
      setCodes(made)
      void reload()
    },
  })
  if (view.totp_since === null && view.passkeys.length === 0) return null
  return (
    <section className="proof-section" aria-labelledby="recovery-title">
      <h2 id="recovery-title">Recovery codes</h2>
      <p className="quiet">
        For the day your phone or key is gone: each opens once in its place. Keep them on paper, not on the
        phone.
      </p>
      {codes !== null && <RecoveryCodeList codes={codes} onKept={() => setCodes(null)} />}
      <div className="row">
        {view.recovery === null ? (
          <p>You have none.</p>
        ) : (
          <p>
            <strong>{view.recovery.left} of 10</strong> left, made <When at={view.recovery.made_at} />
          </p>
        )}
        <Button className="push" loading={renew.isPending} onClick={() => renew.mutate()}>
          {view.recovery === null ? 'Make recovery codes' : 'Make new ones'}
        </Button>
      </div>
      {view.recovery !== null && <p className="quiet small">New ones end the old ones.</p>}
      {renew.error !== null && <Trouble error={renew.error} />}
    </section>
  )
}

const AdminPassword = ({ view }: { view: FactorsView }) => {
  const isOpen = view.admin_password === 'open'
  const set = useMutation({
    mutationFn: () => withStepUp(() => factors.setPasswordDoor(!isOpen)),
    onSuccess: (next) => {
      client.setQueryData(factorsQuery.queryKey, next)
      void client.invalidateQueries({ queryKey: authQuery.queryKey })
    },
  })
  return (
    <section className="proof-section" aria-labelledby="password-title">
      <h2 id="password-title">Admin password</h2>
      <p className="quiet">
        With a passkey you can close signing in by <code>ADMIN_PASSWORD</code>: nobody who reads or guesses it
        gets in any more. <code>castellan open</code> on the machine always gives you a link.
      </p>
      <div className="row">
        <StateWord glyph={isOpen ? 'allow' : 'deny'}>
          {isOpen ? 'It signs in' : 'It does not sign in'}
        </StateWord>
        <Button
          className="push"
          loading={set.isPending}
          disabled={isOpen && view.passkeys.length === 0}
          onClick={() => set.mutate()}
        >
          {isOpen ? 'Close it' : 'Open it again'}
        </Button>
      </div>
      {isOpen && view.passkeys.length === 0 && <p className="quiet small">Add a passkey first.</p>}
      {set.error !== null && <Trouble error={set.error} />}
    </section>
  )
}

const Content = () => {
  const { data, error } = useQuery(factorsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="your proofs" />
  return (
    <div className="proof-sections">
      <Passkeys view={data} onChanged={reload} />
      <Totp view={data} onChanged={reload} />
      <Recovery view={data} />
      {data.admin_password !== 'none' && <AdminPassword view={data} />}
    </div>
  )
}

/** The page. */
export const SigningInRoom = () => (
  <AccountFrame about="How you get in, and how you show that a yes is yours. A passkey is the strongest and the easiest.">
    <Content />
  </AccountFrame>
)
