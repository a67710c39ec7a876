import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CastellanError,
  PolicyCheck,
  PolicyReplay,
  PolicyTry,
  PolicyView,
  PolicyWhy,
} from '@castellan/contracts'
import { hashOf, type PolicyRequest } from '@castellan/kernel'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../http/index.ts'
import { append, openLedger } from '../ledger/index.ts'
import { testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { lookApart } from './apart.ts'
import { lastGoodFile, policyFile } from './file.ts'
import { hashOfText, keepPolicies } from './keep.ts'
import { policyRoutes } from './routes.ts'
import { plainRequest } from './space.ts'

const db = await testDatabase()
const apart = lookApart()
afterAll(async () => {
  await apart.close()
  await db.close()
})
const { database, tenant } = db

let directory: string
let told: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'castellan-keep-'))
  await mkdir(join(directory, 'data'))
  told = []
})
afterEach(() => rm(directory, { recursive: true }))

const changes: { by: string; text: string }[] = []
const keep = () =>
  keepPolicies({
    ...{ directory, database, tenant, apart },
    data: join(directory, 'data'),
    tell: (words) => told.push(words),
    record: async (_handle, { by, text }) => {
      changes.push({ by, text })
    },
  })
const file = () => join(directory, policyFile)
const inForce = async () => (await keep()).rules().filter((rule) => rule.origin === 'owner')

const good =
  '@id("good") @says("Good.") forbid (principal, action, resource == Castellan::Skill::"http.post");\n'
const other =
  '@id("other") @says("Other.") forbid (principal, action, resource == Castellan::Skill::"file.write");\n'
const bad = 'permit (principal, action, resource) when { context.unread };\n'

describe('at the start', () => {
  it('the file is in force, and kept as the last good one', async () => {
    await writeFile(file(), good)
    expect(await inForce()).toMatchObject([{ id: 'owner:good' }])
    const kept = join(directory, 'data', lastGoodFile)
    expect(await readFile(kept, 'utf8')).toBe(good)
    expect((await stat(kept)).mode & 0o777).toBe(0o600)
    expect(changes.pop()).toEqual({ by: 'file', text: good })
  })

  it.each([
    ['is not monotone', bad],
    ['cannot be parsed', 'permit ('],
    [
      'is too deep',
      `permit (principal, action, resource) when { ${'('.repeat(500)}true${')'.repeat(500)} };`,
    ],
    ['is too long', `//${'x'.repeat(70_000)}`],
  ])('a file that %s leaves the last good rules in force, and that is said', async (_name, text) => {
    await writeFile(file(), good)
    await keep()
    await writeFile(file(), text)
    expect(await inForce()).toMatchObject([{ id: 'owner:good' }])
    expect(told.join()).toContain('stay in force')
  })

  it('a file that cannot be used, where none was in force before, starts nothing', async () => {
    await writeFile(file(), bad)
    await expect(keep()).rejects.toMatchObject({ code: 'bad_configuration' })
  })

  it('a link is no file of rules, and neither is a directory', async () => {
    await writeFile(join(directory, 'elsewhere'), 'permit (principal, action, resource);')
    await symlink(join(directory, 'elsewhere'), file())
    await expect(keep()).rejects.toMatchObject({ code: 'bad_configuration' })
    await rm(file())
    await mkdir(file())
    await expect(keep()).rejects.toMatchObject({ code: 'bad_configuration' })
  })

  it('no file means no rules of the owner’s, also where there were some', async () => {
    await writeFile(file(), good)
    await keep()
    await rm(file())
    expect(await inForce()).toEqual([])
    expect(changes.pop()).toEqual({ by: 'file', text: '' })
  })
})

describe('while it runs', () => {
  it('a text is stored, in force at once and recorded; one that does not pass changes nothing', async () => {
    const keeper = await keep()
    const post: PolicyRequest = { ...plainRequest, effect: 'send', skill: 'http.post' }
    expect(keeper.authorize(post).allowed).toBe(true)
    await keeper.put(good, hashOfText(''))
    expect(keeper.authorize(post).allowed).toBe(false)
    expect(await readFile(file(), 'utf8')).toBe(good)
    expect(changes.pop()).toEqual({ by: 'owner', text: good })
    await expect(keeper.put(bad, hashOfText(good))).rejects.toMatchObject({ code: 'bad_request' })
    expect(await readFile(file(), 'utf8')).toBe(good)
    expect(keeper.authorize(post).allowed).toBe(false)
  })

  it('a file that was changed elsewhere is not overwritten, and is in force when it is asked for', async () => {
    const keeper = await keep()
    await writeFile(file(), other)
    await expect(keeper.put(good, hashOfText(''))).rejects.toMatchObject({ code: 'conflict' })
    expect(await keeper.view()).toMatchObject({ differs: true, findings: [] })
    expect(await keeper.reload()).toMatchObject({ differs: false, file: { text: other } })
    await writeFile(file(), bad)
    await expect(keeper.reload()).rejects.toMatchObject({ code: 'bad_request' })
    expect(await keeper.view()).toMatchObject({ differs: true, findings: [{ severity: 'problem' }] })
    expect(keeper.text()).toBe(other)
  })

  it('a link that was put in the file’s place is not followed', async () => {
    const keeper = await keep()
    await keeper.put(good, hashOfText(''))
    await rm(file())
    await writeFile(join(directory, 'victim'), 'mine')
    await symlink(join(directory, 'victim'), file())
    await expect(keeper.reload()).rejects.toMatchObject({ code: 'bad_configuration' })
    await expect(keeper.put(other, hashOfText(good))).rejects.toMatchObject({ code: 'bad_configuration' })
    expect(await keeper.view()).toMatchObject({ differs: true })
    expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('mine')
    expect(keeper.text()).toBe(good)
  })

  it('of two changes at once the second sees the first', async () => {
    const keeper = await keep()
    const both = await Promise.allSettled([good, other].map((text) => keeper.put(text, hashOfText(''))))
    expect(both.map((each) => each.status)).toEqual(['fulfilled', 'rejected'])
    expect(keeper.text()).toBe(good)
  })
})

describe('the routes', () => {
  const ledger = openLedger({ database, checkpointFile: '/nowhere', signingSeed: new Uint8Array(32) })
  const ask = async (via: 'session' | 'local-token', method: string, path: string, body?: unknown) => {
    const app = createApp({
      identify: async () => ({ ...ownerIdentity, via }),
      hosts: { port: 7777, tls: false, public: [] },
      routes: {
        api: [
          policyRoutes({
            ...{ keeper: await keep(), apart, ledger },
            async requireFresh() {
              throw new CastellanError('factor_needed', 'Show again that it is you.')
            },
            async provePassword(_identity, password) {
              if (password !== 'right') throw new CastellanError('wrong_password', 'The password is wrong.')
            },
          }),
        ],
        auth: [],
      },
      ready: () => true,
      log: { info() {}, warn() {}, error() {} },
    })
    const answer = await app.request(`http://localhost:7777/api${path}`, {
      method,
      headers: { origin: 'http://localhost:7777', 'content-type': 'application/json', cookie: 'session=x' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, json: await answer.json() }
  }

  /** A row as the gate writes it. */
  async function row(request: PolicyRequest | null, changes: object = {}) {
    const decision = {
      decision: 'ask',
      factor: 'click',
      rules: ['approved'],
      arguments: [],
      why: 'It needs your yes.',
    }
    return database
      .as(tenant)
      .transaction()
      .execute((transaction) =>
        append(transaction, tenant, {
          ...{
            kind: 'decision',
            run: randomUUID(),
            step: 'act.0.0',
            principal: ['owner'],
            skill: 'test.act',
          },
          ...{ decision: 'ask', rules: ['approved'], argsHash: hashOf({}), outcome: 'asked' },
          body: JSON.parse(JSON.stringify({ args: {}, decision, ...(request === null ? {} : { request }) })),
          ...changes,
        }),
      )
  }
  const asked: PolicyRequest = {
    ...{ ...plainRequest, effect: 'write', skill: 'memory.save', anchored: false },
    folds: { content: { foreign: true, sources: ['owner', 'web:a.example'], values: [] } },
    run: { foreign: true, sources: ['web:a.example'], sensitive: false, influence: 0 },
  }
  const freely =
    '@id("freely") @says("Freely.") permit (principal, action, resource == Castellan::Skill::"memory.save");'

  it('GET /policy shows every rule in force with its sentence', async () => {
    const view = PolicyView.parse((await ask('session', 'GET', '/policy')).json)
    expect(new Set(view.rules.map((rule) => rule.origin))).toEqual(new Set(['invariant', 'default']))
    expect(view).toMatchObject({ differs: false, file: { text: '', hash: hashOfText('') } })
  })

  it('PUT /policy needs the password, and the local token is no proof even with it', async () => {
    const body = { text: good, base: hashOfText('') }
    expect(await ask('session', 'PUT', '/policy', body)).toMatchObject({
      status: 403,
      json: { error: { code: 'factor_needed' } },
    })
    expect((await ask('session', 'PUT', '/policy', { ...body, password: 'wrong' })).status).toBe(401)
    expect((await ask('local-token', 'PUT', '/policy', { ...body, password: 'right' })).status).toBe(403)
    const saved = await ask('session', 'PUT', '/policy', { ...body, password: 'right' })
    expect(PolicyView.parse(saved.json).rules.at(-1)).toMatchObject({ id: 'owner:good', origin: 'owner' })
    const again = await ask('session', 'PUT', '/policy', {
      text: bad,
      base: hashOfText(good),
      password: 'right',
    })
    expect(again).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining('line 1') } },
    })
  })

  it('POST /policy/check says what is wrong, and refuses what is too long', async () => {
    const found = PolicyCheck.parse((await ask('session', 'POST', '/policy/check', { text: bad })).json)
    expect(found).toMatchObject({ ok: false, findings: [{ severity: 'problem', line: 1 }] })
    expect((await ask('session', 'POST', '/policy/check', { text: 'x'.repeat(70_000) })).status).toBe(400)
  })

  it('POST /policy/replay counts what would have been decided otherwise, and what cannot be told', async () => {
    const replayed = async () =>
      PolicyReplay.parse((await ask('session', 'POST', '/policy/replay', { text: freely, days: 7 })).json)
    const before = await replayed()
    const { seq } = await row(asked)
    await row({ ...asked, skill: 'file.write' })
    const erased = await row(asked)
    await row(null)
    const approved = { ...asked, approval: 'click' as const }
    await row(approved, { kind: 'intent', decision: 'allow', outcome: null })
    const refused = { args: {}, result: { kind: 'refused', reason: 'budget_spent' } }
    await row(asked, { decision: 'deny', rules: ['budget_spent'], outcome: 'refused', body: refused })
    await database
      .as(tenant)
      .deleteFrom('castellan.ledger_bodies')
      .where('seq', '=', String(erased.seq))
      .execute()
    const after = await replayed()
    expect(after.calls - before.calls).toBe(2)
    expect(after.unknown - before.unknown).toBe(2)
    expect(after.changed - before.changed).toBe(1)
    expect(after.changes[0]).toMatchObject({ seq, was: 'ask', would: 'allow', rules: ['owner:freely'] })
  })

  it('POST /policy/try decides one past call by what is in force and by the text', async () => {
    const { seq } = await row(asked)
    const tried = PolicyTry.parse((await ask('session', 'POST', '/policy/try', { text: freely, seq })).json)
    expect(tried).toMatchObject({
      ...{ seq, was: 'ask' },
      now: { decision: 'ask', factor: 'click' },
      would: { decision: 'allow', rules: ['owner:freely'] },
    })
    expect((await ask('session', 'POST', '/policy/try', { text: bad, seq })).status).toBe(400)
    expect((await ask('session', 'POST', '/policy/try', { text: '', seq: 999_999 })).status).toBe(404)
  })

  it('GET /policy/why names the rules and what would have let the call pass', async () => {
    const { seq } = await row(asked)
    const explained = PolicyWhy.parse((await ask('session', 'GET', `/policy/why/${seq}`)).json)
    expect(explained.rules).toMatchObject([
      {
        id: 'approved',
        rule: { says: 'What nothing forbids is allowed once you said yes to exactly this call.' },
      },
    ])
    expect(explained.otherwise).toEqual([
      { facts: ['the conversation had not read the web page a.example'], decision: 'allow' },
      { facts: ['your words had said what it makes or touches'], decision: 'allow' },
    ])
    expect((await ask('session', 'GET', '/policy/why/999999')).status).toBe(404)
    expect((await ask('session', 'GET', '/policy/why/x')).status).toBe(404)
  })
})
