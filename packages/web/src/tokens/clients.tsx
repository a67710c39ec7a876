/** Registered apps: which may ask people to sign in, and where each is answered. */
import { ClientId, type ClientView } from '@castellan/contracts'
import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { When } from '../time/when.tsx'
import { clientsQuery, tokens } from './doors.ts'
import { Ending } from './ending.tsx'
import '../models/models.css'
import './tokens.css'

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const RegisterForm = ({ onDone }: { onDone: () => void }) => {
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [addresses, setAddresses] = useState('')
  const [lack, setLack] = useState<string | null>(null)
  const register = useMutation({
    mutationFn: () => withStepUp(() => tokens.register({ id, name, redirect_uris: linesOf(addresses) })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: clientsQuery.queryKey })
      onDone()
    },
  })
  const submit = (): void => {
    const problem = !ClientId.safeParse(id).success
      ? 'The id is a short word of a–z, 0–9, dot, - and _, such as notes.'
      : name.trim() === ''
        ? 'Say what people are to be shown.'
        : linesOf(addresses).length === 0
          ? 'Give at least one address at which the app is answered.'
          : null
    setLack(problem)
    if (problem === null) register.mutate()
  }
  return (
    <form
      className="model-form"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        label="Name"
        placeholder="Notes"
        description="What people see when it asks to sign in."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Id"
        placeholder="notes"
        description="What the app calls itself, its client_id."
        spellCheck={false}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Textarea
        label="Addresses"
        placeholder={'com.example.notes:/callback\nhttp://127.0.0.1/callback'}
        description="One per line, exactly as the app writes them. A program on this machine may use any port of 127.0.0.1."
        autosize
        minRows={2}
        spellCheck={false}
        value={addresses}
        onChange={(event) => setAddresses(event.currentTarget.value)}
      />
      {lack !== null && (
        <p className="problem" role="alert">
          {lack}
        </p>
      )}
      {register.error !== null && <Trouble error={register.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={register.isPending}>
          Register the app
        </Button>
      </div>
    </form>
  )
}

const Line = ({ app }: { app: ClientView }) => (
  <li className="line">
    <div className="row">
      <h2>{app.name}</h2>
      <Ending
        verb="Remove"
        name={app.name}
        warning="Everybody who is signed in with it is signed out."
        work={() => withStepUp(() => tokens.remove(app.id))}
        reloads={clientsQuery.queryKey}
      />
    </div>
    <p className="small">
      Calls itself <span className="mono">{app.id}</span>, is answered at{' '}
      {app.redirect_uris.map((uri, index) => (
        <span key={uri}>
          {index > 0 && ', '}
          <span className="mono token-value">{uri}</span>
        </span>
      ))}
    </p>
    <p className="quiet small">
      Registered <When at={app.created_at} />
    </p>
  </li>
)

/** The page. */
export const AppsPage = () => {
  const { data, error } = useQuery(clientsQuery)
  const [adding, setAdding] = useState(false)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="apps" />
  return (
    <>
      <div>
        <Button variant="filled" onClick={() => setAdding(true)}>
          Register an app
        </Button>
      </div>
      {data.length === 0 ? (
        <div className="sheet empty">
          <p>No app is registered.</p>
          <p className="quiet">
            An app of your own signs people in through the browser and never sees a password. An example:{' '}
            <span className="mono">notes</span>, answered at{' '}
            <span className="mono">com.example.notes:/callback</span>. The guide has the ten lines of Swift
            that it needs.
          </p>
        </div>
      ) : (
        <ul className="sheet ruled plain-list">
          {data.map((app) => (
            <Line key={app.id} app={app} />
          ))}
        </ul>
      )}
      {adding && (
        <Pane label="An app of your own" onClose={() => setAdding(false)}>
          <RegisterForm onDone={() => setAdding(false)} />
        </Pane>
      )}
    </>
  )
}
