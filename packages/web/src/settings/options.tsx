/** Options by row: value, where it was set, default, what it does; runtime ones are changed in place. */
import type { Json, OptionView } from '@castellan/contracts'
import { Button, Switch, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { settings } from '../api.ts'
import { Loading, Trouble } from '../parts.tsx'
import { client, settingsQuery } from '../queries.ts'
import { editValue, parseValue, showValue } from './value.ts'

const reload = (): Promise<void> => client.invalidateQueries({ queryKey: settingsQuery.queryKey })

const Editor = ({ option, onDone }: { option: OptionView; onDone: () => void }) => {
  const [text, setText] = useState(editValue(option.value))
  const [wrong, setWrong] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: (value: Json) => withStepUp(() => settings.set(option.name, value)),
    onSuccess: async () => {
      await reload()
      onDone()
    },
  })
  const field = {
    'aria-label': `New value of ${option.name}`,
    value: text,
    error: wrong,
    autoFocus: true,
    spellCheck: false,
  }
  return (
    <form
      className="option-editor"
      onSubmit={(event) => {
        event.preventDefault()
        const parsed = parseValue(option.type, text)
        if ('error' in parsed) setWrong(parsed.error)
        else save.mutate(parsed.value)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
      }}
    >
      {option.type === 'list' ? (
        <Textarea
          {...field}
          rows={4}
          description="One entry per line."
          onChange={(e) => setText(e.currentTarget.value)}
        />
      ) : (
        <TextInput
          {...field}
          {...(option.type === 'duration' ? { description: 'For example 30s, 15m, 24h.' } : {})}
          onChange={(e) => setText(e.currentTarget.value)}
        />
      )}
      {save.error !== null && <Trouble error={save.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={save.isPending}>
          Save
        </Button>
        <Button variant="subtle" onClick={onDone}>
          Leave it
        </Button>
      </div>
    </form>
  )
}

const Toggle = ({ option }: { option: OptionView }) => {
  const save = useMutation({
    mutationFn: (value: boolean) => withStepUp(() => settings.set(option.name, value)),
    onSuccess: reload,
  })
  return (
    <>
      <Switch
        aria-label={option.name}
        label={option.value === true ? 'yes' : 'no'}
        checked={option.value === true}
        disabled={save.isPending}
        onChange={(e) => save.mutate(e.currentTarget.checked)}
      />
      {save.error !== null && <Trouble error={save.error} />}
    </>
  )
}

const Value = ({ option, onEdit }: { option: OptionView; onEdit: () => void }) => {
  if (option.scope === 'runtime' && option.type === 'boolean' && !option.secret)
    return <Toggle option={option} />
  const shown = option.secret
    ? option.value === null
      ? 'not set'
      : 'set, not shown'
    : showValue(option.value)
  return (
    <div className="row">
      <span className={option.value === null || option.secret ? 'quiet' : 'mono option-value'}>{shown}</span>
      {option.scope === 'runtime' && !option.secret && (
        <button
          type="button"
          className="link-button small"
          onClick={onEdit}
          aria-label={`Change ${option.name}`}
        >
          Change
        </button>
      )}
    </div>
  )
}

const OptionLine = ({ option }: { option: OptionView }) => {
  const [editing, setEditing] = useState(false)
  const reset = useMutation({
    mutationFn: () => withStepUp(() => settings.reset(option.name)),
    onSuccess: reload,
  })
  const changed = option.scope === 'runtime' && option.origin !== 'default' && !option.secret
  return (
    <li className="line option" id={option.name}>
      <div>
        <h3 className="mono">{option.name}</h3>
        <p className="quiet small">{option.doc}</p>
      </div>
      <div className="option-right">
        {editing ? (
          <Editor option={option} onDone={() => setEditing(false)} />
        ) : (
          <Value option={option} onEdit={() => setEditing(true)} />
        )}
        <p className="quiet small">
          {option.origin === 'default' ? 'the default' : `from ${option.origin}`}
          {option.origin !== 'default' && !option.secret && `; the default is ${showValue(option.default)}`}
          {changed && (
            <>
              {' · '}
              <button
                type="button"
                className="link-button"
                aria-label={`Reset ${option.name} to its default`}
                disabled={reset.isPending}
                onClick={() => reset.mutate()}
              >
                reset
              </button>
            </>
          )}
        </p>
        {option.differs && (
          <p className="small option-differs">
            The instance's files name another value. The one shown here is in force; files only seed the first
            start.
          </p>
        )}
        {reset.error !== null && <Trouble error={reset.error} />}
      </div>
    </li>
  )
}

const Group = ({ title, options }: { title: string; options: readonly OptionView[] }) =>
  options.length === 0 ? null : (
    <section>
      <h2>{title}</h2>
      <ul className="sheet ruled plain-list option-list">
        {options.map((option) => (
          <OptionLine key={option.name} option={option} />
        ))}
      </ul>
    </section>
  )

/** The page. */
export const OptionsPage = () => {
  const { data, error } = useQuery(settingsQuery)
  const [text, setText] = useState('')
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="options" />
  const wanted = text.trim().toLowerCase()
  const shown = data.filter(
    (o) => o.name.toLowerCase().includes(wanted) || o.doc.toLowerCase().includes(wanted),
  )
  return (
    <>
      <TextInput
        className="option-filter"
        aria-label="Filter options"
        placeholder="Filter"
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      <Group title="Changed while running" options={shown.filter((o) => o.scope === 'runtime')} />
      <Group title="Read at start" options={shown.filter((o) => o.scope === 'boot')} />
      {shown.length === 0 && <p className="quiet">No option fits “{text}”.</p>}
    </>
  )
}
