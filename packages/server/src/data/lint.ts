/**
 * What a migration may not say. The rights of `castellan_data` are the wall; this says it earlier and with the line, and
 * keeps out what those rights would allow and the permissions would have to undo.
 */
import type { DataFinding } from '@castellan/contracts'
import { splitStatements } from './sql.ts'

interface Rule {
  readonly pattern: RegExp
  readonly message: string
}

const object =
  '(?:unique index|index|table|view|type|domain|function|procedure|trigger|sequence|constraint trigger)'
/** What a statement may be. */
const allowed: readonly RegExp[] = [
  new RegExp(`^create (?:or replace )?${object}\\b`),
  new RegExp(`^(?:alter|drop) ${object}\\b`),
  /^(?:insert into|update|delete from|select|with|do|comment on|merge into)\b/,
]

const permissions = 'rights are given in permissions.yaml alone'
/** What no statement may contain, however it begins. */
const refusals: readonly Rule[] = [
  {
    pattern: /\bsecurity definer\b/,
    message: 'a function runs with the rights of its caller: security definer is refused',
  },
  {
    pattern: /\b(?:enable|disable|force) row level security\b/,
    message: `row level security is always on; ${permissions}`,
  },
  { pattern: /^(?:create|alter|drop) policy\b/, message: `policies are made by Castellan; ${permissions}` },
  { pattern: /^(?:grant|revoke)\b/, message: permissions },
  { pattern: /\bdefault privileges\b/, message: permissions },
  { pattern: /^(?:set|reset)\b|\bset_config\b/, message: 'a migration does not change roles or settings' },
  { pattern: /\bowner to\b/, message: 'the tables belong to castellan_data and stay so' },
  { pattern: /\bset schema\b/, message: 'tables stay in schema app' },
  {
    pattern: /^(?:begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare)\b/,
    message: 'all of a file is one transaction already',
  },
  {
    pattern: /\b(?:castellan|castellan_migrations|dbos|app_rules|pg_temp)\s*\./,
    message: 'a migration stays in schema app',
  },
  {
    pattern: /^create (?:(?:global|local) )?(?:temp|temporary|unlogged)\b/,
    message: 'tables of a migration are ordinary ones',
  },
  {
    pattern: /^create materialized view\b/,
    message: 'a materialized view holds the rows of everyone, and row level security does not reach it',
  },
  {
    pattern:
      /^create table\b.*\b(?:partition (?:of|by)|inherits)\b|^alter table\b.*\b(?:inherit|attach partition)\b/,
    message: 'partitions and inheritance would open a second way to the same rows',
  },
  { pattern: /^create (?:or replace )?rule\b/, message: 'rules rewrite queries behind the permissions' },
  {
    pattern:
      /^(?:create|alter|drop) (?:role|user|group|database|schema|extension|server|event trigger|operator|cast|aggregate|language|publication|subscription|collation|conversion|text search|access method|transform|foreign)\b/,
    message:
      'a migration makes tables, views, types, functions, triggers and indexes in schema app, and nothing else',
  },
]

/** What is wrong with a file, with lines. */
export function lintMigration(file: string, sql: string): DataFinding[] {
  return splitStatements(sql).flatMap(({ words, line }) => {
    const broken = refusals.filter(({ pattern }) => pattern.test(words)).map(({ message }) => message)
    const messages =
      broken.length === 0 && !allowed.some((each) => each.test(words))
        ? [`"${words.split(' ').slice(0, 2).join(' ')}" is not something a migration does`]
        : broken.slice(0, 1)
    return messages.map((message) => ({ file, line, message }))
  })
}
