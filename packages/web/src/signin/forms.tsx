/** The ways through the door: the owner's password, an e-mail address with a password, a passkey, the second step. */
import { type AuthState, CastellanError, type PasskeyOptions } from '@castellan/contracts'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { door } from '../account/api.ts'
import { cancelPasskey, canOfferPasskeys, canUsePasskeys, showPasskey } from '../account/passkey.ts'
import { ProofForm, type Way } from '../account/proof-fields.tsx'
import { auth } from '../api.ts'
import { Trouble } from '../parts.tsx'

type Enter = (state: AuthState) => void

const isWrongPassword = (error: Error | null): boolean =>
  error instanceof CastellanError && error.code === 'wrong_password'

/** The owner's: ADMIN_PASSWORD. */
export const OwnerForm = ({ state, onEntered }: { state: AuthState; onEntered: Enter }) => {
  const [password, setPassword] = useState('')
  const login = useMutation({
    mutationFn: () => auth.login(password),
    onSuccess: onEntered,
    onError: () => setPassword(''),
  })
  const wrong = isWrongPassword(login.error)
  return (
    <form
      className="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (password !== '' && !login.isPending) login.mutate()
      }}
    >
      <input type="text" name="username" autoComplete="username webauthn" value="owner" readOnly hidden />
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

/** Everybody's who has an e-mail address here. */
export const EmailForm = ({ onEntered }: { onEntered: Enter }) => {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const login = useMutation({
    mutationFn: () => auth.login(password, email),
    onSuccess: onEntered,
    onError: () => setPassword(''),
  })
  const wrong = isWrongPassword(login.error)
  const ready = email !== '' && password !== ''
  return (
    <form
      className="door-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready && !login.isPending) login.mutate()
      }}
    >
      <TextInput
        label="E-mail address"
        type="email"
        autoComplete="username webauthn"
        size="md"
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        size="md"
        value={password}
        error={wrong ? login.error?.message : null}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {login.error !== null && !wrong && <Trouble error={login.error} />}
      <Button type="submit" variant="filled" size="md" loading={login.isPending} disabled={!ready}>
        Sign in
      </Button>
      <p className="small">
        <Link to="/recover">Forgot the password?</Link>
      </p>
    </form>
  )
}

/** How long what the server asked to sign is used, in milliseconds; it counts a little longer there. */
const optionsMs = 240_000

/** What is to be signed; asked for once and used once, by whichever way comes first. */
const makeAsker = () => {
  let held: { options: Promise<PasskeyOptions>; at: number } | null = null
  return {
    look(): Promise<PasskeyOptions> {
      if (held === null || Date.now() - held.at > optionsMs)
        held = { options: door.passkeyOptions(), at: Date.now() }
      return held.options
    },
    spend(): void {
      held = null
    },
  }
}

/** Offers passkeys where a name is typed, for as long as the page stands; a button asks for one at once. */
export const PasskeyDoor = ({ onEntered }: { onEntered: Enter }) => {
  const [asker] = useState(makeAsker)
  const show = useCallback(
    async (quietly: boolean) => {
      const passkey = await showPasskey(await asker.look(), { quietly })
      asker.spend()
      return door.passkey(passkey)
    },
    [asker],
  )
  const enter = useMutation({
    mutationFn: () => show(false),
    onSuccess: onEntered,
    onError: () => asker.spend(),
  })
  useEffect(() => {
    let gone = false
    const offer = async (): Promise<void> => {
      if (!(await canOfferPasskeys()) || gone) return
      const state = await show(true)
      if (!gone) onEntered(state)
    }
    // Nobody asked for it: where it comes to nothing, the button says why.
    offer().catch(() => {})
    return () => {
      gone = true
      cancelPasskey()
    }
  }, [onEntered, show])
  if (!canUsePasskeys()) return null
  return (
    <div className="door-form">
      <Button size="md" fullWidth loading={enter.isPending} onClick={() => enter.mutate()}>
        Sign in with a passkey
      </Button>
      {enter.error !== null && <Trouble error={enter.error} />}
    </div>
  )
}

const seconds: readonly Way[] = ['code', 'recovery']

/** After a right password: the code, or what stands in for it. */
export const SecondForm = ({ onEntered, onBack }: { onEntered: Enter; onBack: () => void }) => {
  const ways: readonly Way[] = canUsePasskeys() ? [...seconds, 'passkey'] : seconds
  return (
    <section className="door-form" aria-labelledby="second-title">
      <h2 id="second-title">One more step</h2>
      <ProofForm
        ways={ways}
        options={door.secondOptions}
        show={async (proof) => {
          if (!('password' in proof)) onEntered(await door.second(proof))
        }}
        submit="Sign in"
      />
      <p className="small">
        <button type="button" className="link-button" onClick={onBack}>
          Begin again
        </button>
      </p>
    </section>
  )
}
