/** Attack: finding out what there is. Introspection, guesses, error texts, ids of other tables, other ways in. */

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type GraphqlHouse,
  openGraphqlHouse,
  otherTenant,
  people,
} from '../../packages/server/src/testing/graphql-house.ts'

let house: GraphqlHouse
beforeAll(async () => {
  house = await openGraphqlHouse()
})
afterAll(() => house?.close())

describe('the schema is shown to the owner only', () => {
  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Note") { fields { name } } }',
    '{ x: __schema { queryType { name } } }',
    '{ ...f } fragment f on Query { __schema { queryType { name } } }',
    '{ ... on Query { __type(name: "Vaulted") { name } } }',
    '{ role @include(if: true) __type(name: "Note") @skip(if: true) { name } }',
    'query A { role } query B { __schema { queryType { name } } }',
    'mutation { deleteNote(input: { id: "x" }) { __type(name: "Note") { name } } }',
  ])('not to a member: %s', async (query) => {
    for (const who of ['member', 'viewer', 'owner:data']) {
      const answer = await house.ask(who, { query, operationName: 'A' })
      expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, 'introspection_refused'])
      expect(answer.text).not.toContain('"name"')
    }
  })

  test('to the owner, as each role sees it', async () => {
    const query = '{ __schema { types { name } } }'
    const names = async (role: string) => (await house.ask('owner', query, { 'x-hasura-role': role })).text
    expect(await names('owner')).toContain('"Vaulted"')
    expect(await names('member')).not.toContain('Vaulted')
    expect(await names('viewer')).not.toMatch(/Person|Vaulted|Mutation/)
  })

  test('what a member may not see is refused in the words in which what is not there is refused', async () => {
    const words = async (field: string) =>
      (await house.ask('member', `{ notesList(first: 1) { ${field} } }`)).text.replaceAll(field, 'X')
    expect(await words('secretCode')).toBe(await words('secretCodf'))
    expect(await words('tenantId')).toBe(await words('nothing'))
    const root = async (field: string) =>
      (await house.ask('member', `{ ${field} { id } }`)).text.replaceAll(field, 'X')
    expect(await root('vaultedsList')).toBe(await root('vaultedsLisp'))
  })

  test.each([
    ['a field', '{ notesLisd(first: 1) { id } }'],
    ['a field of a type', '{ notesList(first: 1) { titel } }'],
    ['an argument', '{ notesList(frist: 1) { id } }'],
    ['a type', '{ notesList(first: 1) { ... on Notes { id } } }'],
    ['an enum', '{ notesList(first: 1, orderBy: TITLE_ASK) { id } }'],
    ['an input field', '{ notesList(first: 1, condition: { titel: "x" }) { id } }'],
    ['a subselection', '{ notesList(first: 1) }'],
    ['a directive', '{ role @includ(if: true) }'],
  ])('no guess is offered for %s', async (_name, query) => {
    const answer = await house.ask('member', query)
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/did you mean/i)
  })

  test('nor for a value in a variable', async () => {
    const query =
      'query($o: [NoteOrderBy!], $c: NoteCondition) { notesList(first: 1, orderBy: $o, condition: $c) { id } }'
    for (const variables of [{ o: ['TITLE_ASK'] }, { c: { titel: 'x' } }]) {
      const answer = await house.ask('member', { query, variables })
      expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, 'invalid'])
      expect(answer.text).not.toMatch(/did you mean/i)
    }
  })

  test('`__typename` names only what may be named', async () => {
    const answer = await house.ask(
      'member',
      '{ __typename notesList(first: 1) { __typename author { __typename } } }',
    )
    expect(answer.data).toMatchObject({ __typename: 'Query', notesList: [{ __typename: 'Note' }] })
    const probe = await house.ask('member', '{ node(id: "WyJ2YXVsdGVkcyIsMV0=") { __typename } }')
    expect(probe.errors[0]?.extensions.code).toBe('not_in_schema')
  })
})

describe('an error tells a code and general words', () => {
  const mutation = (fields: string) =>
    `mutation { createNote(input: { note: { ${fields} } }) { note { id } } }`
  test.each([
    ['a title that is there', mutation('title: "note 001"'), 'conflict'],
    ['a title that a check forbids', mutation('title: "forbidden-word"'), 'invalid'],
    [
      'an author that is not there',
      mutation('title: "a", authorId: "00000000-0000-4000-8000-00000000ffff"'),
      'invalid',
    ],
    ['a number that is too large', mutation('title: "b", stars: 2147483647000'), 'not_in_schema'],
    [
      'a row of another tenant',
      `mutation { deleteNote(input: { id: "${people.stranger}" }) { note { id } } }`,
      'not_found',
    ],
  ])('%s', async (_name, query, code) => {
    const answer = await house.ask('member', query)
    expect(answer.errors[0]?.extensions.code).toBe(code)
    const told = answer.errors.map(({ message }) => message).join(' ')
    expect(told).not.toMatch(
      /constraint|duplicate key|violates|relation|select |insert |app\.|notes_|pg_|Key \(|policy/i,
    )
    if (code !== 'not_in_schema') expect(told).not.toMatch(/note 001|forbidden-word|00000000/)
  })

  test('a row for another tenant is refused like any other that is not allowed', async () => {
    const note = `title: "smuggled", tenantId: "${otherTenant}"`
    const query = `mutation { createNote(input: { note: { ${note} } }) { note { id } } }`
    const answer = await house.ask('owner', query)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'not_allowed' } }])
    const { rows } = await (await house.db.superuser()).query(
      "select from app.notes where title = 'smuggled'",
    )
    expect(rows).toEqual([])
  })

  test('a failure of ours names nothing, and the log has it', async () => {
    const admin = await house.db.superuser()
    await admin.query('revoke app_viewer from castellan_api')
    const answer = await house.ask('viewer', '{ notesList(first: 1) { id } }')
    await admin.query('grant app_viewer to castellan_api')
    expect(answer.text).not.toMatch(/app_viewer|castellan_api|permission denied|set role/i)
  })
})

describe('there is no other way in', () => {
  const json = { 'content-type': 'application/json', authorization: 'Bearer owner' }
  const body = JSON.stringify({ query: '{ role }' })

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by %s', async (method) => {
    const query = '?query=%7B%20role%20%7D'
    const answer = await house.raw({ method, headers: { authorization: 'Bearer owner' } }, `/graphql${query}`)
    expect([401, 405]).toContain(answer.status)
    expect(await answer.text()).not.toContain('"data"')
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json; charset=utf-16',
    'text/plain; application/json',
    'application/jsonp',
    '',
  ])('as %s', async (type) => {
    const answer = await house.raw({ method: 'POST', headers: { ...json, 'content-type': type }, body })
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('"data"')
  })

  test.each([
    { origin: 'https://evil.example', cookie: 'castellan-home=x' },
    { 'sec-fetch-site': 'cross-site', cookie: 'castellan-home=x' },
    { cookie: 'castellan-home=x' },
    { origin: 'null' },
  ])('from another site: %o', async (headers) => {
    const answer = await house.raw({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
      body,
    })
    expect([401, 403]).toContain(answer.status)
  })

  test('claims are the identity’s, whatever the headers say', async () => {
    const query = '{ notes(first: 100) { totalCount } peopleList(first: 5) { id } }'
    const honest = await house.ask('stranger', query)
    const lying = await house.ask('stranger', query, {
      'x-hasura-user-id': people.owner,
      'x-hasura-tenant-id': '00000000-0000-4000-8000-000000000001',
      'x-hasura-default-role': 'owner',
      'x-hasura-admin-secret': 'x',
      'x-hasura-use-backend-only-permissions': 'true',
      role: 'app_owner',
    })
    expect(lying.text).toBe(honest.text)
  })

  test('extensions and unknown keys change nothing', async () => {
    const answer = await house.ask('member', {
      ...{
        query: '{ role }',
        role: 'owner',
        pgSettings: { role: 'app_owner' },
        context: { role: 'app_owner' },
      },
      extensions: { pgSettings: { role: 'app_owner' }, grafast: { explain: true }, explain: true },
    })
    expect(answer.text).toBe('{"data":{"role":"member"}}')
  })
})

describe('SQL in every kind of argument is a value', () => {
  const evil = [
    "'; drop table app.notes; --",
    '" or 1=1 --',
    "\\'); select pg_sleep(5); --",
    '$1',
    '%',
    '{"a":1}',
    "E'\\000",
  ]

  test.each(evil)('%s', async (text) => {
    const query = `query($t: String, $in: [String!], $id: UUID, $j: JSON, $at: Datetime) {
      a: notesList(first: 1, condition: { title: $t }) { id }
      b: notesList(first: 1, condition: { title_in: $in, title_not: $t }) { id }
      c: notesList(first: 1, condition: { title_lt: $t, title_gte: $t }) { id }
      d: notesList(first: 1, condition: { meta: $j }) { id }
    }`
      .replace(', $id: UUID', '')
      .replace(', $at: Datetime', '')
    const answer = await house.ask('member', { query, variables: { t: text, in: [text, text], j: text } })
    expect(answer.status, answer.text).toBeLessThan(500)
    for (const { message } of answer.errors) expect(message).not.toMatch(/syntax error|unterminated/i)
    if (answer.errors.length === 0) expect(answer.data).toMatchObject({ a: [], c: [] })
    const typed = 'query($id: UUID!) { note(id: $id) { id } }'
    expect((await house.ask('member', { query: typed, variables: { id: text } })).text).not.toMatch(
      /syntax error/i,
    )
    const cursor = 'query($a: Cursor) { notes(first: 1, after: $a) { nodes { id } } }'
    const after = Buffer.from(JSON.stringify(['natural', text])).toString('base64')
    for (const a of [text, after]) {
      const { text: told } = await house.ask('member', { query: cursor, variables: { a } })
      expect(told).not.toMatch(/syntax error|pg_|app\./i)
    }
    const note = { title: text, body: text, tags: [text, text], meta: JSON.stringify({ [text]: text }) }
    const made = await house.ask('member', {
      query: 'mutation($n: NoteInput!) { createNote(input: { note: $n }) { note { id title tags } } }',
      variables: { n: note },
    })
    expect(made.data).toMatchObject({ createNote: { note: { title: text, tags: [text, text] } } })
    expect((await house.ask('member', '{ notes(first: 1) { totalCount } }')).errors).toEqual([])
  })

  test('a query cannot write, whatever it calls', async () => {
    const { rows } = await (await house.db.superuser()).query('select count(*)::int as count from app.notes')
    expect(rows[0].count).toBeGreaterThan(30)
  })
})

describe('where operations are persisted', () => {
  const allowed = 'query Mine { notesList(first: 1) { id } }'
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  let strict: GraphqlHouse
  beforeAll(async () => {
    strict = await openGraphqlHouse({ persisted: true })
    await writeFile(join(strict.operations, 'mine.graphql'), allowed)
  })
  afterAll(() => strict?.close())

  test('what is in a file is answered, by its hash or word for word', async () => {
    for (const body of [
      { documentId: `sha256:${sha256(allowed)}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(allowed) } } },
      { query: allowed },
    ]) {
      expect((await strict.ask('member', body)).status).toBe(200)
    }
  })

  test.each<[name: string, body: object]>([
    ['another text', { query: '{ role }' }],
    ['the text with a blank more', { query: `${allowed} ` }],
    ['a hash of none', { documentId: sha256('{ role }') }],
    ['a right hash beside another text', { documentId: sha256(allowed), query: '{ role }' }],
    [
      'a text that brings its own hash',
      { query: '{ role }', extensions: { persistedQuery: { version: 1, sha256Hash: sha256('{ role }') } } },
    ],
    ['a path', { documentId: '../../.env.secrets' }],
    ['an empty hash', { documentId: '' }],
  ])('%s is not', async (_name, body) => {
    const answer = await strict.ask('member', body)
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, 'not_persisted'])
  })

  test('the owner tries queries all the same', async () => {
    expect((await strict.ask('owner', '{ role }')).data).toEqual({ role: 'owner' })
    expect((await strict.ask('owner:data', '{ role }')).status).toBe(400)
  })
})
