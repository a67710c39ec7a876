/** The whole HTTP API as this page uses it: one function per door, answers parsed with the contracts' schemas. */
import {
  Accepted,
  type Approve,
  Attachment,
  AuthState,
  Callers,
  ConversationSummary,
  ConversationView,
  Discovered,
  Health,
  type Json,
  LedgerDetail,
  type LedgerKind,
  LedgerPage,
  LedgerVerification,
  type ModelPatch,
  ModelTest,
  ModelView,
  NewCaller,
  type NewCallerRequest,
  type NewConversation,
  type NewModel,
  Notice,
  OptionView,
  Overview,
  PasskeyOptions,
  PolicyCheck,
  PolicyReplay,
  PolicyTry,
  PolicyView,
  PolicyWhy,
  QuestionView,
  RunView,
  SecretView,
  SessionView,
  type TextRange,
} from '@castellan/contracts'
import * as z from 'zod'
import { anything, ask } from './http.ts'

const part = encodeURIComponent
const post = (body: unknown = {}) => ({ method: 'POST', body }) as const

/** Signing in and out. The session itself is a cookie that this page cannot read. */
export const auth = {
  state: () => ask(AuthState, '/auth/state'),
  /** Without an address the password is the owner's. */
  login: (password: string, email?: string) =>
    ask(AuthState, '/auth/login', post({ password, ...(email === undefined ? {} : { email }) })),
  link: (token: string) => ask(AuthState, '/auth/link', post({ token })),
  logout: () => ask(AuthState, '/auth/logout', post()),
}

/** What the rail and the first page need. */
const NoticeList = z.strictObject({ notices: z.array(Notice) })
export const overview = () => ask(Overview, '/api/overview')
export const notices = async () => (await ask(NoticeList, '/api/notices')).notices

const Conversations = z.object({ conversations: z.array(ConversationSummary) })

/** Conversations, and the runs in them. */
export const conversations = {
  list: async () => (await ask(Conversations, '/api/conversations')).conversations,
  load: (id: string) => ask(ConversationView, `/api/conversations/${part(id)}`),
  create: (fields: z.input<typeof NewConversation> = {}) =>
    ask(ConversationSummary, '/api/conversations', post(fields)),
  /** `externalId` makes sending the same message twice harmless. */
  send: (
    id: string,
    message: { text: string; pasted: readonly TextRange[]; attachments: readonly string[] },
    externalId: string,
  ) =>
    ask(
      Accepted,
      `/api/conversations/${part(id)}/messages`,
      post({ ...message, channel: 'web', external_id: externalId }),
    ),
  /** Stores a file that is to go with a message. Of a long name its end is sent, which says what the file is. */
  attach: (file: File) =>
    ask(Attachment, `/api/attachments?name=${part(file.name.slice(-200).toWellFormed())}`, {
      method: 'POST',
      file,
    }),
  run: (run: string) => ask(RunView, `/api/runs/${part(run)}`),
  stop: (run: string) => ask(RunView, `/api/runs/${part(run)}/stop`, post()),
  /** Starts a real question from a real call, without a model. */
  firstApproval: () => ask(Accepted, '/api/first-run/approval', post()),
}

const Questions = z.object({ questions: z.array(QuestionView) })

/** What waits for a person. */
export const questions = {
  open: async () => (await ask(Questions, '/api/questions?state=open')).questions,
  get: (id: string) => ask(QuestionView, `/api/questions/${part(id)}`),
  approve: (id: string, given: z.input<typeof Approve>) =>
    ask(QuestionView, `/api/questions/${part(id)}/approve`, post(given)),
  /** What a passkey is to sign with a yes to this question. */
  passkeyOptions: (id: string) => ask(PasskeyOptions, `/api/questions/${part(id)}/passkey`, post()),
  deny: (id: string) => ask(QuestionView, `/api/questions/${part(id)}/deny`, post()),
}

/** Which rows of the ledger to show; an absent field does not restrict. */
export interface LedgerFilter {
  skill?: string | undefined
  kind?: LedgerKind | undefined
  decision?: 'allow' | 'ask' | 'deny' | undefined
  run?: string | undefined
}

/** The append-only record. */
export const ledger = {
  page: (filter: LedgerFilter, before: number | null, limit: number) => {
    const query = new URLSearchParams({ limit: String(limit) })
    if (before !== null) query.set('before', String(before))
    for (const [name, value] of Object.entries(filter))
      if (value !== undefined && value !== '') query.set(name, value)
    return ask(LedgerPage, `/api/ledger?${query}`)
  },
  row: (seq: number) => ask(LedgerDetail, `/api/ledger/${seq}`),
  verify: () => ask(LedgerVerification, '/api/ledger/verify'),
}

const Models = z.object({ models: z.array(ModelView) })

/** Model providers. A key goes in and never comes out. */
export const models = {
  list: async () => (await ask(Models, '/api/models')).models,
  add: (model: z.input<typeof NewModel>) => ask(ModelView, '/api/models', post(model)),
  change: (name: string, patch: z.input<typeof ModelPatch>) =>
    ask(ModelView, `/api/models/${part(name)}`, { method: 'PATCH', body: patch }),
  remove: (name: string) => ask(anything, `/api/models/${part(name)}`, { method: 'DELETE' }),
  test: (name: string) => ask(ModelTest, `/api/models/${part(name)}/test`, post()),
  testCandidate: (model: z.input<typeof NewModel>) => ask(ModelTest, '/api/models/test', post(model)),
  discover: () => ask(Discovered, '/api/models/discover'),
}

/** What is allowed, asked and denied. */
export const policy = {
  view: () => ask(PolicyView, '/api/policy'),
  check: (text: string) => ask(PolicyCheck, '/api/policy/check', post({ text })),
  replay: (text: string) => ask(PolicyReplay, '/api/policy/replay', post({ text })),
  tryOn: (text: string, seq: number) => ask(PolicyTry, '/api/policy/try', post({ text, seq })),
  why: (seq: number) => ask(PolicyWhy, `/api/policy/why/${seq}`),
  /** `base` is the hash of the text that this one was made from. */
  put: (text: string, base: string, password?: string) =>
    ask(PolicyView, '/api/policy', {
      method: 'PUT',
      body: { text, base, ...(password === undefined ? {} : { password }) },
    }),
}

const Options = z.object({ options: z.array(OptionView) })
const Secrets = z.object({ secrets: z.array(SecretView) })
const Sessions = z.union([z.array(SessionView), z.object({ sessions: z.array(SessionView) })])

/** Options, secrets and sessions. */
export const settings = {
  options: async () => (await ask(Options, '/api/settings')).options,
  set: (name: string, value: Json) =>
    ask(anything, `/api/settings/${part(name)}`, { method: 'PUT', body: { value } }),
  reset: (name: string) => ask(anything, `/api/settings/${part(name)}`, { method: 'DELETE' }),
  secrets: async () => (await ask(Secrets, '/api/secrets')).secrets,
  setSecret: (name: string, value: string) =>
    ask(anything, `/api/secrets/${part(name)}`, { method: 'PUT', body: { value } }),
  unsetSecret: (name: string) => ask(anything, `/api/secrets/${part(name)}`, { method: 'DELETE' }),
  sessions: async () => {
    const answer = await ask(Sessions, '/api/sessions')
    return Array.isArray(answer) ? answer : answer.sessions
  },
  revoke: (id: string) => ask(anything, `/api/sessions/${part(id)}`, { method: 'DELETE' }),
}

/** Programs that ask the models over /v1. */
export const callers = {
  list: async () => (await ask(Callers, '/api/callers')).callers,
  make: (wanted: z.input<typeof NewCallerRequest>) =>
    ask(NewCaller, '/api/callers', { method: 'POST', body: wanted }),
  revoke: (id: string) => ask(anything, `/api/callers/${part(id)}`, { method: 'DELETE' }),
}

/** What `castellan doctor` finds, and the figures of the processes. */
export const health = () => ask(Health, '/api/health')
