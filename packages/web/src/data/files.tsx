/** The migrations: which have run, which wait, and running them. */
import type { AppliedData, DataFinding, DataMigration, DataOverview } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { StateWord, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { data, dataQuery } from './api.ts'

const states = {
  applied: { glyph: 'allow', words: 'applied' },
  pending: { glyph: 'waiting', words: 'waits', tone: 'wait' },
  edited: { glyph: 'deny', words: 'edited after it was applied', tone: 'stop' },
  missing: { glyph: 'deny', words: 'applied, and the file is gone', tone: 'stop' },
} as const

const File = ({ file }: { file: DataMigration }) => {
  const { glyph, words, ...tone } = states[file.state]
  return (
    <li className="line">
      <span className="row">
        <span className="mono">{file.name}</span>
        <span className="push">
          <StateWord glyph={glyph} {...tone}>
            {words}
            {file.applied_at !== null && (
              <>
                {' '}
                <When at={file.applied_at} />
              </>
            )}
          </StateWord>
        </span>
      </span>
    </li>
  )
}

/** What is wrong, each with its file and line. */
export const Problems = ({ problems }: { problems: readonly DataFinding[] }) => (
  <ul className="findings plain-list" role="alert">
    {problems.map(({ file, line, message }) => (
      <li key={`${file} ${line} ${message}`} data-severity="problem">
        <span>
          <span className="mono">
            {file}
            {line !== null && `:${line}`}
          </span>
          {': '}
          <InlineVerbatim text={message} />
        </span>
      </li>
    ))}
  </ul>
)

/** What would come and go. */
export const Changes = ({ found }: { found: AppliedData }) =>
  found.changes.length === 0 ? (
    <p className="quiet">Nothing changes: this is what is in force.</p>
  ) : (
    <ul className="plain-list mono small data-changes">
      {found.changes.map((change) => (
        <li key={change} data-change={change.startsWith('+') ? 'comes' : 'goes'}>
          <InlineVerbatim text={change} />
        </li>
      ))}
    </ul>
  )

/** The files of db/migrations. */
export const Migrations = ({ view }: { view: DataOverview }) => {
  const apply = useMutation({
    mutationFn: (dryRun: boolean) => data.apply(dryRun),
    onSettled: () => client.invalidateQueries({ queryKey: dataQuery.queryKey }),
  })
  const waiting = view.migrations.some((file) => file.state === 'pending')
  const due = waiting || !view.permissions.applied || view.drift.length > 0
  return (
    <section className="rules" aria-labelledby="data-files">
      <h2 id="data-files">Files</h2>
      <p className="quiet">
        Tables are made by the files in <span className="mono">db/migrations</span>. Each runs once, whole or
        not at all.
      </p>
      {view.migrations.length > 0 && (
        <ul className="sheet ruled plain-list">
          {view.migrations.map((file) => (
            <File key={file.name} file={file} />
          ))}
        </ul>
      )}
      {view.drift.length > 0 && (
        <div className="trouble" role="status">
          <p>
            The database is not as it was left: somebody changed it by other ways. Applying puts it right.
          </p>
          <ul className="plain-list mono small">
            {view.drift.slice(0, 20).map((line) => (
              <li key={line}>
                <InlineVerbatim text={line} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div aria-live="polite">
        {apply.data !== undefined && !apply.data.ok && <Problems problems={apply.data.problems} />}
        {apply.data?.ok === true && (
          <>
            <p role="status">{apply.data.dry_run ? 'This would change:' : 'In force since just now.'}</p>
            <Changes found={apply.data} />
          </>
        )}
        {apply.error !== null && <Trouble error={apply.error} />}
      </div>
      <div className="row">
        <Button
          variant={due ? 'filled' : 'default'}
          loading={apply.isPending}
          onClick={() => apply.mutate(false)}
        >
          Apply
        </Button>
        <Button variant="subtle" disabled={apply.isPending} onClick={() => apply.mutate(true)}>
          What would change?
        </Button>
      </div>
    </section>
  )
}
