/**
 * The edges between the capabilities of the server. A new one is a line here with its reason; one that nobody uses any
 * more is deleted. Capabilities meet through their `index.ts`; the few other doors are listed too.
 */
import { expect, test } from 'vitest'
import { shipped } from './sources.ts'

const server = 'packages/server/src/'

/** Which capability uses which, and what for. */
const edges: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agent: {
    database: 'conversations, the inbox and runs are rows',
    http: 'its routes parse requests',
    invoke: 'a turn acts through the gate and nowhere else',
    models: 'prompts and answers are in the models’ words',
    questions: 'a stopped run takes its questions back',
    receipts: 'what an answer says was done is set beside the ledger',
    sealed: 'the planner is shown sealed values, and what it writes of them is resolved',
  },
  alerts: {
    database: 'alerts are rows',
    http: 'its routes parse requests',
    ledger: 'an alert is recorded',
  },
  attachments: {
    database: 'what was uploaded is rows',
    http: 'its routes take a file',
    skills: 'an attachment is a file of the workspace, with its label',
  },
  callers: {
    database: 'tokens are rows',
    http: 'its routes parse requests',
    invoke: 'what a program asks passes the gate',
    limits: 'each token has a rate, and wrong ones are counted',
    models: 'a program asks the configured models',
  },
  configuration: {
    database: 'options that can change at run time are rows',
    http: 'its routes parse requests',
  },
  data: {
    configuration: 'permissions.yaml is read as castellan.yaml is: strictly, with lines',
    database: 'roles and schemas of the owner’s tables; a change is recorded in a transaction',
    http: 'its routes parse requests, and changing permissions asks for a fresh factor',
  },
  doctor: {
    configuration: 'it checks what was configured',
    database: 'it checks the roles',
    http: 'its routes parse requests',
    instance: 'it checks the files of the instance',
  },
  factors: {
    database: 'passkeys, codes and what sessions have shown are rows',
    http: 'its routes parse requests',
    identity: 'a passkey or a second step begins a session, and a step-up renews it',
    limits: 'wrong codes are counted',
  },
  graphql: {
    database: 'the names of the roles of data, and the home tenant',
    http: 'its routes ask who sends a request',
    internal: 'server and worker sign what they say to each other',
  },
  http: { database: 'events and identities belong to a tenant' },
  identity: {
    database: 'sessions, links and passwords are rows',
    http: 'it answers what the guards ask, and its routes parse requests',
    limits: 'knocks and wrong passwords are counted',
  },
  instance: { configuration: 'an instance is a directory with a configuration' },
  internal: { http: 'its guard stands among the guards' },
  invoke: {
    database: 'an intent, the approval it spends and the budget it takes are one transaction',
    ledger: 'nothing happens unrecorded',
    questions: 'the gate asks, and spends the yes',
  },
  ledger: { database: 'the chain is rows', http: 'its routes parse requests' },
  memory: { database: 'memories are rows', http: 'its routes parse requests' },
  models: {
    database: 'models are rows',
    http: 'its routes parse requests',
    ledger: 'adding and removing a model is recorded',
  },
  pairing: {
    database: 'codes, devices and chat accounts are rows',
    http: 'its routes parse requests',
    limits: 'wrong codes are counted',
  },
  people: {
    alerts: 'a replaced password is told to its person',
    database: 'people, invitations and links are rows',
    http: 'its routes parse requests',
    identity: 'an invitation begins a session, and closing an account ends all of them',
    limits: 'guessed links and letters to one mailbox are counted',
  },
  policy: {
    database: 'the record of a change is a row of its transaction',
    http: 'its routes parse requests',
    ledger: 'past calls are decided again, and a decision is explained',
  },
  providers: {
    database: 'providers, connected accounts and sign-ins on their way are rows',
    http: 'its routes parse requests, and lead only to pages',
    identity: 'a sign-in on its way lies in a cookie of the same rules as the session’s',
  },
  questions: {
    database: 'questions are rows',
    http: 'its routes parse requests',
    ledger: 'an answer is recorded',
  },
  receipts: { database: 'the ends of calls are rows' },
  redteam: {
    invoke: 'a suite’s tools are declared as skills and judged as the gate judges',
    policy: 'it judges by the policies in force',
  },
  sealed: {
    invoke: 'revealing and asking are skills in the gate’s words',
    models: 'the reader is asked by a prompt',
  },
  skills: {
    database: 'notices and what feeds were read are rows',
    invoke: 'a skill is declared in the gate’s words',
    memory: 'memory.save and memory.search',
    sensor: 'a page is looked at before its markup is gone',
    sealed: 'revealing and asking come with the house',
  },
  tokens: {
    database: 'families, keys and hashes are rows',
    http: 'its routes parse requests',
    ledger: 'what is made and ended is recorded',
    vault: 'the private halves of its keys lie there',
  },
  vault: {
    database: 'sealed secrets are rows',
    http: 'its routes parse requests',
    ledger: 'setting and removing a secret is recorded',
  },
}

/** Files besides `index.ts` that others may import, and why the index would not do. */
const doors: Readonly<Record<string, string>> = {
  'configuration/nearest.ts': 'one function; the index would bring every option with it',
  'configuration/yaml.ts': 'reading a strict file, for the process that owns the owner’s tables alone',
  'database/claims.ts': 'who asks, in PostgreSQL’s settings; the index would bring the driver with it',
  'database/child.ts': 'how a process with rights of its own is asked',
  'database/gone.ts': 'one predicate; the index would bring the driver with it',
  'database/migrate.ts': 'migrations run before there is a database to open',
  'database/roles.ts': 'the names of the roles, for those who make and check them',
  'http/body.ts': 'all that a capability’s routes need of http; the index brings the listener and the guards',
  'http/env.ts': 'the types of a request’s context',
  'http/guards.ts': 'what the guards ask of identity',
  'http/open.ts': 'where a sign-in leads afterwards is a page',
  'http/fresh.ts': 'the port that asks for a fresh factor',
  'identity/cookie.ts': 'the rules of a cookie, for those who set one of their own',
  'http/log.ts': 'the type of the log',
  'invoke/say.ts': '`explain` words a decision exactly as the gate does',
  'models/types.ts': 'prompts and answers without any provider',
  'questions/known.ts': 'the gate notes what went well, within its own transaction',
  'questions/run.ts': 'the gate asks what earlier questions of the run settled',
  'questions/store.ts': 'the gate stores and spends within its own transaction',
  'skills/ports.ts': 'the port that the egress adapter implements',
}

/** Files that join capabilities may enter any of their files' doors; they are listed by what they join. */
const isRoot = (path: string) => /^(demo\/)?[^/]+\.ts$/.test(path)

interface Crossing {
  readonly from: string
  readonly to: string
  readonly file: string
  readonly target: string
}

const crossings: readonly Crossing[] = shipped.flatMap((source) =>
  source.imports.flatMap(({ target }) => {
    if (!source.path.startsWith(server) || target?.startsWith(server) !== true) return []
    const [file, aim] = [source.path.slice(server.length), target.slice(server.length)]
    const [from = '', to = ''] = [file.split('/')[0], aim.split('/')[0]]
    return from === to || isRoot(file) || isRoot(aim) ? [] : [{ from, to, file, target: aim }]
  }),
)
/** Adapters may know the capabilities whose ports they implement; what they enter is still a door. */
const betweenCapabilities = crossings.filter(({ from }) => from !== 'adapters')

test('a capability uses another only along an edge that is listed with its reason', () => {
  const unlisted = betweenCapabilities.filter(({ from, to }) => edges[from]?.[to] === undefined)
  expect(
    unlisted.map(
      ({ file, target }) => `${file} imports ${target}: add the edge with a reason, or find a port`,
    ),
  ).toEqual([])
})

test('every listed edge is used', () => {
  const used = new Set(betweenCapabilities.map(({ from, to }) => `${from} → ${to}`))
  const listed = Object.entries(edges).flatMap(([from, some]) =>
    Object.keys(some).map((to) => `${from} → ${to}`),
  )
  expect(listed.filter((edge) => !used.has(edge))).toEqual([])
})

test('no two capabilities use each other, not even by way of others', () => {
  const above = (from: string, path: readonly string[] = []): string[] => {
    if (path.includes(from)) return [[...path.slice(path.indexOf(from)), from].join(' → ')]
    return Object.keys(edges[from] ?? {}).flatMap((to) => above(to, [...path, from]))
  }
  expect([...new Set(Object.keys(edges).flatMap((from) => above(from)))]).toEqual([])
})

test('a capability is entered by its index.ts or by a door that is listed with its reason', () => {
  const aside = crossings.filter(({ target }) => !target.endsWith('/index.ts') && doors[target] === undefined)
  expect(aside.map(({ file, target }) => `${file} imports ${target}: export it from index.ts`)).toEqual([])
})
