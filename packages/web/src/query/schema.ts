/** The schema of a role as a list, and examples made of what is in it. */
import * as z from 'zod'
import { askGraphql, type TriedRole } from './ask.ts'

const type = '{ kind name ofType { kind name ofType { kind name ofType { kind name } } } }'
const question = `{ __schema { queryType { name } mutationType { name } types {
  kind name
  fields { name description args { name type ${type} } type ${type} }
  inputFields { name type ${type} }
  enumValues { name }
} } }`

interface TypeRef {
  kind: string
  name: string | null
  ofType?: TypeRef | null | undefined
}
const TypeRef: z.ZodType<TypeRef> = z.lazy(() =>
  z.object({ kind: z.string(), name: z.string().nullable(), ofType: TypeRef.nullish() }),
)
const Argument = z.object({ name: z.string(), type: TypeRef })
const Field = z.object({
  name: z.string(),
  description: z.string().nullish(),
  args: z.array(Argument),
  type: TypeRef,
})
export type Field = z.infer<typeof Field>
const Type = z.object({
  kind: z.string(),
  name: z.string(),
  fields: z.array(Field).nullish(),
  inputFields: z.array(Argument).nullish(),
  enumValues: z.array(z.object({ name: z.string() })).nullish(),
})
const Root = z.object({ name: z.string() }).nullish()
const Schema = z.object({
  __schema: z.object({ queryType: Root, mutationType: Root, types: z.array(Type) }),
})

/** What a role may ask for and change, and what it is made of. */
export interface SchemaView {
  readonly queries: readonly Field[]
  readonly mutations: readonly Field[]
  readonly types: readonly z.infer<typeof Type>[]
}

/** Asks for the schema of a role; throws in words. */
export const loadSchema = async (role: TriedRole, signal: AbortSignal): Promise<SchemaView> => {
  const { data, problems } = await askGraphql(question, {}, role, signal)
  const parsed = Schema.safeParse(data)
  if (!parsed.success) throw new Error(problems[0]?.message ?? 'The schema could not be read.')
  const { queryType, mutationType, types } = parsed.data.__schema
  const fieldsOf = (name: string | undefined) => types.find((each) => each.name === name)?.fields ?? []
  const roots = [queryType?.name, mutationType?.name]
  return {
    queries: fieldsOf(queryType?.name),
    mutations: fieldsOf(mutationType?.name),
    types: types.filter(
      ({ name, kind }) => !name.startsWith('__') && !roots.includes(name) && kind !== 'SCALAR',
    ),
  }
}

/** A type as GraphQL writes it, e.g. `[Note!]!`. */
export const typeText = ({ kind, name, ofType }: TypeRef): string => {
  if (kind === 'NON_NULL' && ofType) return `${typeText(ofType)}!`
  if (kind === 'LIST' && ofType) return `[${typeText(ofType)}]`
  return name ?? ''
}

const named = (ref: TypeRef): string => (ref.ofType ? named(ref.ofType) : (ref.name ?? ''))
const isScalar = (ref: TypeRef): boolean =>
  ref.ofType ? isScalar(ref.ofType) : /^(SCALAR|ENUM)$/.test(ref.kind)

/** The fields of a type that hold a value, a few of them. */
const some = ({ types }: SchemaView, name: string): string[] =>
  (types.find((each) => each.name === name)?.fields ?? [])
    .filter((field) => isScalar(field.type) && field.args.length === 0)
    .slice(0, 4)
    .map((field) => field.name)

export interface Example {
  readonly name: string
  readonly text: string
}

/** Queries over the real tables that work as they stand; one that says who one is when there are none. */
export const examplesOf = (schema: SchemaView): readonly Example[] => {
  const lists = schema.queries.filter(
    ({ args, name }) => name.endsWith('List') && args.some((each) => each.name === 'first'),
  )
  const made = lists.slice(0, 4).flatMap(({ name, type: of }) => {
    const fields = some(schema, named(of)).join(' ')
    const table = name.slice(0, -'List'.length)
    return fields === ''
      ? []
      : [
          { name: `Ten of ${table}`, text: `{\n  ${name}(first: 10) {\n    ${fields}\n  }\n}` },
          { name: `How many ${table}`, text: `{\n  ${table}(first: 1) {\n    totalCount\n  }\n}` },
        ]
  })
  return made.length > 0 ? made : [{ name: 'Which role I am', text: '{\n  role\n}' }]
}
