/** The pages that a mailed or handed link opens, signed in or not: joining, a new password, a confirmed address. */
import { type AuthState, CastellanError } from '@castellan/contracts'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Loading, Trouble, useTitle } from '../parts.tsx'
import { links } from '../people/api.ts'
import { authQuery, client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { linkToken } from './fragment.ts'
import './signin.css'

/** Addresses of these pages. */
export const linkPaths: readonly string[] = ['/join', '/recover', '/email']

/** Into the house, or to its door, as a new page: what an earlier session left must not stay. */
const leave = () => window.location.assign('/')

const Door = ({ title, children }: { title: string; children: ReactNode }) => {
  useTitle(title)
  return (
    <main className="door">
      <div className="door-inner">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}

const fieldOf = (error: Error | null): string | undefined =>
  error instanceof CastellanError ? String(error.details.field ?? '') : undefined

const PasswordField = ({
  value,
  error,
  onChange,
}: {
  value: string
  error: Error | null
  onChange: (value: string) => void
}) => (
  <PasswordInput
    label="Password"
    description="At least ten characters: four or five words that belong to nothing of you."
    autoComplete="new-password"
    size="md"
    value={value}
    error={fieldOf(error) === 'password' ? error?.message : null}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

const Join = ({ state }: { state: AuthState }) => {
  const token = linkToken('/join')
  const { data, error } = useQuery({
    queryKey: ['invited', token],
    queryFn: () => links.look(token),
    retry: 0,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [fields, setFields] = useState<{ name?: string; email?: string; password: string }>({ password: '' })
  const given = {
    token,
    name: fields.name ?? data?.name ?? '',
    email: fields.email ?? data?.email ?? '',
    password: fields.password,
  }
  const accept = useMutation({
    mutationFn: () => links.accept(given),
    onSuccess: (after) => {
      client.clear()
      client.setQueryData(authQuery.queryKey, after)
      leave()
    },
  })
  if (error !== null)
    return (
      <Door title="This invitation">
        <Trouble error={error} />
        <Button onClick={leave}>To the house</Button>
      </Door>
    )
  if (data === undefined) return <Loading what="the invitation" />
  const ready = given.name.trim() !== '' && given.email !== '' && given.password !== ''
  const field = fieldOf(accept.error)
  return (
    <Door title="You are invited">
      <p>
        To <InlineVerbatim text={data.tenant} />, as {data.role === 'owner' ? 'its owner' : `a ${data.role}`}.
        Choose how you sign in from now on.
      </p>
      {state.signed_in && (
        <p className="problem">Somebody is signed in in this browser. Going on signs them out here.</p>
      )}
      <form
        className="door-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready && !accept.isPending) accept.mutate()
        }}
      >
        <TextInput
          label="Your name"
          autoComplete="name"
          size="md"
          maxLength={80}
          value={given.name}
          onChange={(event) => setFields({ ...fields, name: event.currentTarget.value })}
        />
        <TextInput
          label="E-mail address"
          description="You sign in with it."
          type="email"
          autoComplete="username"
          size="md"
          value={given.email}
          error={field === 'email' ? accept.error?.message : null}
          onChange={(event) => setFields({ ...fields, email: event.currentTarget.value })}
        />
        <PasswordField
          value={fields.password}
          error={accept.error}
          onChange={(password) => setFields({ ...fields, password })}
        />
        {accept.error !== null && field !== 'email' && field !== 'password' && (
          <Trouble error={accept.error} />
        )}
        <Button type="submit" variant="filled" size="md" loading={accept.isPending} disabled={!ready}>
          Come in
        </Button>
      </form>
    </Door>
  )
}

const AskForLink = () => {
  const [email, setEmail] = useState('')
  const ask = useMutation({ mutationFn: () => links.recover(email) })
  return (
    <Door title="A new password">
      {ask.isSuccess ? (
        <p role="status">
          If somebody here has proved this address to be theirs, a link is on its way to it. It works for 30
          minutes. If none comes, ask the owner of the house for one.
        </p>
      ) : (
        <form
          className="door-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (email !== '' && !ask.isPending) ask.mutate()
          }}
        >
          <TextInput
            label="E-mail address"
            description={
              <>
                A link to set a new password is sent to it. The owner of the house uses{' '}
                <code>castellan open</code> on the machine instead.
              </>
            }
            type="email"
            autoComplete="username"
            size="md"
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          {ask.error !== null && <Trouble error={ask.error} />}
          <Button type="submit" variant="filled" size="md" loading={ask.isPending} disabled={email === ''}>
            Send a link
          </Button>
        </form>
      )}
      <p className="small">
        <button type="button" className="link-button" onClick={leave}>
          Back to signing in
        </button>
      </p>
    </Door>
  )
}

const SetPassword = ({ token }: { token: string }) => {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const finish = useMutation({
    mutationFn: () => links.finish({ token, password, ...(code === '' ? {} : { code }) }),
  })
  const { error } = finish
  const isSecond = error instanceof CastellanError && ['factor_needed', 'wrong_code'].includes(error.code)
  const [second, setSecond] = useState(false)
  if (isSecond && !second) setSecond(true)
  if (finish.isSuccess)
    return (
      <Door title="Your password is set">
        <p role="status">You are signed out everywhere. Sign in with the new password now.</p>
        <Button variant="filled" size="md" onClick={leave}>
          To signing in
        </Button>
      </Door>
    )
  return (
    <Door title="A new password">
      <form
        className="door-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (password !== '' && !finish.isPending) finish.mutate()
        }}
      >
        <PasswordField value={password} error={error} onChange={setPassword} />
        {second && (
          <TextInput
            label="Code"
            description="Of your authenticator app, or one of your recovery codes."
            autoComplete="one-time-code"
            size="md"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        {error !== null && fieldOf(error) !== 'password' && <Trouble error={error} />}
        <Button
          type="submit"
          variant="filled"
          size="md"
          loading={finish.isPending}
          disabled={password === ''}
        >
          Set the password
        </Button>
      </form>
    </Door>
  )
}

const EmailLink = () => {
  const [kind = '', token = ''] = linkToken('/email').split('.')
  const confirms = kind === 'confirm'
  // A click, not the visit, does it: mail programs open links by themselves.
  const act = useMutation({
    mutationFn: () => (confirms ? links.confirmEmail(token) : links.cancelEmail(token)),
  })
  if (act.data !== undefined)
    return (
      <Door title={confirms ? 'Confirmed' : 'Taken back'}>
        <p role="status">
          {act.data.email} is the address of the account
          {confirms ? ' now.' : ' again, and everybody was signed out.'}
        </p>
        <Button variant="filled" size="md" onClick={leave}>
          To the house
        </Button>
      </Door>
    )
  return (
    <Door title={confirms ? 'Confirm this address' : 'Take the change back'}>
      <p>
        {confirms
          ? 'From then on you sign in with this address.'
          : 'The account gets this address back, and everybody who is signed in to it is signed out.'}
      </p>
      {act.error !== null && <Trouble error={act.error} />}
      <Button
        variant="filled"
        size="md"
        loading={act.isPending}
        disabled={token === ''}
        onClick={() => act.mutate()}
      >
        {confirms ? 'Confirm it' : 'Take it back'}
      </Button>
    </Door>
  )
}

/** The page of a link's path. */
export const LinkDoor = ({ path, state }: { path: string; state: AuthState }) => {
  if (path === '/join') return <Join state={state} />
  if (path === '/email') return <EmailLink />
  const token = linkToken('/recover')
  return token === '' ? <AskForLink /> : <SetPassword token={token} />
}
