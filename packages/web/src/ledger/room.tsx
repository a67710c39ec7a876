/** The ledger: every decision and effect, newest first, filtered by the address so that a view can be shared. */
import { LedgerKind, type LedgerRow } from '@castellan/contracts'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import type { LedgerFilter } from '../api.ts'
import { Loading, Trouble, useTitle } from '../parts.tsx'
import { ledgerQuery, overviewQuery, verifyQuery } from '../queries.ts'
import { ChainState } from './chain.tsx'
import { RowDrawer } from './detail.tsx'
import { LedgerTable } from './table.tsx'
import './ledger.css'

/** What the address of this room carries. */
export interface LedgerSearch extends LedgerFilter {
  row?: number | undefined
}

const anyOf = (names: readonly string[], label: string) => [
  { value: '', label },
  ...names.map((n) => ({ value: n, label: n })),
]

const decisionChoices = [
  { value: '', label: 'any decision' },
  { value: 'allow', label: 'allowed' },
  { value: 'ask', label: 'asked' },
  { value: 'deny', label: 'refused' },
]

const Filters = ({ search, change }: { search: LedgerSearch; change: (patch: LedgerSearch) => void }) => {
  const skills = useQuery(overviewQuery).data?.skills.map((s) => s.name) ?? []
  const known =
    search.skill === undefined || skills.includes(search.skill) ? skills : [...skills, search.skill]
  const [run, setRun] = useState(search.run ?? '')
  useEffect(() => setRun(search.run ?? ''), [search.run])
  const filtered =
    search.skill !== undefined ||
    search.kind !== undefined ||
    search.decision !== undefined ||
    search.run !== undefined
  const kind = LedgerKind.safeParse(search.kind)
  return (
    <form
      className="ledger-filters"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault()
        change({ run: run.trim() || undefined })
      }}
    >
      <NativeSelect
        aria-label="Skill"
        value={search.skill ?? ''}
        data={anyOf(known, 'any skill')}
        onChange={(e) => change({ skill: e.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Kind"
        value={kind.success ? kind.data : ''}
        data={anyOf(LedgerKind.options, 'any kind')}
        onChange={(e) => {
          const chosen = LedgerKind.safeParse(e.currentTarget.value)
          change({ kind: chosen.success ? chosen.data : undefined })
        }}
      />
      <NativeSelect
        aria-label="Decision"
        value={search.decision ?? ''}
        data={decisionChoices}
        onChange={(e) => {
          const { value } = e.currentTarget
          change({ decision: value === 'allow' || value === 'ask' || value === 'deny' ? value : undefined })
        }}
      />
      <TextInput
        aria-label="Run"
        placeholder="one run"
        value={run}
        onChange={(e) => setRun(e.currentTarget.value)}
        onBlur={() => change({ run: run.trim() || undefined })}
      />
      {filtered && (
        <Button
          variant="subtle"
          onClick={() => change({ skill: undefined, kind: undefined, decision: undefined, run: undefined })}
        >
          Show all
        </Button>
      )}
    </form>
  )
}

const Chain = () => {
  const { data, error, isFetching, refetch } = useQuery(verifyQuery)
  return (
    <p className="row small">
      <ChainState data={isFetching && error !== null ? undefined : data} error={error} />
      <button type="button" className="link-button" disabled={isFetching} onClick={() => void refetch()}>
        {isFetching ? 'verifying' : 'Verify again'}
      </button>
    </p>
  )
}

const Empty = ({ filtered }: { filtered: boolean }) => (
  <div className="empty">
    {filtered ? (
      <p>No row fits this filter.</p>
    ) : (
      <>
        <p>Nothing has happened yet.</p>
        <p className="quiet">
          Each thing Castellan decides or does becomes one row that cannot be changed afterwards. The first
          will look like this:
        </p>
        <blockquote className="mono">1 · decision · web.fetch · allowed · agent:default for owner</blockquote>
      </>
    )}
  </div>
)

/** The room. */
export const LedgerRoom = ({ search }: { search: LedgerSearch }) => {
  useTitle('Ledger')
  const navigate = useNavigate()
  const { row, ...filter } = search
  const query = useInfiniteQuery(ledgerQuery(filter))
  const rows = useMemo((): LedgerRow[] => query.data?.pages.flatMap((p) => p.rows) ?? [], [query.data])
  const change = (patch: LedgerSearch): void =>
    void navigate({ to: '/ledger', search: { ...search, ...patch }, replace: true })
  const filtered = Object.values(filter).some((v) => v !== undefined)
  return (
    <div className="ledger">
      <header className="ledger-head">
        <div className="row">
          <h1>Ledger</h1>
          <Chain />
        </div>
        <Filters search={search} change={change} />
      </header>
      {query.error !== null && <Trouble error={query.error} />}
      {query.isPending && <Loading what="the ledger" />}
      {query.isSuccess &&
        (rows.length === 0 ? (
          <Empty filtered={filtered} />
        ) : (
          <LedgerTable
            rows={rows}
            selected={row}
            more={query.hasNextPage}
            loadMore={() => {
              if (!query.isFetchingNextPage) void query.fetchNextPage()
            }}
            search={search}
          />
        ))}
      {row !== undefined && <RowDrawer seq={row} onClose={() => change({ row: undefined })} />}
    </div>
  )
}
