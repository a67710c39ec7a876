/** The table of arguments, the same in a question, a call and a ledger row: verbatim value, role, origin. */
// biome-ignore-all lint/a11y/noRedundantRoles: the phone layout changes `display`, which would take the table's meaning away.
import type { QuestionView } from '@castellan/contracts'
import { Tooltip } from '@mantine/core'
import { SourceChips } from '../origin/chip.tsx'
import { foreignSources } from '../origin/classes.ts'
import { Verbatim } from '../text/verbatim.tsx'
import { Places, searchOf } from './places.tsx'
import { type ArgumentRow, pathInWords, roleMeanings, valueKind, valueText } from './words.ts'
import './arguments.css'

/** A value with anything foreign in it is not the owner's, even where their words are part of it. */
const shownSources = ({ origin, sources }: ArgumentRow): readonly string[] => {
  if (sources.length === 0 && origin === 'owner') return ['owner']
  const foreign = foreignSources(sources)
  return foreign.length > 0 ? foreign : sources
}

/** What the table needs of a question to open places; null where there is none. */
type Placed = Pick<QuestionView, 'id' | 'conversation' | 'places'> | null

const linkFor = (question: Placed, path: string) => (source: string) => {
  const place = question?.places.find((each) => each.path === path && each.sources.includes(source))
  return question === null || place === undefined ? null : searchOf({ question, place })
}

const Origin = ({ row, question }: { row: ArgumentRow; question: Placed }) => (
  <span className="origin-cell">
    <SourceChips sources={shownSources(row)} linkOf={linkFor(question, row.path)} />
    {row.endorsed === true && <span className="role">you called it right</span>}
    {row.origin === 'located' && (
      <Tooltip label="It stands in the one record that your own words select, in a field a third party cannot write.">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its meaning must be reachable without a pointer. */}
        <span className="located" tabIndex={0}>
          found by your words
        </span>
      </Tooltip>
    )}
  </span>
)

const RoleWord = ({ role }: { role: ArgumentRow['role'] }) =>
  role === null ? (
    <span className="role">untold</span>
  ) : (
    <span className="role" title={roleMeanings[role]}>
      {role}
    </span>
  )

const Row = ({ row, question }: { row: ArgumentRow; question: Placed }) => {
  const kind = valueKind(row.value)
  return (
    <tr role="row" data-origin={row.origin}>
      <th role="rowheader" scope="row">
        <span className="argument-name">{pathInWords(row.path)}</span>
        <RoleWord role={row.role} />
      </th>
      <td role="cell" className="argument-value">
        <Verbatim text={valueText(row.value)} />
        {kind !== null && <span className="value-kind">{kind}</span>}
        {question !== null && <Places question={question} path={row.path} />}
      </td>
      <td role="cell" className="argument-origin">
        <Origin row={row} question={question} />
      </td>
    </tr>
  )
}

/** Every argument, one per row; with a question, each beside the places it stands in. */
export const ArgumentTable = ({
  rows,
  question = null,
}: {
  rows: readonly ArgumentRow[]
  question?: Placed
}) => {
  if (rows.length === 0) return <p className="quiet small">It takes no arguments.</p>
  return (
    <table className="arguments" role="table" aria-label="Arguments">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Argument
          </th>
          <th role="columnheader" scope="col">
            Exact value
          </th>
          <th role="columnheader" scope="col">
            Came from
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Row key={row.path} row={row} question={question} />
        ))}
      </tbody>
    </table>
  )
}
