/** Setting up a provider: which one, the redirect URL to register there, the client it gave out, and who may join by it. */
import {
  type JoinRule,
  type NewProvider,
  type ProviderKind,
  ProviderName,
  type ProviderView,
} from '@castellan/contracts'
import { Button, NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Trouble } from '../parts.tsx'
import { authQuery, client } from '../queries.ts'
import { providers, providersQuery } from './api.ts'
import { RedirectUrl } from './redirect.tsx'

interface Fields {
  readonly kind: ProviderKind
  readonly name: string
  readonly title: string
  readonly clientId: string
  readonly secret: string
  readonly more: Readonly<Record<string, string>>
  readonly join: JoinRule
  readonly domains: string
}

const startOf = (kind: ProviderKind, old?: ProviderView): Fields => ({
  kind,
  name: old?.name ?? kind.kind,
  title: old?.title ?? kind.title,
  clientId: old?.client_id ?? '',
  secret: '',
  more: old?.fields ?? Object.fromEntries(kind.fields.map((field) => [field.name, field.default])),
  join: old?.join ?? 'nobody',
  domains: old?.domains.join('\n') ?? '',
})

/** Loads again what this page and the sign-in page show. */
export const reload = (): Promise<unknown> =>
  Promise.all([providersQuery, authQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })))

const bodyOf = (fields: Fields): Omit<NewProvider, 'kind' | 'name' | 'client_secret'> => ({
  title: fields.title.trim(),
  client_id: fields.clientId.trim(),
  fields: { ...fields.more },
  join: fields.join,
  domains: fields.domains.split(/[\s,]+/).filter((each) => each !== ''),
})

const lackOf = (fields: Fields, isNew: boolean): string | null => {
  if (!ProviderName.safeParse(fields.name).success)
    return 'The name has small letters, digits and -, and begins with a letter.'
  if (fields.title.trim() === '') return 'Say what stands on the button.'
  if (fields.clientId.trim() === '') return 'The client ID is missing.'
  if (isNew && fields.secret.trim().length < 8) return `${fields.kind.secret_label} is missing or too short.`
  return null
}

type Change = (patch: Partial<Fields>) => void

const Registration = ({ fields, old }: { fields: Fields; old: ProviderView | undefined }) => {
  const { kind, name } = fields
  const urls = old?.redirect_urls ?? [`${window.location.origin}/auth/providers/${name}/callback`]
  return (
    <>
      <ol className="provider-steps">
        <li>
          {kind.kind === 'oidc' ? (
            'Make a new client (web, confidential) in your provider’s administration.'
          ) : (
            <>
              Register Castellan at{' '}
              <a href={kind.register} target="_blank" rel="noreferrer noopener">
                {new URL(kind.register).host}
              </a>
              . The guide says what to choose.
            </>
          )}
        </li>
        <li>Give exactly this redirect URL there:</li>
      </ol>
      {urls.map((url) => (
        <RedirectUrl key={url} url={url} />
      ))}
      <p className="quiet small">Then copy what it shows you into the fields below.</p>
    </>
  )
}

const Client = ({
  fields,
  change,
  old,
}: {
  fields: Fields
  change: Change
  old: ProviderView | undefined
}) => {
  const { kind } = fields
  const Secret = kind.kind === 'apple' ? Textarea : PasswordInput
  return (
    <>
      {kind.fields.map((field) => (
        <TextInput
          key={field.name}
          label={field.label}
          description={field.hint}
          spellCheck={false}
          value={fields.more[field.name] ?? ''}
          onChange={(e) => change({ more: { ...fields.more, [field.name]: e.currentTarget.value } })}
        />
      ))}
      <TextInput
        label="Client ID"
        spellCheck={false}
        value={fields.clientId}
        onChange={(e) => change({ clientId: e.currentTarget.value })}
      />
      <Secret
        label={kind.secret_label}
        autoComplete="off"
        description={
          old === undefined
            ? 'It goes into the vault, encrypted, and is shown never again.'
            : 'Leave it empty to keep the one in the vault.'
        }
        value={fields.secret}
        onChange={(e) => change({ secret: e.currentTarget.value })}
      />
    </>
  )
}

const joinWords: Readonly<Record<JoinRule, string>> = {
  nobody: 'nobody new: only people who connected their account',
  domains: 'whoever has a confirmed address at a domain below',
  everyone: 'everybody who has an account there',
}

const Joining = ({ fields, change }: { fields: Fields; change: Change }) => {
  const own = fields.kind.fields.some(({ name }) => name === 'issuer')
  const rules = (['nobody', 'domains', 'everyone'] as const).filter(
    (rule) => rule === 'nobody' || (rule === 'domains' ? fields.kind.says_verified : own),
  )
  return (
    <>
      <NativeSelect
        label="Who may come in by it"
        description="Somebody new becomes a viewer, who may look and nothing more."
        value={fields.join}
        data={rules.map((value) => ({ value, label: joinWords[value] }))}
        onChange={(e) => {
          const join = rules.find((rule) => rule === e.currentTarget.value)
          if (join !== undefined) change({ join })
        }}
      />
      {(fields.join === 'domains' || own) && (
        <Textarea
          label="Domains"
          rows={2}
          placeholder="family.example"
          description={
            own
              ? 'One per line. At your own provider they are also believed: a confirmed address there finds the person it belongs to.'
              : 'One per line.'
          }
          value={fields.domains}
          onChange={(e) => change({ domains: e.currentTarget.value })}
        />
      )}
    </>
  )
}

/** The form, for a new provider or one that is changed. */
export const ProviderForm = ({
  kinds,
  old,
  onDone,
}: {
  kinds: readonly [ProviderKind, ...ProviderKind[]]
  old?: ProviderView
  onDone: () => void
}) => {
  const [fields, setFields] = useState(() =>
    startOf(kinds.find(({ kind }) => kind === old?.kind) ?? kinds[0], old),
  )
  const [lack, setLack] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: () => {
      const secret = fields.secret.trim()
      const body = bodyOf(fields)
      return withStepUp(() =>
        old === undefined
          ? providers.add({ ...body, kind: fields.kind.kind, name: fields.name, client_secret: secret })
          : providers.change(old.name, { ...body, ...(secret === '' ? {} : { client_secret: secret }) }),
      )
    },
    onSuccess: async () => {
      await reload()
      onDone()
    },
  })
  const change: Change = (patch) => {
    setFields({ ...fields, ...patch })
    setLack(null)
    save.reset()
  }
  return (
    <form
      className="provider-form"
      onSubmit={(event) => {
        event.preventDefault()
        const missing = lackOf(fields, old === undefined)
        setLack(missing)
        if (missing === null) save.mutate()
      }}
    >
      {old === undefined && (
        <Choice kinds={kinds} fields={fields} onChoose={(kind) => change(startOf(kind))} change={change} />
      )}
      <Registration fields={fields} old={old} />
      <Client fields={fields} change={change} old={old} />
      <Joining fields={fields} change={change} />
      {lack !== null && (
        <p className="problem" role="alert">
          {lack}
        </p>
      )}
      {save.error !== null && <Trouble error={save.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={save.isPending}>
          {old === undefined ? `Add ${fields.title}` : 'Save'}
        </Button>
        <Button variant="subtle" onClick={onDone}>
          Leave it
        </Button>
      </div>
    </form>
  )
}

const Choice = ({
  kinds,
  fields,
  onChoose,
  change,
}: {
  kinds: readonly ProviderKind[]
  fields: Fields
  onChoose: (kind: ProviderKind) => void
  change: Change
}) => (
  <>
    <NativeSelect
      label="Provider"
      value={fields.kind.kind}
      data={kinds.map(({ kind, title }) => ({
        value: kind,
        label: kind === 'oidc' ? `${title} (any other)` : title,
      }))}
      onChange={(e) => {
        const kind = kinds.find((each) => each.kind === e.currentTarget.value)
        if (kind !== undefined) onChoose(kind)
      }}
    />
    <TextInput
      label="Words on the button"
      value={fields.title}
      onChange={(e) => change({ title: e.currentTarget.value })}
    />
    <TextInput
      label="Name in the redirect URL"
      spellCheck={false}
      value={fields.name}
      onChange={(e) => change({ name: e.currentTarget.value })}
    />
  </>
)
