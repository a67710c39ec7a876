/** Attack: documents that ask for more than anybody needs: by aliases, depth, fragments, directives, batches, sheer size. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bodyLimit } from '../../packages/server/src/graphql/index.ts'
import { type GraphqlHouse, openGraphqlHouse } from '../../packages/server/src/testing/graphql-house.ts'

let house: GraphqlHouse
beforeAll(async () => {
  house = await openGraphqlHouse()
  await house.ask('member', '{ role }')
})
afterAll(() => house?.close())

const times = (count: number, each: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => each(n)).join(' ')
const nested = (depth: number): string =>
  depth === 0 ? 'name' : `notes(first: 1) { nodes { author { ${nested(depth - 1)} } } }`

test.each<[name: string, code: string, query: string]>([
  [
    '200 aliases of 1,000 rows each',
    'too_many_aliases',
    `{ ${times(200, (n) => `a${n}: notesList(first: 1000) { id }`)} }`,
  ],
  ['31 aliases', 'too_many_aliases', `{ ${times(31, (n) => `a${n}: role`)} }`],
  [
    'aliases inside of fragments',
    'too_many_aliases',
    `{ ${times(10, () => '...f')} } fragment f on Query { ${times(4, (n) => `a${n}: role`)} }`,
  ],
  [
    '30 aliases of 1,000 rows each',
    'too_costly',
    `{ ${times(30, (n) => `a${n}: notesList(first: 1000) { id title }`)} }`,
  ],
  [
    '1,000 rows inside of 1,000 rows',
    'too_costly',
    '{ peopleList(first: 1000) { notesList(first: 1000) { id } } }',
  ],
  [
    'a list of lists without sizes',
    'too_costly',
    '{ peopleList { notesList { author { notesList { id } } } } }',
  ],
  ['1,001 rows', 'page_size', '{ notesList(first: 1001) { id } }'],
  ['-1 rows', 'page_size', '{ notesList(first: -1) { id } }'],
  ['rows without number', 'page_size', '{ notesList(first: null) { id } }'],
  ['fields 13 deep', 'too_deep', `{ peopleList(first: 1) { ${nested(4)} } }`],
  [
    'depth inside of inline fragments',
    'too_deep',
    `{ peopleList(first: 1) { ... on Person { ${nested(4)} } } }`,
  ],
  [
    'depth inside of fragments',
    'too_deep',
    `{ peopleList(first: 1) { ...f } } fragment f on Person { ${nested(4)} }`,
  ],
  ['braces without end', 'too_large', `{ ${'a { '.repeat(5_000)}`],
  [
    'a list in a list in a list',
    'too_large',
    `{ notesList(condition: { title_in: ${'['.repeat(6_000)} }) { id } }`,
  ],
  ['a fragment of itself', 'not_in_schema', '{ ...f } fragment f on Query { ...f }'],
  [
    'two fragments of each other',
    'not_in_schema',
    '{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }',
  ],
  ['a fragment of itself that nothing uses', 'not_in_schema', '{ role } fragment f on Query { ...f }'],
  [
    'fragments that double 25 times',
    'too_large',
    `{ ...f0 } ${times(25, (n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`)} fragment f25 on Query { role }`,
  ],
  ['60 directives', 'too_large', `{ role ${times(60, () => '@include(if: true)')} }`],
  ['directives nobody knows', 'not_in_schema', '{ role @defer @live @stream }'],
  ['10,000 words', 'too_large', `{ ${times(10_000, () => 'role')} }`],
  ['many operations', 'bad_request', times(20, (n) => `query q${n} { role }`)],
  ['a subscription', 'not_in_schema', 'subscription { notes { id } }'],
])('%s: %s', async (_name, code, query) => {
  const began = performance.now()
  const answer = await house.ask('member', query)
  expect(answer.status).toBe(400)
  expect([...new Set(answer.errors.map(({ extensions }) => extensions.code))]).toEqual([code])
  // Refused by counting, not by doing it.
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(answer.data).toBeUndefined()
})

test('sizes that come by variables are counted as well', async () => {
  const query =
    'query($n: Int, $m: Int = 1000) { peopleList(first: $n) { notesList(first: $m) { id title } } }'
  const ask = async (variables: object) =>
    (await house.ask('member', { query, variables })).errors[0]?.extensions.code
  expect(await ask({ n: 1000 })).toBe('too_costly')
  expect(await ask({ n: 1001, m: 1 })).toBe('page_size')
  expect(await ask({ m: 1 })).toBe('page_size')
  expect(await ask({ n: null, m: 1 })).toBe('page_size')
  expect(await ask({ n: '5', m: 1 })).toBe('invalid')
  expect(await ask({ n: 5, m: 1 })).toBeUndefined()
})

test('a list without a size has a hundred rows, also where the document hides it', async () => {
  await house.sql(`alter table app.notes no force row level security;
    insert into app.notes (tenant_id, title) select '00000000-0000-4000-8000-000000000001', 'more ' || n from generate_series(1, 200) n;
    alter table app.notes force row level security`)
  const query =
    '{ a: notesList { id } ...f notes { nodes { id } } } fragment f on Query { b: notesList { id } }'
  const { data } = await house.ask('member', query)
  const { a, b, notes } = data as { a: unknown[]; b: unknown[]; notes: { nodes: unknown[] } }
  expect([a.length, b.length, notes.nodes.length]).toEqual([100, 100, 100])
})

test.each<[name: string, body: unknown]>([
  ['a batch', [{ query: '{ role }' }, { query: '{ role }' }]],
  ['a batch of none', []],
  ['nothing', null],
  ['a text', '{ role }'],
  ['a query that is no text', { query: ['{ role }'] }],
  ['variables that are a list', { query: '{ role }', variables: [1] }],
  ['no query', {}],
])('%s is not answered', async (_name, body) => {
  const answer = await house.raw({
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer member' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'bad_request' } }] })
})

test('variables and bodies over their limit are refused', async () => {
  const query = 'query($t: String) { notesList(first: 1, condition: { title: $t }) { id } }'
  const long = await house.ask('member', { query, variables: { t: 'x'.repeat(140_000) } })
  expect([long.status, long.errors[0]?.extensions.code]).toEqual([400, 'too_large'])
  const longer = await house.ask('member', { query, variables: { t: 'x'.repeat(bodyLimit) } })
  expect([longer.status, longer.errors[0]?.extensions.code]).toEqual([413, 'too_large'])
})

test('a statement that takes too long is stopped, and says so', async () => {
  const slow = await openGraphqlHouse({ statementTimeoutMs: 2_000 })
  try {
    const blocker = await slow.db.superuser()
    await slow.ask('owner', '{ role }')
    await blocker.query('begin; lock table app.people in access exclusive mode')
    const answer = await slow.ask('owner', '{ peopleList(first: 1) { name } role }')
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([200, 'timeout'])
    await blocker.query('rollback')
  } finally {
    await slow.close()
  }
})

test('the house is unharmed by all of it', async () => {
  expect((await house.ask('member', '{ role }')).data).toEqual({ role: 'member' })
  expect(house.said.filter((line) => /heap|fatal/i.test(line))).toEqual([])
})
