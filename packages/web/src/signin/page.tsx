/** The door: the password, a one-time link that was just opened, or why nobody can get in. */
import { type AuthState, CastellanError } from '@castellan/contracts'
import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { auth } from '../api.ts'
import { Trouble, useTitle } from '../parts.tsx'
import { ProviderButtons, ProviderTrouble } from '../providers/buttons.tsx'
import { authQuery } from '../queries.ts'
import { spendToken, takeToken } from './token.ts'
import './signin.css'

const useEntered = (): ((state: AuthState) => void) => {
  const cache = useQueryClient()
  return (state) => {
    // What another session left in the cache is not this one's.
    cache.removeQueries({ predicate: (query) => query.queryKey[0] !== 'auth' })
    cache.setQueryData(authQuery.queryKey, state)
  }
}

const PasswordForm = ({ state }: { state: AuthState }) => {
  const [password, setPassword] = useState('')
  const entered = useEntered()
  const login = useMutation({
    mutationFn: () => auth.login(password),
    onSuccess: entered,
    onError: () => setPassword(''),
  })
  const wrong = login.error instanceof CastellanError && login.error.code === 'wrong_password'
  return (
    <form
      className="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (password !== '' && !login.isPending) login.mutate()
      }}
    >
      <input type="text" name="username" autoComplete="username" value="owner" readOnly hidden />
      <PasswordInput
        label="Admin password"
        description={
          <>
            It stands as <code>ADMIN_PASSWORD</code> in the file <code>{state.password_file}</code> of this
            instance.
          </>
        }
        autoComplete="current-password"
        size="md"
        autoFocus
        value={password}
        error={
          wrong ? 'That is not the password. After five wrong ones this address waits for 15 minutes.' : null
        }
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {login.error !== null && !wrong && <Trouble error={login.error} />}
      <Button type="submit" variant="filled" size="md" loading={login.isPending} disabled={password === ''}>
        Sign in
      </Button>
    </form>
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

/** The page for who is not signed in. A token taken from the address is spent at once. */
export const SignIn = ({ state }: { state: AuthState }) => {
  const entered = useEntered()
  const link = useMutation({ mutationFn: (token: string) => auth.link(token), onSuccess: entered })
  const { mutate } = link
  useTitle('Sign in')
  useEffect(() => {
    const spend = () => {
      const token = spendToken()
      if (token !== null) mutate(token)
    }
    // A link opened in a tab that already shows this page changes only the fragment, and loads nothing.
    const again = () => {
      takeToken()
      spend()
    }
    spend()
    window.addEventListener('hashchange', again)
    return () => window.removeEventListener('hashchange', again)
  }, [mutate])
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
        <ProviderTrouble state={state} />
        {link.isPending && <p role="status">Opening with your link…</p>}
        {link.error !== null && <Trouble error={link.error} />}
        {!link.isPending &&
          (state.password_set ? <PasswordForm state={state} /> : <NoPassword state={state} />)}
        {!link.isPending && state.password_set && <ProviderButtons state={state} />}
      </div>
    </main>
  )
}
