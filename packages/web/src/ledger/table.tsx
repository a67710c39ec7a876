/** The rows, drawn only where they are seen: ten thousand scroll like ten. */
// biome-ignore-all lint/a11y/noRedundantRoles: the phone layout changes `display`, which would take the table's meaning away.
import type { LedgerRow } from '@castellan/contracts'
import { Link, useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { DecisionWord } from '../chat/call.tsx'
import { usePrincipals } from '../people/names.ts'
import { outcomeInWords } from '../text/sentence.ts'
import { absoluteTime, stampTime } from '../time/words.ts'
import type { LedgerSearch } from './room.tsx'
import { useWindow } from './window.ts'

const Row = ({
  row,
  index,
  selected,
  search,
}: {
  row: LedgerRow
  index: number
  selected: boolean
  search: LedgerSearch
}) => {
  const navigate = useNavigate()
  const inWords = usePrincipals()
  const at = Date.parse(row.at)
  return (
    // The link in the first cell does the same by keyboard.
    <tr
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      onClick={() => void navigate({ to: '/ledger', search: { ...search, row: row.seq } })}
    >
      <td role="cell" className="cell-seq">
        <Link to="/ledger" search={{ ...search, row: row.seq }} onClick={(event) => event.stopPropagation()}>
          {row.seq}
        </Link>
      </td>
      <td role="cell" className="cell-time">
        <time dateTime={row.at} title={absoluteTime(at)}>
          {stampTime(at)}
        </time>
      </td>
      <td role="cell" className="cell-kind">
        {row.kind}
      </td>
      <td role="cell" className="cell-skill mono">
        {row.skill}
      </td>
      <td role="cell" className="cell-decision">
        {row.decision === null ? (
          <span className="quiet">{row.outcome === null ? '' : outcomeInWords(row.outcome)}</span>
        ) : (
          <DecisionWord decision={row.decision} />
        )}
      </td>
      <td role="cell" className="cell-who">
        {inWords(row.principal)}
      </td>
    </tr>
  )
}

const useRowHeight = (): number => {
  const read = (): number => {
    if (matchMedia('(max-width: 700px)').matches) return 60
    return document.documentElement.dataset['density'] === 'compact' ? 28 : 36
  }
  const [height, setHeight] = useState(read)
  useEffect(() => {
    const measure = (): void => setHeight(read())
    window.addEventListener('resize', measure)
    return () => window.removeEventListener('resize', measure)
  })
  return height
}

/** Arrow keys go from one row's link to the next. */
const moveFocus = (event: KeyboardEvent<HTMLElement>): void => {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0 || !(event.target instanceof HTMLAnchorElement)) return
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('.cell-seq a')]
  const next = links[links.indexOf(event.target) + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus({ preventScroll: true })
  next.closest('tr')?.scrollIntoView({ block: 'nearest' })
}

const Head = () => (
  <thead role="rowgroup">
    <tr role="row" aria-rowindex={1}>
      {['Row', 'When', 'Kind', 'Skill', 'Decision or outcome', 'On whose word'].map((name) => (
        <th key={name} role="columnheader" scope="col">
          {name}
        </th>
      ))}
    </tr>
  </thead>
)

const Spacer = ({ height }: { height: number }) =>
  height === 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus; it is only height.
    <tr aria-hidden="true" className="spacer">
      <td colSpan={6} style={{ height }} />
    </tr>
  )

/** The scrolling table; asks for more before its end is reached. */
export const LedgerTable = ({
  rows,
  selected,
  more,
  loadMore,
  search,
}: {
  rows: readonly LedgerRow[]
  selected: number | undefined
  more: boolean
  loadMore: () => void
  search: LedgerSearch
}) => {
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const view = useWindow(box, rows.length, rowHeight)
  const near = more && view.to > rows.length - 40
  useEffect(() => {
    if (near) loadMore()
  }, [near, loadMore])
  return (
    <section
      className="ledger-scroll"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the rows must be scrollable by keyboard.
      tabIndex={0}
      aria-label="Rows of the ledger"
      onKeyDown={moveFocus}
    >
      <table
        className="ledger-table"
        role="table"
        aria-rowcount={more ? -1 : rows.length + 1}
        aria-label="Ledger, newest first"
      >
        <Head />
        <tbody role="rowgroup">
          <Spacer height={view.above} />
          {rows.slice(view.from, view.to).map((row, index) => (
            <Row
              key={row.seq}
              row={row}
              index={view.from + index}
              selected={row.seq === selected}
              search={search}
            />
          ))}
          <Spacer height={view.below} />
        </tbody>
      </table>
      {more && <p className="quiet small ledger-more">Older rows are coming.</p>}
    </section>
  )
}
