/** One table: its columns, and what each role may do with its rows. */
import { type DataCell, DataCommand, DataRole, type DataTable } from '@castellan/contracts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { checksInWords, commandWords, roleWords, rowsInWords } from './words.ts'

const Cell = ({ cell, table }: { cell: DataCell | undefined; table: DataTable }) => {
  if (cell === undefined)
    return (
      <td className="quiet">
        <span aria-hidden="true">–</span>
        <span className="unseen">nothing</span>
      </td>
    )
  const checks = checksInWords(cell)
  return (
    <td>
      <InlineVerbatim text={rowsInWords(cell)} />
      {cell.columns.length > 0 && (
        <span className="quiet small mono data-columns">
          {cell.columns.length === table.columns.length ? 'all columns' : cell.columns.join(', ')}
        </span>
      )}
      {checks !== '' && (
        <span className="quiet small data-columns">
          <InlineVerbatim text={checks} />
        </span>
      )}
    </td>
  )
}

/** The matrix: roles down, what they may do across. */
export const TableMatrix = ({ table }: { table: DataTable }) => {
  const roles = DataRole.options.filter((role) => table.cells.some((cell) => cell.role === role))
  const commands = DataCommand.options
  return (
    <section className="rules" aria-label={table.name}>
      <h3 className="mono">
        <InlineVerbatim text={table.name} />
      </h3>
      <p className="quiet small mono">
        {table.columns.map(({ name, type }) => `${name} ${type}`).join(', ')}
      </p>
      {table.shared && (
        <p className="small">The same rows for every household; nobody can change them here.</p>
      )}
      {roles.length === 0 ? (
        <p>Nobody may do anything with it. Name it in the permissions below.</p>
      ) : (
        <section
          className="sheet data-scroll"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard.
          tabIndex={0}
          aria-label={`Who may do what with ${table.name}`}
        >
          <table className="data-matrix">
            <thead>
              <tr>
                <td />
                {commands.map((command) => (
                  <th key={command} scope="col">
                    {commandWords[command]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {roles.map((role) => (
                <tr key={role}>
                  <th scope="row">{roleWords[role]}</th>
                  {commands.map((command) => (
                    <Cell
                      key={command}
                      table={table}
                      cell={table.cells.find((cell) => cell.role === role && cell.command === command)}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}
