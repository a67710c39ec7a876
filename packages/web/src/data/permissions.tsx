/** permissions.yaml, edited here: what is wrong by line, what would change, and putting it in force. */
import type { AppliedData, DataOverview, PolicyCheck } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Trouble } from '../parts.tsx'
import { Editor } from '../policies/editor.tsx'
import { client } from '../queries.ts'
import { data, dataQuery, previewQuery } from './api.ts'
import { Changes, Problems } from './files.tsx'

/** The editor's own words for what was found. */
const checkOf = ({ ok, problems }: AppliedData): PolicyCheck => ({
  ok,
  rules: [],
  findings: problems.map(({ line, message }) => ({
    severity: 'problem',
    rule: null,
    how: null,
    ...{ line, message },
  })),
})

const inWords = (found: AppliedData | null): string => {
  if (found === null) return ''
  if (!found.ok)
    return `${found.problems.length === 1 ? 'A problem' : `${found.problems.length} problems`}; what is in force stays.`
  return found.changes.length === 0
    ? 'As it is in force.'
    : `Can be put in force. What it changes stands below.`
}

/** The section. */
export const PermissionsEditor = ({ view }: { view: DataOverview }) => {
  const { text: stored, hash } = view.permissions
  const [text, setText] = useState(stored)
  const [checked] = useDebouncedValue(text, 500)
  const preview = useQuery(previewQuery(checked))
  const isChecking = checked !== text || preview.isFetching
  const found = isChecking ? null : (preview.data ?? null)
  const save = useMutation({
    mutationFn: () => withStepUp(() => data.put(text, hash)),
    onSuccess: async () => {
      client.removeQueries({ queryKey: ['data-preview'] })
      await client.invalidateQueries({ queryKey: dataQuery.queryKey })
    },
  })
  return (
    <section className="rules own-rules" aria-labelledby="data-permissions">
      <h2 id="data-permissions">Permissions</h2>
      <p className="quiet">
        What is not named here is not permitted. Whatever is written here, one household never sees another’s
        rows.
      </p>
      <Editor
        label="db/permissions.yaml"
        words={inWords(found)}
        text={text}
        onChange={(next) => {
          setText(next)
          save.reset()
        }}
        found={found === null ? null : checkOf(found)}
        isChecking={isChecking}
      />
      {preview.error !== null && <Trouble error={preview.error} />}
      {found?.ok === true && found.changes.length > 0 && (
        <>
          <h3>What this would change</h3>
          <Changes found={found} />
        </>
      )}
      {save.data?.ok === false && <Problems problems={save.data.problems} />}
      {save.data?.ok === true && <p role="status">In force since just now.</p>}
      {save.error !== null && <Trouble error={save.error} />}
      <div className="row">
        <Button
          variant="filled"
          loading={save.isPending}
          disabled={found?.ok !== true || (text === stored && view.permissions.applied)}
          onClick={() => save.mutate()}
        >
          Put in force
        </Button>
        {text !== stored && (
          <Button variant="subtle" onClick={() => setText(stored)}>
            Back to what is stored
          </Button>
        )}
      </div>
    </section>
  )
}
