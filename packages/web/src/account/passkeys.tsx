/** One's passkeys: adding, renaming, removing. */
import type { FactorsView, PasskeyView } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { StateWord, Trouble } from '../parts.tsx'
import { browserInWords } from '../settings/browser.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { Ending } from '../tokens/ending.tsx'
import { factors, factorsQuery } from './api.ts'
import { canUsePasskeys, makePasskey } from './passkey.ts'
import { withStepUp } from './step-up.tsx'

interface Props {
  view: FactorsView
  onChanged: () => Promise<unknown>
}

const NameForm = ({
  start,
  label,
  submit,
  busy,
  onSubmit,
  onCancel,
}: {
  start: string
  label: string
  submit: string
  busy: boolean
  onSubmit: (name: string) => void
  onCancel: () => void
}) => {
  const [name, setName] = useState(start)
  return (
    <form
      className="row proof-name"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '' && !busy) onSubmit(name.trim())
      }}
    >
      <TextInput
        label={label}
        value={name}
        maxLength={60}
        autoFocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" loading={busy} disabled={name.trim() === ''}>
        {submit}
      </Button>
      <Button onClick={onCancel}>Not now</Button>
    </form>
  )
}

const Line = ({ passkey, onChanged }: { passkey: PasskeyView; onChanged: Props['onChanged'] }) => {
  const [renaming, setRenaming] = useState(false)
  const rename = useMutation({
    mutationFn: (name: string) => factors.renamePasskey(passkey.id, name),
    onSuccess: async () => {
      setRenaming(false)
      await onChanged()
    },
  })
  return (
    <li className="line">
      <div className="row">
        <h3>
          <InlineVerbatim text={passkey.name} />
        </h3>
        {passkey.synced && <StateWord glyph="system">on your other devices too</StateWord>}
        <Button className="push" aria-label={`Rename ${passkey.name}`} onClick={() => setRenaming(true)}>
          Rename
        </Button>
        <Ending
          verb="Remove"
          name={passkey.name}
          warning="It opens nothing any more. Where you are signed in already, you stay."
          work={() => withStepUp(() => factors.removePasskey(passkey.id))}
          reloads={factorsQuery.queryKey}
        />
      </div>
      <p className="quiet small">
        For <span className="mono">{passkey.host}</span>, made <When at={passkey.created_at} />
        {passkey.last_used_at === null ? (
          ', never used'
        ) : (
          <>
            , last used <When at={passkey.last_used_at} />
          </>
        )}
      </p>
      {renaming && (
        <NameForm
          start={passkey.name}
          label="New name"
          submit="Rename"
          busy={rename.isPending}
          onSubmit={(name) => rename.mutate(name)}
          onCancel={() => setRenaming(false)}
        />
      )}
      {rename.error !== null && <Trouble error={rename.error} />}
    </li>
  )
}

const Add = ({ onChanged }: { onChanged: Props['onChanged'] }) => {
  const [naming, setNaming] = useState(false)
  const add = useMutation({
    mutationFn: async (name: string) => {
      const options = await withStepUp(factors.passkeyOptions)
      const made = await makePasskey(options)
      return withStepUp(() => factors.addPasskey(name, made))
    },
    onSuccess: async () => {
      setNaming(false)
      await onChanged()
    },
  })
  if (!canUsePasskeys())
    return (
      <p className="quiet">
        This browser cannot use passkeys here: they need https, or the name <code>localhost</code>.
      </p>
    )
  return (
    <>
      {naming ? (
        <NameForm
          start={browserInWords(navigator.userAgent)}
          label="What to call it"
          submit="Go on"
          busy={add.isPending}
          onSubmit={(name) => add.mutate(name)}
          onCancel={() => setNaming(false)}
        />
      ) : (
        <p>
          <Button variant="filled" onClick={() => setNaming(true)}>
            Add a passkey
          </Button>
        </p>
      )}
      {add.error !== null && <Trouble error={add.error} />}
    </>
  )
}

/** The section. */
export const Passkeys = ({ view, onChanged }: Props) => (
  <section className="proof-section" aria-labelledby="passkeys-title">
    <h2 id="passkeys-title">Passkeys</h2>
    <p className="quiet">
      A passkey lives in your phone, computer or security key and opens with your fingerprint, face or PIN.
      Nothing of it can be guessed, and it works for no other site.
    </p>
    {view.passkeys.length === 0 ? (
      <p>You have none yet. For example “Ann’s phone”: add it there, and the next sign-in is one touch.</p>
    ) : (
      <ul className="sheet ruled plain-list">
        {view.passkeys.map((passkey) => (
          <Line key={passkey.id} passkey={passkey} onChanged={onChanged} />
        ))}
      </ul>
    )}
    <Add onChanged={onChanged} />
  </section>
)
