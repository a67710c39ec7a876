/** The room "Data": the owner's own tables, who may do what with them, and the files that make them. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Loading, Room, Trouble } from '../parts.tsx'
import { dataQuery } from './api.ts'
import { Migrations, Problems } from './files.tsx'
import { TableMatrix } from './matrix.tsx'
import { PermissionsEditor } from './permissions.tsx'
import '../policies/policies.css'
import './data.css'

const Empty = () => (
  <div className="sheet empty">
    <p>
      There are no tables yet. A table of your own can hold whatever your household or an app of yours keeps:
      projects, recipes, readings of a sensor.
    </p>
    <p>Try it in a terminal:</p>
    <pre className="mono">castellan db new recipes</pre>
    <p className="quiet">
      It writes a file with an example in it. Take the signs of a comment away, come back here and apply it.
    </p>
  </div>
)

/** The room. */
export const DataRoom = () => {
  const { data: view, error } = useQuery(dataQuery)
  return (
    <Room
      title="Data"
      about="Tables of your own, and who may do what with their rows. The database itself keeps to it, whoever asks and however."
      tools={<Link to="/data/query">Try a query</Link>}
    >
      {error !== null && <Trouble error={error} />}
      {view === undefined && error === null && <Loading what="tables" />}
      {view !== undefined && (
        <>
          {view.problems.length > 0 && <Problems problems={view.problems} />}
          {view.tables.length === 0 ? (
            <Empty />
          ) : (
            <section className="rules" aria-labelledby="data-tables">
              <h2 id="data-tables">Tables</h2>
              {view.tables.map((table) => (
                <TableMatrix key={table.name} table={table} />
              ))}
            </section>
          )}
          <Migrations view={view} />
          {view.tables.length > 0 && <PermissionsEditor key={view.permissions.hash} view={view} />}
        </>
      )}
    </Room>
  )
}
