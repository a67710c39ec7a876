/** Secrets by name: set, replace, unset; a value goes in and never comes out. */
import type { SecretView } from '@castellan/contracts'
import { SetSecret } from '@castellan/contracts'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { settings } from '../api.ts'
import { Loading, Pane, StateWord, Trouble } from '../parts.tsx'
import { client, secretsQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import '../models/models.css'

const reload = (): Promise<void> => client.invalidateQueries({ queryKey: secretsQuery.queryKey })

const SetPane = ({ name: given, onClose }: { name: string | null; onClose: () => void }) => {
  const [name, setName] = useState(given ?? '')
  const [value, setValue] = useState('')
  const [lack, setLack] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: () => settings.setSecret(name.trim(), value),
    onSuccess: async () => {
      setValue('')
      await reload()
      onClose()
    },
  })
  const submit = (): void => {
    const short = !SetSecret.safeParse({ value }).success
    const problem =
      name.trim() === ''
        ? 'Give it a name.'
        : short
          ? 'A secret has at least 8 characters, so that it can be told apart from ordinary words.'
          : null
    setLack(problem)
    if (problem === null) save.mutate()
  }
  return (
    <Pane label={given === null ? 'Set a secret' : `Replace ${given}`} onClose={onClose}>
      <form
        className="model-form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {given === null && (
          <TextInput
            label="Name"
            placeholder="MAIL_PASSWORD"
            value={name}
            spellCheck={false}
            onChange={(e) => setName(e.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="Value"
          autoComplete="off"
          description="Shown never again. Whoever needs it gets it at the border."
          value={value}
          onChange={(e) => setValue(e.currentTarget.value)}
        />
        {lack !== null && (
          <p className="problem" role="alert">
            {lack}
          </p>
        )}
        {save.error !== null && <Trouble error={save.error} />}
        <div className="row">
          <Button type="submit" variant="filled" loading={save.isPending}>
            Keep it in the vault
          </Button>
        </div>
      </form>
    </Pane>
  )
}

const SecretLine = ({ secret, onReplace }: { secret: SecretView; onReplace: () => void }) => {
  const [open, setOpen] = useState(false)
  const unset = useMutation({ mutationFn: () => settings.unsetSecret(secret.name), onSuccess: reload })
  return (
    <li className="line">
      <div className="row">
        <h2 className="mono">{secret.name}</h2>
        {!secret.readable && (
          <StateWord glyph="failed" tone="stop">
            cannot be read with this SECRET_KEY_BASE
          </StateWord>
        )}
        <span className="push row">
          {open ? (
            <>
              <span className="small">What uses it stops working.</span>
              <Button autoFocus onClick={() => setOpen(false)}>
                Keep it
              </Button>
              <Button loading={unset.isPending} onClick={() => unset.mutate()}>
                Unset {secret.name}
              </Button>
            </>
          ) : (
            <>
              <Button aria-label={`Replace ${secret.name}`} onClick={onReplace}>
                Replace
              </Button>
              <Button variant="subtle" aria-label={`Unset ${secret.name}`} onClick={() => setOpen(true)}>
                Unset…
              </Button>
            </>
          )}
        </span>
      </div>
      <p className="quiet small">
        {secret.kind}, set <When at={secret.updated_at} />,{' '}
        {secret.last_used_at === null ? (
          'never used'
        ) : (
          <>
            used <When at={secret.last_used_at} />
          </>
        )}
      </p>
      {!secret.readable && (
        <p className="small">
          Put back the SECRET_KEY_BASE it was set with, or replace it. The stored value is untouched.
        </p>
      )}
      {unset.error !== null && <Trouble error={unset.error} />}
    </li>
  )
}

/** The page. */
export const SecretsPage = () => {
  const { data, error } = useQuery(secretsQuery)
  const [setting, setSetting] = useState<{ name: string | null } | null>(null)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="secrets" />
  return (
    <>
      <div>
        <Button variant="filled" onClick={() => setSetting({ name: null })}>
          Set a secret
        </Button>
      </div>
      {data.length === 0 ? (
        <div className="sheet empty">
          <p>The vault is empty.</p>
          <p className="quiet">
            A key you add with a model comes here by itself. Another example: a mail password named{' '}
            <span className="mono">MAIL_PASSWORD</span>. A skill names it; Castellan puts it into the
            connection, and no model ever sees it.
          </p>
        </div>
      ) : (
        <ul className="sheet ruled plain-list">
          {data.map((secret) => (
            <SecretLine
              key={secret.name}
              secret={secret}
              onReplace={() => setSetting({ name: secret.name })}
            />
          ))}
        </ul>
      )}
      {setting !== null && <SetPane name={setting.name} onClose={() => setSetting(null)} />}
    </>
  )
}
