/** Models: which ones answer, where they run, and how to add, test, rest or remove one. */
import type { ModelView } from '@castellan/contracts'
import { Button, Switch } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { models } from '../api.ts'
import { Loading, Room, StateWord, Trouble } from '../parts.tsx'
import { client, modelsQuery, overviewQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import { Discovered } from './discovered.tsx'
import { ModelForm } from './form.tsx'
import { TestResult } from './test-result.tsx'

const providerWords: Readonly<Record<ModelView['provider'], string>> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  google: 'Google',
  'openai-compatible': 'OpenAI-compatible',
}

const reload = (): Promise<unknown> =>
  Promise.all([modelsQuery, overviewQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })))

const Remove = ({ model }: { model: ModelView }) => {
  const [open, setOpen] = useState(false)
  const remove = useMutation({ mutationFn: () => models.remove(model.name), onSuccess: reload })
  if (!open)
    return (
      <Button variant="subtle" onClick={() => setOpen(true)} aria-label={`Remove ${model.name}`}>
        Remove…
      </Button>
    )
  return (
    <span className="row">
      <span className="small">
        {model.has_key ? 'Its key goes from the vault too.' : 'It can be added again.'}
      </span>
      <Button autoFocus onClick={() => setOpen(false)}>
        Keep it
      </Button>
      <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        Remove {model.name}
      </Button>
      {remove.error !== null && <Trouble error={remove.error} />}
    </span>
  )
}

const ModelLine = ({ model }: { model: ModelView }) => {
  const test = useMutation({ mutationFn: () => models.test(model.name) })
  const change = useMutation({
    mutationFn: (enabled: boolean) => models.change(model.name, { enabled }),
    onSuccess: reload,
  })
  return (
    <li className="line model-line" data-enabled={model.enabled}>
      <div className="model-head">
        <h2>{model.name}</h2>
        <StateWord glyph={model.local ? 'system' : 'outside'} {...(model.local ? { tone: 'good' } : {})}>
          {model.local ? 'on this machine' : 'leaves the house'}
        </StateWord>
        <Switch
          className="push"
          label={model.enabled ? 'answers' : 'rests'}
          labelPosition="left"
          aria-label={`${model.name} answers`}
          checked={model.enabled}
          disabled={change.isPending}
          onChange={(e) => change.mutate(e.currentTarget.checked)}
        />
      </div>
      <p className="quiet small model-facts">
        <span className="mono">{model.model}</span>
        <span>{providerWords[model.provider]}</span>
        <span className="mono">{model.base_url}</span>
        <span>for {model.tier} work</span>
        <span>{model.has_key ? 'key in the vault' : 'no key'}</span>
        <span>
          added <When at={model.created_at} />
        </span>
      </p>
      {change.error !== null && <Trouble error={change.error} />}
      <TestResult result={test.data} error={test.error} pending={test.isPending} />
      <div className="row">
        <Button onClick={() => test.mutate()} loading={test.isPending} aria-label={`Test ${model.name}`}>
          Test
        </Button>
        <Remove model={model} />
      </div>
    </li>
  )
}

const Empty = () => (
  <div className="sheet empty">
    <p>No model yet, so nobody answers in the chat. Everything else works.</p>
    <p className="quiet">
      A model of your own machine keeps every word at home. A provider's model is often stronger, and reads
      what you send it. Private data goes to models of this machine only, whichever you add.
    </p>
  </div>
)

/** The room. */
export const ModelsRoom = () => {
  const { data, error } = useQuery(modelsQuery)
  const [adding, setAdding] = useState(false)
  const showForm = adding || data?.length === 0
  return (
    <Room
      title="Models"
      about="Who thinks for Castellan. Every call to a model is checked and recorded like any other; a model outside this machine is a reader of what it is sent."
      tools={
        !showForm && (
          <Button variant="filled" onClick={() => setAdding(true)}>
            Add a model
          </Button>
        )
      }
    >
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="models" />}
      {data?.length === 0 && <Empty />}
      {data !== undefined && data.length > 0 && (
        <ul className="sheet ruled plain-list">
          {data.map((model) => (
            <ModelLine key={model.name} model={model} />
          ))}
        </ul>
      )}
      {data !== undefined && <Discovered onAdded={() => setAdding(false)} />}
      {showForm && (
        <section className="sheet model-add">
          <h2>Add a model</h2>
          <ModelForm onAdded={() => setAdding(false)} />
          {adding && (
            <Button variant="subtle" className="model-cancel" onClick={() => setAdding(false)}>
              Not now
            </Button>
          )}
        </section>
      )}
    </Room>
  )
}
