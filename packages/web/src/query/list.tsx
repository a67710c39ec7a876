/** The schema as lists that fold: what can be asked for, what can be changed, and the types they speak of. */
import type { Field, SchemaView } from './schema.ts'
import { typeText } from './schema.ts'

const Fields = ({ fields }: { fields: readonly Field[] }) => (
  <ul className="plain-list mono small schema-fields">
    {fields.map(({ name, args, type }) => (
      <li key={name}>
        <strong>{name}</strong>
        {args.length > 0 && (
          <span className="quiet">
            ({args.map((each) => `${each.name}: ${typeText(each.type)}`).join(', ')})
          </span>
        )}
        <span className="quiet">: {typeText(type)}</span>
      </li>
    ))}
  </ul>
)

const Part = ({ name, open, children }: { name: string; open?: boolean; children: React.ReactNode }) => (
  <details open={open ?? false}>
    <summary>{name}</summary>
    {children}
  </details>
)

/** The whole of it; what a role may not name is not in it. */
export const SchemaList = ({ schema }: { schema: SchemaView }) => {
  const tables = schema.queries.filter(({ name }) => name !== 'role')
  return (
    <div className="schema-list">
      {tables.length === 0 && (
        <p className="quiet">
          No table yet. Write one into <code>db/migrations/0001_notes.sql</code>, permit it in{' '}
          <code>db/permissions.yaml</code>, and run <code>castellan db apply</code>.
        </p>
      )}
      <Part name={`To ask for (${schema.queries.length})`} open>
        <Fields fields={schema.queries} />
      </Part>
      {schema.mutations.length > 0 && (
        <Part name={`To change (${schema.mutations.length})`}>
          <Fields fields={schema.mutations} />
        </Part>
      )}
      {schema.types.map(({ name, fields, inputFields, enumValues }) => (
        <Part key={name} name={name}>
          <Fields fields={fields ?? inputFields?.map((each) => ({ ...each, args: [] })) ?? []} />
          {enumValues != null && enumValues.length > 0 && (
            <p className="mono small">{enumValues.map((each) => each.name).join(', ')}</p>
          )}
        </Part>
      ))}
    </div>
  )
}
