/** The form of a new caller token: who it is for, what it may ask, how much. */
import { NewCallerRequest, Tier } from '@castellan/contracts'
import { Button, Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type * as z from 'zod'
import { withStepUp } from '../account/step-up.tsx'
import { callers as api } from '../api.ts'
import { Trouble } from '../parts.tsx'
import { modelsQuery } from '../queries.ts'

const start = {
  name: '',
  namespace: '',
  models: [] as string[],
  per_minute: 60 as number | string,
  tokens_per_day: 1_000_000 as number | string,
  days: '' as number | string,
}
type Fields = typeof start
type Change = (patch: Partial<Fields>) => void

/** What is sent, or why nothing is. */
export function wantedOf(fields: Fields): { wanted: z.input<typeof NewCallerRequest> } | { lack: string } {
  const { name, namespace, models, per_minute, tokens_per_day, days } = fields
  if (name.trim() === '') return { lack: 'Say which program it is for.' }
  if (models.length === 0) return { lack: 'Choose at least one model.' }
  const parsed = NewCallerRequest.safeParse({
    ...{ name, namespace: namespace.trim(), models, per_minute, tokens_per_day },
    ...(days === '' ? {} : { days }),
  })
  if (parsed.success) return { wanted: parsed.data }
  const at = parsed.error.issues[0]?.path[0]
  if (at === 'namespace') return { lack: 'A namespace is a short word of a–z, 0–9 and -, such as notes.' }
  return { lack: 'One of the numbers is out of its range.' }
}

const Models = ({ chosen, change }: { chosen: readonly string[]; change: Change }) => {
  const { data = [] } = useQuery(modelsQuery)
  const tiers = Tier.options.filter((tier) => data.some((model) => model.tier === tier))
  const names = data.map(({ name }) => name).filter((name) => !Tier.safeParse(name).success)
  const offered = [...new Set([...tiers, ...names])]
  return (
    <Checkbox.Group
      label="May ask"
      description="A tier stands for all models of it, also those you add later."
      value={[...chosen]}
      onChange={(models) => change({ models })}
    >
      <div className="caller-models">
        {offered.map((each) => (
          <Checkbox
            key={each}
            value={each}
            label={Tier.safeParse(each).success ? `all ${each} models` : each}
          />
        ))}
      </div>
    </Checkbox.Group>
  )
}

const Amounts = ({ fields, change }: { fields: Fields; change: Change }) => (
  <>
    <NumberInput
      label="Calls a minute"
      value={fields.per_minute}
      min={1}
      max={6_000}
      onChange={(per_minute) => change({ per_minute })}
    />
    <NumberInput
      label="Tokens a day"
      description="A token of a model is about four letters; questions and answers count. All programs of a namespace spend together."
      value={fields.tokens_per_day}
      min={1}
      max={10_000_000_000}
      thousandSeparator=","
      onChange={(tokens_per_day) => change({ tokens_per_day })}
    />
    <NumberInput
      label="Days until it ends"
      description="Left empty, it lasts until you revoke it."
      value={fields.days}
      min={1}
      max={3_650}
      onChange={(days) => change({ days })}
    />
  </>
)

/** The form; `onMade` gets the token's value, which is nowhere else. */
export const NewCallerForm = ({ onMade }: { onMade: (token: string) => void }) => {
  const [fields, setFields] = useState(start)
  const [lack, setLack] = useState<string | null>(null)
  const make = useMutation({
    mutationFn: (wanted: z.input<typeof NewCallerRequest>) => withStepUp(() => api.make(wanted)),
    onSuccess: ({ token }) => onMade(token),
  })
  const change: Change = (patch) => {
    setFields({ ...fields, ...patch })
    setLack(null)
  }
  const submit = (): void => {
    const checked = wantedOf(fields)
    setLack('lack' in checked ? checked.lack : null)
    if ('wanted' in checked) make.mutate(checked.wanted)
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
        label="Program"
        placeholder="Notes on the phone"
        value={fields.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
      />
      <TextInput
        label="Namespace"
        placeholder="notes"
        description="Programs of one namespace share a budget and are one caller in the ledger."
        value={fields.namespace}
        spellCheck={false}
        onChange={(e) => change({ namespace: e.currentTarget.value })}
      />
      <Models chosen={fields.models} change={change} />
      <Amounts fields={fields} change={change} />
      {lack !== null && (
        <p className="problem" role="alert">
          {lack}
        </p>
      )}
      {make.error !== null && <Trouble error={make.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={make.isPending}>
          Make the token
        </Button>
      </div>
    </form>
  )
}
