/** The door: a passkey, the password, a provider, a one-time link that was just opened, or why nobody can get in. */
import type { AuthState } from '@castellan/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { auth } from '../api.ts'
import { Trouble, useTitle } from '../parts.tsx'
import { ProviderButtons, ProviderTrouble } from '../providers/buttons.tsx'
import { authQuery } from '../queries.ts'
import { EmailForm, OwnerForm, PasskeyDoor, SecondForm } from './forms.tsx'
import { spendToken, takeToken } from './token.ts'
import './signin.css'

const useEntered = (): ((state: AuthState) => void) => {
  const cache = useQueryClient()
  return useCallback(
    (state) => {
      // What another session left in the cache is not this one's.
      cache.removeQueries({ predicate: (query) => query.queryKey[0] !== 'auth' })
      cache.setQueryData(authQuery.queryKey, state)
    },
    [cache],
  )
}

const NoPassword = ({ state }: { state: AuthState }) => (
  <div className="door-form">
    <p>
      <strong>Nobody can sign in, because no admin password is set.</strong> This is on purpose: without a
      password the door stays shut.
    </p>
    <p className="quiet">
      Write a line <code>ADMIN_PASSWORD=…</code> into the file <code>{state.password_file}</code> of this
      instance and start Castellan again. Your data is untouched.
    </p>
  </div>
)

const FirstStep = ({ state, onEntered }: { state: AuthState; onEntered: (state: AuthState) => void }) => {
  const [byEmail, setByEmail] = useState(!state.password_open)
  return (
    <>
      {byEmail ? <EmailForm onEntered={onEntered} /> : <OwnerForm state={state} onEntered={onEntered} />}
      <PasskeyDoor onEntered={onEntered} />
      <ProviderTrouble state={state} />
      <ProviderButtons state={state} />
      {state.password_open ? (
        <p className="small">
          <button type="button" className="link-button" onClick={() => setByEmail(!byEmail)}>
            {byEmail ? 'Sign in as the owner' : 'Sign in with an e-mail address'}
          </button>
        </p>
      ) : (
        <p className="quiet small">
          The owner signs in with a passkey. Without it, <code>castellan open</code> on the machine gives a
          link.
        </p>
      )}
    </>
  )
}

/** The page for who is not signed in. A token taken from the address is spent at once. */
export const SignIn = ({ state }: { state: AuthState }) => {
  const entered = useEntered()
  const [again, setAgain] = useState(false)
  const link = useMutation({ mutationFn: (token: string) => auth.link(token), onSuccess: entered })
  const { mutate } = link
  useTitle('Sign in')
  useEffect(() => {
    const spend = () => {
      const token = spendToken()
      if (token !== null) mutate(token)
    }
    // A link opened in a tab that already shows this page changes only the fragment, and loads nothing.
    const onFragment = () => {
      takeToken()
      spend()
    }
    spend()
    window.addEventListener('hashchange', onFragment)
    return () => window.removeEventListener('hashchange', onFragment)
  }, [mutate])
  const onEntered = useCallback(
    (next: AuthState) => {
      setAgain(false)
      entered(next)
    },
    [entered],
  )
  return (
    <main className="door">
      <div className="door-inner">
        <header className="row">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div>
            <h1>Castellan</h1>
            <p className="quiet">{state.instance}</p>
          </div>
        </header>
        {link.isPending && <p role="status">Opening with your link…</p>}
        {link.error !== null && <Trouble error={link.error} />}
        {!link.isPending && !state.password_set && <NoPassword state={state} />}
        {!link.isPending &&
          state.password_set &&
          (state.second_step && !again ? (
            <SecondForm onEntered={onEntered} onBack={() => setAgain(true)} />
          ) : (
            <FirstStep state={state} onEntered={onEntered} />
          ))}
      </div>
    </main>
  )
}
