/** Before other rules are put in force: what they would have changed, and the password. */
import type { PolicyChange, PolicyReplay, PolicyView } from '@castellan/contracts'
import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { factorsQuery } from '../account/api.ts'
import { withStepUp } from '../account/step-up.tsx'
import { policy } from '../api.ts'
import { Loading, Trouble } from '../parts.tsx'
import { client, policyQuery, replayQuery } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { decidedWords, replayInWords } from './words.ts'

/** How many changes are shown; the rest is counted. */
const shownChanges = 20

const Change = ({ change }: { change: PolicyChange }) => (
  <li className="line">
    <span className="row">
      <Link to="/ledger" search={{ row: change.seq }}>
        Row {change.seq}
      </Link>
      <span className="mono">
        <InlineVerbatim text={change.skill} />
      </span>
      <span className="quiet small">
        <When at={change.at} />
      </span>
    </span>
    <span>
      {decidedWords[change.was]} → <strong>{decidedWords[change.would]}</strong>
      {change.rules.length > 0 && <span className="quiet small mono"> {change.rules.join(', ')}</span>}
    </span>
  </li>
)

const Changes = ({ found }: { found: PolicyReplay }) => (
  <>
    <p>
      <strong>{replayInWords(found)}</strong>
    </p>
    {found.changes.length > 0 && (
      <ul className="sheet ruled plain-list">
        {found.changes.slice(0, shownChanges).map((change) => (
          <Change key={change.seq} change={change} />
        ))}
      </ul>
    )}
    {found.changed > shownChanges && (
      <p className="quiet">
        {found.changed - shownChanges} more; <code>castellan policy replay</code> lists them.
      </p>
    )}
  </>
)

/** The step between a text and its being in force. */
export const Save = ({
  text,
  base,
  onSaved,
  onCancel,
}: {
  text: string
  base: string
  onSaved: (view: PolicyView) => void
  onCancel: () => void
}) => {
  const replay = useQuery(replayQuery(text))
  const [password, setPassword] = useState('')
  const proofs = useQuery(factorsQuery)
  // With a passkey or codes the password is no proof any more, and the dialog asks for those.
  const byPassword = proofs.data?.accepts.includes('password') === true
  const save = useMutation({
    mutationFn: () =>
      byPassword ? policy.put(text, base, password) : withStepUp(() => policy.put(text, base)),
    onSuccess: (view) => {
      client.setQueryData(policyQuery.queryKey, view)
      onSaved(view)
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="sheet policy-save" onSubmit={submit}>
      <h3>What this would have changed</h3>
      <div aria-live="polite">
        {replay.data === undefined && replay.error === null && <Loading what="past calls" />}
        {replay.error !== null && <Trouble error={replay.error} />}
        {replay.data !== undefined && <Changes found={replay.data} />}
      </div>
      {byPassword && (
        <PasswordInput
          label="Admin password"
          description="Other rules are administration, so they need proof that it is you."
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
      {save.error !== null && <Trouble error={save.error} />}
      <div className="row">
        <Button
          type="submit"
          variant="filled"
          loading={save.isPending}
          disabled={proofs.data === undefined || (byPassword && password === '')}
        >
          Put in force
        </Button>
        <Button onClick={onCancel}>Not yet</Button>
      </div>
    </form>
  )
}
