/** Policies: what nobody can switch off, what is shipped, and the owner's own rules, written and tried here. */
import type { PolicyView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loading, Room, Trouble } from '../parts.tsx'
import { checkQuery, policyQuery } from '../queries.ts'
import { Editor } from './editor.tsx'
import { RuleList } from './rules.tsx'
import { Save } from './save.tsx'
import { TryIt } from './try.tsx'
import './policies.css'

const example = `@id("files-i-named")
@says("Files are written without asking when I named them.")
permit (principal, action, resource == Castellan::Skill::"file.write")
unless { context.strongForeign };
`

const Differs = ({ view }: { view: PolicyView }) => (
  <div className="trouble" role="status">
    <p>
      <span className="mono">policy.cedar</span> says something else than what is in force.
    </p>
    <p className="quiet">
      {view.findings.length > 0
        ? `It cannot be put in force: ${view.findings[0]?.message}. The rules that were in force before still are.`
        : 'It was changed outside this page and has not been put in force yet. Put it in force below.'}
    </p>
  </div>
)

const Own = ({ view }: { view: PolicyView }) => {
  const [text, setText] = useState(view.file.text)
  const [saving, setSaving] = useState(false)
  const [saved, setSaved] = useState(false)
  const [checked] = useDebouncedValue(text, 400)
  const check = useQuery(checkQuery(checked))
  const isChecking = checked !== text || check.isFetching
  const found = isChecking ? null : (check.data ?? null)
  const isNew = text !== view.file.text || view.differs
  const change = (next: string): void => {
    setText(next)
    setSaving(false)
    setSaved(false)
  }
  return (
    <section className="rules own-rules">
      <h2>Write your own</h2>
      <p className="quiet">
        A rule of yours may allow more than the shipped ones, or less. It may never allow more because
        something untrusted was read: such a rule is refused.
      </p>
      {text === '' && (
        <p>
          There is none yet.{' '}
          <button type="button" className="link-button" onClick={() => change(example)}>
            Begin with an example
          </button>
        </p>
      )}
      <Editor text={text} onChange={change} found={found} isChecking={isChecking} />
      {check.error !== null && <Trouble error={check.error} />}
      {saved && <p role="status">In force since just now.</p>}
      {saving ? (
        <Save
          text={text}
          base={view.file.hash}
          onSaved={() => {
            setSaving(false)
            setSaved(true)
          }}
          onCancel={() => setSaving(false)}
        />
      ) : (
        <div className="row">
          <Button variant="filled" disabled={found?.ok !== true || !isNew} onClick={() => setSaving(true)}>
            Save…
          </Button>
          {text !== view.file.text && (
            <Button variant="subtle" onClick={() => change(view.file.text)}>
              Back to what is stored
            </Button>
          )}
        </div>
      )}
      <h3>Try it on a past call</h3>
      {found?.ok === false ? (
        <p className="quiet">It can be tried once it can be put in force.</p>
      ) : (
        <TryIt text={checked} />
      )}
    </section>
  )
}

/** The room. */
export const PoliciesRoom = () => {
  const { data, error } = useQuery(policyQuery)
  const rules = (origin: 'invariant' | 'default' | 'owner') =>
    data?.rules.filter((rule) => rule.origin === origin) ?? []
  return (
    <Room
      title="Policies"
      about="What Castellan does unasked, what it asks about, and what it never does. A forbid always wins over an allow."
    >
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="policies" />}
      {data !== undefined && (
        <>
          {data.differs && <Differs view={data} />}
          {rules('owner').length > 0 && (
            <RuleList title="Yours" about="In force now, from policy.cedar." rules={rules('owner')} />
          )}
          <Own view={data} />
          <RuleList
            title="Always in force"
            about="Nobody can switch these off: not your rules, and no yes that is weaker than they ask for."
            rules={rules('invariant')}
          />
          <RuleList
            title="Shipped"
            about="What holds by default. Your rules may forbid what these allow, and allow more than they do."
            rules={rules('default')}
          />
        </>
      )}
    </Room>
  )
}
