/** The page "You": name, e-mail address, password, and where one is signed in. */
import type { Account } from '@castellan/contracts'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Loading, StateWord, Trouble } from '../parts.tsx'
import { account, accountQuery } from '../people/api.ts'
import { client, sessionsQuery } from '../queries.ts'
import { SessionsPage } from '../settings/sessions.tsx'
import { withStepUp } from './step-up.tsx'
import '../people/people.css'

const keep = (data: Account) => client.setQueryData(accountQuery.queryKey, data)

interface FieldProps {
  label: string
  submit: string
  ready: boolean
  work: { isPending: boolean; error: Error | null; mutate: () => void }
  done: ReactNode
  children: ReactNode
}

/** One thing that can be changed: its field, its button, what went wrong beside it. */
const Field = ({ label, submit, ready, work, done, children }: FieldProps) => (
  <form
    className="people-form"
    aria-label={label}
    onSubmit={(event) => {
      event.preventDefault()
      if (ready && !work.isPending) work.mutate()
    }}
  >
    {children}
    {work.error !== null && <Trouble error={work.error} />}
    <p className="quiet small" role="status">
      {done}
    </p>
    <div>
      <Button type="submit" loading={work.isPending} disabled={!ready}>
        {submit}
      </Button>
    </div>
  </form>
)

const Name = ({ you }: { you: Account }) => {
  const [name, setName] = useState(you.name)
  const work = useMutation({ mutationFn: () => account.rename(name), onSuccess: keep })
  const ready = name.trim() !== '' && name.trim() !== you.name
  return (
    <Field
      label="Your name"
      submit="Change the name"
      ready={ready}
      work={work}
      done={work.isSuccess && 'Changed.'}
    >
      <TextInput
        label="Name"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </Field>
  )
}

const noMail = {
  owner: 'This house sends no mail yet: set SMTP_URL and MAIL_FROM, and ask again.',
  other: 'This house sends no mail: ask its owner for the link.',
} as const

const Email = ({ you }: { you: Account }) => {
  const [email, setEmail] = useState('')
  const work = useMutation({
    mutationFn: () => withStepUp(() => account.email(email)),
    onSuccess: (data) => {
      keep(data)
      setEmail('')
    },
  })
  const pending =
    you.email_pending === null
      ? null
      : `${you.email_pending} waits to be confirmed; until then nothing changes. ` +
        (you.mail ? 'The link is in its mailbox.' : noMail[you.role === 'owner' ? 'owner' : 'other'])
  return (
    <Field
      label="Your e-mail address"
      submit="Change the address"
      ready={email !== ''}
      work={work}
      done={pending}
    >
      <p className="row">
        <span className="people-name">{you.email ?? 'You have no e-mail address here.'}</span>
        {you.email !== null && you.email_verified && (
          <StateWord glyph="allow" tone="good">
            confirmed
          </StateWord>
        )}
        {you.email !== null && !you.email_verified && (
          <StateWord glyph="ask" tone="wait">
            not confirmed
          </StateWord>
        )}
      </p>
      <TextInput
        label={you.email === null ? 'E-mail address' : 'New e-mail address'}
        description="It is confirmed by a link. The old address hears of it and can take it back for three days."
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
    </Field>
  )
}

const NewPassword = () => {
  const [password, setPassword] = useState('')
  const work = useMutation({
    mutationFn: () => withStepUp(() => account.password(password)),
    onSuccess: () => {
      setPassword('')
      void client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  return (
    <Field
      label="Your password"
      submit="Change the password"
      ready={password !== ''}
      work={work}
      done={work.isSuccess && 'Changed. You are signed out everywhere else.'}
    >
      <PasswordInput
        label="New password"
        description="At least ten characters: four or five words that belong to nothing of you. It signs you out everywhere else."
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </Field>
  )
}

const EndOthers = () => {
  const work = useMutation({
    mutationFn: account.endOthers,
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
  return (
    <div className="row">
      <Button loading={work.isPending} onClick={() => work.mutate()}>
        Sign out everywhere else
      </Button>
      <span className="quiet small" role="status">
        {work.data !== undefined &&
          (work.data.ended === 0 ? 'You were signed in nowhere else.' : `${work.data.ended} ended.`)}
      </span>
      {work.error !== null && <Trouble error={work.error} />}
    </div>
  )
}

/** The page's content. */
export const YouPage = () => {
  const { data: you, error } = useQuery(accountQuery)
  if (error !== null) return <Trouble error={error} />
  if (you === undefined) return <Loading what="your account" />
  return (
    <>
      <p className="quiet">
        You are {you.role === 'owner' ? 'the owner' : `a ${you.role}`} of {you.tenant.name}.
      </p>
      <Name you={you} />
      <Email you={you} />
      {you.own_password ? (
        <NewPassword />
      ) : (
        <p className="quiet">
          Your password is <code>ADMIN_PASSWORD</code>, which stands in the files of this house.
        </p>
      )}
      <section className="people-part" aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <SessionsPage />
        <EndOthers />
      </section>
    </>
  )
}
