/** The owner's page of providers: which ones sign people in, whether they work, and setting one up. */
import type { ProviderKind, ProviderTest, ProviderView } from '@castellan/contracts'
import { Button, Switch } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Pane, StateWord, Trouble } from '../parts.tsx'
import { providers, providersQuery } from './api.ts'
import { ProviderForm, reload } from './form.tsx'
import { RedirectUrl } from './redirect.tsx'
import './providers.css'

type Kinds = readonly [ProviderKind, ...ProviderKind[]]

const Remove = ({ provider }: { provider: ProviderView }) => {
  const [open, setOpen] = useState(false)
  const remove = useMutation({
    mutationFn: () => withStepUp(() => providers.remove(provider.name)),
    onSuccess: reload,
  })
  if (!open)
    return (
      <Button variant="subtle" aria-label={`Remove ${provider.title}`} onClick={() => setOpen(true)}>
        Remove…
      </Button>
    )
  return (
    <span className="row">
      <span className="small">Nobody signs in by it any more; its secret goes from the vault.</span>
      <Button autoFocus onClick={() => setOpen(false)}>
        Keep it
      </Button>
      <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        Remove {provider.title}
      </Button>
      {remove.error !== null && <Trouble error={remove.error} />}
    </span>
  )
}

const Findings = ({ test }: { test: ProviderTest | undefined }) =>
  test === undefined ? null : (
    <div className="provider-findings" role="status">
      {test.findings.map(({ ok, sentence }) => (
        <StateWord key={sentence} glyph={ok ? 'allow' : 'failed'} tone={ok ? 'good' : 'stop'}>
          {sentence}
        </StateWord>
      ))}
    </div>
  )

const joined: Readonly<Record<ProviderView['join'], string>> = {
  nobody: 'nobody new joins by it',
  domains: 'joins: confirmed addresses at ',
  everyone: 'everybody with an account there joins as a viewer',
}

const Line = ({ provider, onChange }: { provider: ProviderView; onChange: () => void }) => {
  const change = useMutation({
    mutationFn: (enabled: boolean) => withStepUp(() => providers.change(provider.name, { enabled })),
    onSuccess: reload,
  })
  const test = useMutation({ mutationFn: () => providers.test(provider.name) })
  const { title, accounts, join, domains } = provider
  return (
    <li className="line provider-line">
      <div className="row">
        <h2>{title}</h2>
        {!provider.has_secret && (
          <StateWord glyph="failed" tone="stop">
            no secret in the vault
          </StateWord>
        )}
        <Switch
          className="push"
          labelPosition="left"
          label={provider.enabled ? 'signs in' : 'rests'}
          aria-label={`${title} signs in`}
          checked={provider.enabled}
          disabled={change.isPending}
          onChange={(e) => change.mutate(e.currentTarget.checked)}
        />
      </div>
      <p className="quiet small">
        {accounts === 1 ? '1 account is' : `${accounts} accounts are`} connected; {joined[join]}
        {join === 'domains' && domains.join(', ')}
      </p>
      {change.error !== null && <Trouble error={change.error} />}
      {provider.redirect_urls.map((url) => (
        <RedirectUrl key={url} url={url} />
      ))}
      {test.error !== null && <Trouble error={test.error} />}
      <Findings test={test.data} />
      <div className="row">
        <Button aria-label={`Test ${title}`} loading={test.isPending} onClick={() => test.mutate()}>
          Test
        </Button>
        <Button aria-label={`Change ${title}`} onClick={onChange}>
          Change
        </Button>
        <Remove provider={provider} />
      </div>
    </li>
  )
}

const Empty = () => (
  <div className="sheet empty">
    <p>Everybody signs in with what this house gave them. That is enough for most.</p>
    <p className="quiet">
      An example: you add Google, each of the family connects their own Google account under Your account, and
      from then on one click there opens the house. Google learns when somebody signs in, and nothing else of
      the house.
    </p>
  </div>
)

/** The page. */
export const ProvidersPage = () => {
  const { data, error } = useQuery(providersQuery)
  const [adding, setAdding] = useState(false)
  const [changing, setChanging] = useState<ProviderView | null>(null)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="providers" />
  const [first, ...others] = data.kinds
  if (first === undefined) return null
  const kinds: Kinds = [first, ...others]
  return (
    <>
      {data.providers.length === 0 ? (
        <Empty />
      ) : (
        <ul className="sheet ruled plain-list">
          {data.providers.map((provider) => (
            <Line key={provider.name} provider={provider} onChange={() => setChanging(provider)} />
          ))}
        </ul>
      )}
      {adding ? (
        <section className="sheet provider-add">
          <h2>Add a provider</h2>
          <ProviderForm kinds={kinds} onDone={() => setAdding(false)} />
        </section>
      ) : (
        <div>
          <Button variant="filled" onClick={() => setAdding(true)}>
            Add a provider
          </Button>
        </div>
      )}
      {changing !== null && (
        <Pane label={`Change ${changing.title}`} onClose={() => setChanging(null)}>
          <ProviderForm kinds={kinds} old={changing} onDone={() => setChanging(null)} />
        </Pane>
      )}
    </>
  )
}
