/** GraphQL over HTTP with the real worker and the real PostgreSQL: what each role gets, and what becomes of the worker. */
import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GraphqlHouse, openGraphqlHouse, people } from '../testing/graphql-house.ts'

let house: GraphqlHouse
beforeAll(async () => {
  house = await openGraphqlHouse()
})
afterAll(() => house?.close())

describe('what is asked is answered', () => {
  test('a list, as application/graphql-response+json', async () => {
    const answer = await house.ask(
      'member',
      '{ notes(first: 2) { totalCount nodes { title stars author { name } } } }',
    )
    expect(answer).toMatchObject({
      status: 200,
      type: 'application/graphql-response+json; charset=utf-8',
      errors: [],
    })
    expect(answer.data).toEqual({
      notes: {
        totalCount: 30,
        nodes: expect.arrayContaining([
          { title: expect.any(String), stars: expect.any(Number), author: { name: 'Ada' } },
        ]),
      },
    })
  })

  test('under the headers of every answer, whole and kept by nobody', async () => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer member' }
    const answer = await house.raw({ method: 'POST', headers, body: '{"query":"{ role }"}' })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': String((await answer.text()).length),
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'cache-control': 'no-store',
    })
  })

  test('in the order asked for, narrowed by comparisons, page by page', async () => {
    const query = `query Page($after: Cursor, $like: String) {
      notes(first: 2, after: $after, orderBy: STARS_DESC, condition: { stars_gte: 5, stars_lt: 9, title_like: $like }) {
        nodes { stars } pageInfo { endCursor hasNextPage }
      }
    }`
    const first = await house.ask('member', { query, variables: { like: 'NOTE%' } })
    expect(first.data).toMatchObject({ notes: { nodes: [{ stars: 8 }, { stars: 7 }] } })
    const notes = first.data?.['notes'] as { pageInfo: { endCursor: string } } | undefined
    const next = await house.ask('member', {
      query,
      variables: { after: notes?.pageInfo.endCursor, like: 'note%' },
    })
    expect(next.data).toMatchObject({
      notes: { nodes: [{ stars: 6 }, { stars: 5 }], pageInfo: { hasNextPage: false } },
    })
    const some = '{ notesList(first: 9, condition: { stars_in: [3, 4], stars_not: 4 }) { stars } }'
    expect((await house.ask('member', some)).data).toEqual({ notesList: [{ stars: 3 }] })
  })

  test('a row is made, changed and removed by its key', async () => {
    const made = await house.ask('member', {
      query:
        'mutation($n: NoteInput!) { createNote(input: { note: $n }) { note { id title ownerId tags meta } } }',
      variables: { n: { title: 'mine', tags: ['a', "b'"], meta: '{"k": 1}' } },
    })
    expect(made.errors).toEqual([])
    const note = (made.data?.['createNote'] as { note: { id: string } } | undefined)?.note
    expect(note).toMatchObject({ title: 'mine', ownerId: people.member, tags: ['a', "b'"] })
    const changed = await house.ask('member', {
      query:
        'mutation($id: UUID!) { updateNote(input: { id: $id, patch: { title: "ours" } }) { note { title } } }',
      variables: { id: note?.id },
    })
    expect(changed.data).toEqual({ updateNote: { note: { title: 'ours' } } })
    const gone = {
      query: 'mutation($id: UUID!) { deleteNote(input: { id: $id }) { note { title } } }',
      variables: { id: note?.id },
    }
    expect((await house.ask('member', gone)).data).toEqual({ deleteNote: { note: { title: 'ours' } } })
    expect((await house.ask('member', gone)).errors).toMatchObject([{ extensions: { code: 'not_found' } }])
  })

  test('what was just changed is read back, and not what was read before', async () => {
    const read = '{ notesList(first: 1, condition: { title: "note 001" }) { stars } }'
    for (const stars of [41, 42, 43]) {
      const change = `mutation { updateNoteByTenantIdAndTitle(input: { tenantId: "00000000-0000-4000-8000-000000000001", title: "note 001", patch: { stars: ${stars} } }) { note { stars } } }`
      expect((await house.ask('owner', change)).errors).toEqual([])
      expect((await house.ask('member', read)).data).toEqual({ notesList: [{ stars }] })
    }
  })
})

describe('each role has a schema of its own', () => {
  test.each([
    ['member', '{ notesList(first: 1) { secretCode } }'],
    ['member', '{ peopleList(first: 1) { diary } }'],
    ['member', '{ vaultedsList(first: 1) { id } }'],
    [
      'member',
      '{ noteByTenantIdAndTitle(tenantId: "00000000-0000-4000-8000-000000000001", title: "x") { id } }',
    ],
    ['member', '{ notesList(first: 1, condition: { secretCode: "hush" }) { id } }'],
    ['member', '{ notesList(first: 1, condition: { secretCode_like: "h%" }) { id } }'],
    ['member', '{ notesList(first: 1, orderBy: SECRET_CODE_ASC) { id } }'],
    ['viewer', '{ notesList(first: 1) { body } }'],
    [
      'viewer',
      'mutation { deleteNote(input: { id: "00000000-0000-4000-8000-000000000001" }) { note { id } } }',
    ],
  ])('what %s may not name does not exist: %s', async (who, query) => {
    const answer = await house.ask(who, query)
    expect(answer.status).toBe(400)
    expect(answer.errors[0]?.extensions.code).toBe('not_in_schema')
    expect(answer.text).not.toMatch(/Did you mean|hush/)
  })

  test('a change that meets no row that is theirs says so', async () => {
    const { rows } = await (await house.db.superuser()).query(
      "select id from app.notes where title = 'theirs 1'",
    )
    for (const id of [rows[0].id, people.owner]) {
      const query = `mutation { updateNote(input: { id: "${id}", patch: { stars: 1 } }) { clientMutationId } }`
      expect((await house.ask('member', query)).errors).toMatchObject([{ extensions: { code: 'not_found' } }])
    }
  })

  test('who may not read a table’s key reads its lists all the same', async () => {
    await house.sql('revoke select (id) on app.notes from app_viewer')
    house.catalog.forget()
    const query =
      '{ notes(first: 1) { totalCount nodes { title } } notesList(first: 1, orderBy: TITLE_ASC) { title } }'
    expect(await house.ask('viewer', query)).toMatchObject({
      errors: [],
      data: { notes: { totalCount: 30 }, notesList: [{ title: 'note 001' }] },
    })
    await house.sql('grant select (id) on app.notes to app_viewer')
    house.catalog.forget()
  })

  test('a relation over a column that may not be read has no name', async () => {
    const queries = [
      '{ notesList(first: 1) { author { name } } }',
      '{ peopleList(first: 1) { notesList(first: 1) { id } } }',
    ]
    for (const query of queries) expect((await house.ask('member', query)).errors).toEqual([])
    await house.sql('revoke select (author_id) on app.notes from app_member')
    house.catalog.forget()
    for (const query of queries) {
      expect((await house.ask('member', query)).errors[0]?.extensions.code).toBe('not_in_schema')
    }
    await house.sql('grant select (author_id) on app.notes to app_member')
    house.catalog.forget()
  })

  test('a person of another tenant sees their own rows only, and counts them only', async () => {
    const query = '{ role notes(first: 100) { totalCount nodes { title } } peopleList(first: 10) { name } }'
    const { data } = await house.ask('stranger', query)
    expect(data).toMatchObject({ role: 'member', notes: { totalCount: 5 }, peopleList: [{ name: 'Eve' }] })
    expect(JSON.stringify(data)).not.toContain('note 0')
  })

  test('the owner may try a lower role, without being anybody else', async () => {
    const answer = await house.ask('owner', '{ role }', { 'x-hasura-role': 'viewer' })
    expect(answer.data).toEqual({ role: 'viewer' })
  })

  test.each([
    ['member', 'owner'],
    ['viewer', 'member'],
    ['member', 'member, owner'],
    ['owner', 'castellan_app'],
    ['owner', 'admin'],
    ['owner', ''],
  ])('%s may not ask as %s', async (who, role) => {
    const answer = await house.ask(who, '{ role }', { 'x-hasura-role': role })
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([403, 'refused'])
  })

  test('nobody is told to sign in while no permission names anonymous, and is anonymous from then on', async () => {
    expect((await house.ask(null, '{ role }')).status).toBe(401)
    await house.sql('grant select (id, title) on app.notes to app_anonymous')
    house.catalog.forget()
    const answer = await house.ask(null, '{ role notes(first: 1) { totalCount } }')
    expect(answer.data).toEqual({ role: 'anonymous', notes: { totalCount: 30 } })
    expect((await house.ask('nonsense', '{ role }')).status).toBe(401)
    await house.sql('revoke all on app.notes from app_anonymous')
    house.catalog.forget()
    expect((await house.ask(null, '{ role }')).status).toBe(401)
  })

  test('a token has to be good for data', async () => {
    expect((await house.ask('owner:data', '{ role }')).data).toEqual({ role: 'owner' })
    expect((await house.ask('owner:read,chat', '{ role }')).status).toBe(403)
    expect((await house.ask('owner:data', '{ __schema { queryType { name } } }')).errors).toMatchObject([
      { extensions: { code: 'introspection_refused' } },
    ])
  })
})

describe('the worker', () => {
  test('listens where only we may connect, with nothing in its environment', async () => {
    await house.ask('owner', '{ role }')
    const { mode } = await stat(house.started.at(-1) ?? '')
    expect(mode & 0o777).toBe(0o600)
  })

  test('notices a changed table', async () => {
    expect((await house.ask('owner', '{ birdsList(first: 1) { id } }')).status).toBe(400)
    await house.sql('create table app.birds (id int primary key); grant select on app.birds to app_owner')
    house.catalog.forget()
    expect((await house.ask('owner', '{ birdsList(first: 1) { id } }')).data).toEqual({ birdsList: [] })
    await house.sql('drop table app.birds')
    house.catalog.forget()
    expect((await house.ask('owner', '{ birdsList(first: 1) { id } }')).status).toBe(400)
  })

  test('killed in the middle of a query, it is there again for the next', async () => {
    await house.ask('owner', '{ role }')
    const pid = house.keeper.pid()
    if (pid === null) throw new Error('no worker')
    const blocker = await house.db.superuser()
    await blocker.query('begin; lock table app.people in access exclusive mode')
    const asked = house.ask('owner', '{ peopleList(first: 1) { name } }')
    await untilBlocked(house)
    process.kill(pid, 'SIGKILL')
    const answer = await asked
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([503, 'graphql_unavailable'])
    await blocker.query('rollback')
    expect((await house.ask('owner', '{ peopleList(first: 1) { name } }')).status).toBe(200)
    expect(house.keeper.pid()).not.toBe(pid)
  })
})

/** Waits until the worker's query waits for the lock. */
async function untilBlocked({ db }: GraphqlHouse): Promise<void> {
  const blocked = "select from pg_stat_activity where wait_event_type = 'Lock' and usename = 'castellan_api'"
  const watcher = await db.superuser()
  for (;;) {
    const { rowCount } = await watcher.query(blocked)
    if (rowCount !== 0) return
  }
}
