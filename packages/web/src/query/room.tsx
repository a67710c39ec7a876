/** “Try a query”: the owner asks their own tables, as each role would be answered. */

import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { Loading, Room, Trouble } from '../parts.tsx'
import { type Asked, askGraphql, type Problem, type TriedRole, triedRoles } from './ask.ts'
import { SchemaList } from './list.tsx'
import { examplesOf, loadSchema } from './schema.ts'
import './query.css'

const roleWords: Readonly<Record<TriedRole, string>> = {
  owner: 'yourself, the owner',
  member: 'a member',
  viewer: 'a viewer',
  anonymous: 'somebody nobody knows',
}

/** The page at /data/query. */
export const QueryRoom = () => {
  const [role, setRole] = useState<TriedRole>('owner')
  const [text, setText] = useState('')
  const [variables, setVariables] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const schema = useQuery({
    queryKey: ['graphql', 'schema', role],
    queryFn: ({ signal }) => loadSchema(role, signal),
    retry: false,
  })
  const asked = useMutation({
    mutationFn: (given: { text: string; variables: unknown }) =>
      askGraphql(given.text, given.variables, role),
  })
  const examples = schema.data === undefined ? [] : examplesOf(schema.data)
  const first = examples[0]?.text
  useEffect(() => {
    // Only what nobody has written yet.
    if (first !== undefined) setText((now) => (now === '' ? first : now))
  }, [first])
  const run = () => {
    const given = readVariables(variables)
    setWrong(given === undefined ? 'The variables are not a JSON object, such as {"first": 10}.' : null)
    if (given !== undefined) asked.mutate({ text, variables: given })
  }
  return (
    <Room
      title="Try a query"
      about="Ask your own tables in GraphQL, the way your apps do. What comes back is what the chosen role may see; changes are real."
    >
      <div className="query-tools">
        <RoleChoice role={role} onChange={setRole} />
        <ExampleChoice examples={examples} onChoose={setText} />
      </div>
      <Area
        label="Query"
        value={text}
        rows={10}
        onChange={setText}
        onRun={run}
        problems={asked.data?.problems ?? []}
      />
      <Area label="Variables, as JSON" value={variables} rows={3} onChange={setVariables} onRun={run} />
      {wrong !== null && (
        <p className="query-problem" role="alert">
          {wrong}
        </p>
      )}
      <div className="query-run">
        <Button onClick={run} loading={asked.isPending} disabled={text.trim() === ''}>
          Run
        </Button>
        <span className="quiet small">Ctrl + Enter does it too.</span>
      </div>
      {asked.data !== undefined && <Result asked={asked.data} />}
      <h2>What {role === 'owner' ? 'you' : roleWords[role]} can ask for</h2>
      {schema.isPending && <Loading what="the schema" />}
      {schema.error !== null && <Trouble error={schema.error} />}
      {schema.data !== undefined && <SchemaList schema={schema.data} />}
    </Room>
  )
}

const readVariables = (text: string): object | undefined => {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const RoleChoice = ({ role, onChange }: { role: TriedRole; onChange: (role: TriedRole) => void }) => {
  const id = useId()
  return (
    <p>
      <label htmlFor={id}>Ask as</label>
      <select id={id} value={role} onChange={(event) => onChange(event.currentTarget.value as TriedRole)}>
        {triedRoles.map((each) => (
          <option key={each} value={each}>
            {roleWords[each]}
          </option>
        ))}
      </select>
    </p>
  )
}

const ExampleChoice = ({
  examples,
  onChoose,
}: {
  examples: readonly { name: string; text: string }[]
  onChoose: (text: string) => void
}) => {
  const id = useId()
  return (
    <p>
      <label htmlFor={id}>Examples</label>
      <select
        id={id}
        value=""
        onChange={(event) => {
          const found = examples.find(({ name }) => name === event.currentTarget.value)
          if (found !== undefined) onChoose(found.text)
        }}
      >
        <option value="">Choose one…</option>
        {examples.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </p>
  )
}

const Area = ({
  label,
  value,
  rows,
  onChange,
  onRun,
  problems = [],
}: {
  label: string
  value: string
  rows: number
  onChange: (text: string) => void
  onRun: () => void
  problems?: readonly Problem[]
}) => {
  const id = useId()
  const area = useRef<HTMLTextAreaElement>(null)
  return (
    <div className="query-area">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        ref={area}
        className="sheet mono"
        value={value}
        rows={rows}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        aria-invalid={problems.length > 0}
        aria-describedby={`${id}-problems`}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          onRun()
        }}
      />
      <ul id={`${id}-problems`} className="plain-list" aria-live="polite">
        {problems.map((problem) => (
          <li key={`${problem.message} ${problem.path?.join('.')}`} className="query-problem">
            <ProblemLine problem={problem} onGo={(line, column) => goTo(area.current, line, column)} />
          </li>
        ))}
      </ul>
    </div>
  )
}

const goTo = (area: HTMLTextAreaElement | null, line: number, column: number): void => {
  if (area === null) return
  const before =
    area.value
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0)
  area.focus()
  area.setSelectionRange(before + column - 1, before + column)
}

const ProblemLine = ({
  problem,
  onGo,
}: {
  problem: Problem
  onGo: (line: number, column: number) => void
}) => {
  const [at] = problem.locations ?? []
  return (
    <>
      {at !== undefined && (
        <>
          <button type="button" className="link-button" onClick={() => onGo(at.line, at.column)}>
            Line {at.line}
          </button>
          {': '}
        </>
      )}
      {problem.message} {problem.extensions?.hint}
      {problem.extensions !== undefined && (
        <span className="quiet small mono"> {problem.extensions.code}</span>
      )}
    </>
  )
}

const Result = ({ asked }: { asked: Asked }) => {
  const text = JSON.stringify(asked.data ?? null, null, 2)
  return (
    <section className="query-result" aria-label="Answer">
      <h2>Answer</h2>
      <p className="quiet small" role="status">
        {asked.problems.length > 0 ? 'With problems, named above. ' : ''}
        {Math.max(1, Math.round(asked.ms))} ms, {text.length.toLocaleString('en')} characters
      </p>
      {asked.data !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long answer must be scrollable by keyboard.
        <pre className="sheet mono" tabIndex={0}>
          {text}
        </pre>
      )}
    </section>
  )
}
