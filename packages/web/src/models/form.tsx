/** Adding a model: pick a provider, name the model, give a key, test before anything is stored. */
import { NewModel, Tier } from '@castellan/contracts'
import { Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type * as z from 'zod'
import { models } from '../api.ts'
import { Trouble } from '../parts.tsx'
import { client, modelsQuery, overviewQuery } from '../queries.ts'
import { nameFor, type Preset, presets } from './presets.ts'
import { TestResult } from './test-result.tsx'
import './models.css'

type Candidate = z.input<typeof NewModel>

const tierWords: Readonly<Record<Tier, string>> = {
  light: 'light: quick and cheap',
  medium: 'medium: everyday work',
  heavy: 'heavy: hard questions',
  local: 'local: on this machine',
  embedding: 'embedding: searching by meaning, for your own programs',
}

interface Fields {
  preset: Preset
  model: string
  baseUrl: string
  key: string
  name: string
  tier: Tier
}

const start = (preset: Preset): Fields => ({
  preset,
  model: '',
  baseUrl: preset.baseUrl ?? '',
  key: '',
  name: '',
  tier: preset.tier,
})

const candidateOf = (fields: Fields, taken: readonly string[]): Candidate => ({
  name: fields.name.trim() || nameFor(fields.model, taken),
  provider: fields.preset.provider,
  model: fields.model.trim(),
  tier: fields.tier,
  ...(fields.baseUrl.trim() === '' ? {} : { base_url: fields.baseUrl.trim() }),
  ...(fields.key.trim() === '' ? {} : { key: fields.key.trim() }),
})

const lackOf = (fields: Fields, candidate: Candidate): string | null => {
  if (candidate.model === '') return 'Name the model first.'
  if (fields.preset.key === 'needed' && candidate.key === undefined) return 'The key is missing.'
  const parsed = NewModel.safeParse(candidate)
  const issue = parsed.success ? undefined : parsed.error.issues[0]
  return issue === undefined ? null : `${String(issue.path[0] ?? 'It')}: ${issue.message}.`
}

const useAdding = (onAdded: (name: string) => void) => {
  const test = useMutation({ mutationFn: (candidate: Candidate) => models.testCandidate(candidate) })
  const add = useMutation({
    mutationFn: (candidate: Candidate) => models.add(candidate),
    onSuccess: async (model) => {
      await Promise.all(
        [modelsQuery, overviewQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })),
      )
      onAdded(model.name)
    },
  })
  return { test, add }
}

const Inputs = ({
  fields,
  change,
  taken,
}: {
  fields: Fields
  change: (patch: Partial<Fields>) => void
  taken: readonly string[]
}) => {
  const { preset } = fields
  return (
    <>
      <TextInput
        label="Model"
        placeholder={preset.example}
        value={fields.model}
        spellCheck={false}
        onChange={(e) => change({ model: e.currentTarget.value })}
      />
      {preset.key !== 'none' && (
        <PasswordInput
          label={preset.key === 'needed' ? 'Key' : 'Key, if it wants one'}
          description="It goes into the vault, encrypted. No model, page or log sees it again."
          autoComplete="off"
          value={fields.key}
          onChange={(e) => change({ key: e.currentTarget.value })}
        />
      )}
      <details className="model-more" open={preset.id === 'other'}>
        <summary>Address, name and use</summary>
        <div className="model-more-fields">
          <TextInput
            label="Address"
            placeholder={preset.baseUrl ?? "the provider's own"}
            value={fields.baseUrl}
            spellCheck={false}
            onChange={(e) => change({ baseUrl: e.currentTarget.value })}
          />
          <TextInput
            label="Name here"
            placeholder={nameFor(fields.model || preset.example, taken)}
            value={fields.name}
            spellCheck={false}
            onChange={(e) => change({ name: e.currentTarget.value })}
          />
          <NativeSelect
            label="Use"
            value={fields.tier}
            data={Tier.options.map((tier) => ({ value: tier, label: tierWords[tier] }))}
            onChange={(e) => {
              const tier = Tier.safeParse(e.currentTarget.value)
              if (tier.success) change({ tier: tier.data })
            }}
          />
        </div>
      </details>
    </>
  )
}

/** The form. What it tests is exactly what it would store. */
export const ModelForm = ({ onAdded }: { onAdded: (name: string) => void }) => {
  const [fields, setFields] = useState(() => start(presets[0]))
  const [lack, setLack] = useState<string | null>(null)
  const taken = useQuery(modelsQuery).data?.map((m) => m.name) ?? []
  const { test, add } = useAdding(onAdded)
  const change = (patch: Partial<Fields>): void => {
    setFields({ ...fields, ...patch })
    setLack(null)
    test.reset()
    add.reset()
  }
  const attempt = (act: (candidate: Candidate) => void): void => {
    const candidate = candidateOf(fields, taken)
    const missing = lackOf(fields, candidate)
    setLack(missing)
    if (missing === null) act(candidate)
  }
  return (
    <form
      className="model-form"
      onSubmit={(event) => {
        event.preventDefault()
        attempt(add.mutate)
      }}
    >
      <NativeSelect
        label="Provider"
        description={fields.preset.about}
        value={fields.preset.id}
        data={presets.map((p) => ({ value: p.id, label: p.name }))}
        onChange={(e) => {
          const { value } = e.currentTarget
          setLack(null)
          test.reset()
          setFields(start(presets.find((p) => p.id === value) ?? presets[0]))
        }}
      />
      <Inputs fields={fields} change={change} taken={taken} />
      {lack !== null && (
        <p className="problem" role="alert">
          {lack}
        </p>
      )}
      <TestResult result={test.data} error={test.error} pending={test.isPending} />
      {add.error !== null && <Trouble error={add.error} />}
      <div className="row">
        <Button onClick={() => attempt(test.mutate)} loading={test.isPending}>
          Test
        </Button>
        <Button type="submit" variant="filled" loading={add.isPending}>
          Add this model
        </Button>
      </div>
    </form>
  )
}
