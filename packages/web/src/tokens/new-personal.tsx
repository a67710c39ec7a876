/** The form of a new personal token: what it is for, what it may do, until when. */
import { NewPersonalTokenRequest, type Scope, scopes } from '@castellan/contracts'
import { Button, Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Trouble } from '../parts.tsx'
import { tokens } from './doors.ts'
import { scopeWords } from './scope-words.ts'

/** The form; `onMade` gets the token's value, which is nowhere else. */
export const NewPersonalForm = ({ onMade }: { onMade: (token: string) => void }) => {
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<Scope[]>([])
  const [days, setDays] = useState<number | string>(90)
  const [lack, setLack] = useState<string | null>(null)
  const make = useMutation({
    mutationFn: () =>
      withStepUp(() => tokens.make({ name, scopes: chosen, ...(days === '' ? {} : { days: Number(days) }) })),
    onSuccess: ({ token }) => onMade(token),
  })
  const submit = (): void => {
    const parsed = NewPersonalTokenRequest.shape
    const problem = !parsed.name.safeParse(name).success
      ? 'Say what it is for, in up to 80 characters.'
      : chosen.length === 0
        ? 'Choose at least one thing that it may do.'
        : null
    setLack(problem)
    if (problem === null) make.mutate()
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
        label="What it is for"
        placeholder="thermometer"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox.Group
        label="It may"
        description="Choose as little as the script needs. It never makes tokens and never counts as you in person."
        value={chosen}
        onChange={(values) => setChosen(scopes.filter((scope) => values.includes(scope)))}
      >
        <div className="token-scopes">
          {scopes.map((scope) => (
            <Checkbox key={scope} value={scope} label={scope} description={scopeWords[scope]} />
          ))}
        </div>
      </Checkbox.Group>
      <NumberInput
        label="Days until it ends"
        description="Left empty, it lasts until you revoke it."
        value={days}
        min={1}
        max={3_650}
        allowDecimal={false}
        onChange={setDays}
      />
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
