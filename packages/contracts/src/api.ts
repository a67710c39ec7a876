/**
 * The HTTP API as schemas: what the UI, the command line and other programs send and receive.
 * Times are ISO 8601 in UTC. Every failure answers with `ErrorBody` (errors.ts).
 */
import * as z from 'zod'
import { Attachment, AttachmentPaths } from './attachments.ts'
import { EmailAddress, Password, PersonRole } from './people.ts'
import { ProviderButton } from './providers.ts'
import { TextRanges, trimRanges } from './ranges.ts'
import { Decision, DecisionResult, Json, Label } from './values.ts'

const id = z.uuid()
const time = z.iso.datetime()

// --- signing in -----------------------------------------------------------------------------------------------

/** GET /auth/state (open). */
export const AuthState = z.strictObject({
  signed_in: z.boolean(),
  /** The first proof was right and a second one is still to be shown. */
  second_step: z.boolean(),
  password_set: z.boolean(),
  /** ADMIN_PASSWORD signs in; its owner can close that once they have a passkey. */
  password_open: z.boolean(),
  instance: z.string(),
  /** File that holds ADMIN_PASSWORD, relative to the instance; a name, never the value. */
  password_file: z.string(),
  /** Accounts elsewhere that can sign in: `/auth/providers/NAME/start?to=PATH` sends the browser there. */
  providers: z.array(ProviderButton),
  /** Who is signed in; `home` when they belong to the house itself. */
  you: z.strictObject({ id, role: PersonRole, home: z.boolean() }).nullable(),
})
export type AuthState = z.infer<typeof AuthState>

/** POST /auth/login (open) → AuthState, and the session cookie. POST /auth/logout (session) → AuthState. */
export const LoginRequest = z.strictObject({
  /** Without one the password is ADMIN_PASSWORD. */
  email: EmailAddress.optional(),
  password: Password,
})
/** POST /auth/link (open) → AuthState: spends a one-time sign-in token taken from the URL fragment. */
export const LinkRequest = z.strictObject({ token: z.string().min(1).max(128) })
/** POST /auth/links (local token only): a new one-time link for `castellan open`. */
export const NewLink = z.strictObject({ url: z.string(), expires_at: time })

/** GET /api/sessions → the sender's own, SessionView[], newest first; DELETE /api/sessions/:id → 204. */
export const SessionView = z.strictObject({
  id: z.string(),
  current: z.boolean(),
  created_at: time,
  expires_at: time,
  last_seen_at: time,
  user_agent: z.string(),
  address: z.string(),
  /** What the session was begun by: `password`, `link`, `passkey`, `invitation`, `provider:<name>`, `unknown`. */
  began_by: z.string(),
})
export type SessionView = z.infer<typeof SessionView>

// --- conversations --------------------------------------------------------------------------------------------

export const RunState = z.enum(['queued', 'running', 'waiting', 'done', 'stopped', 'failed'])
export type RunState = z.infer<typeof RunState>

export const Usage = z.strictObject({
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  model_calls: z.number().int(),
})
export type Usage = z.infer<typeof Usage>

export const RunView = z.strictObject({
  id,
  conversation: id,
  state: RunState,
  persona: z.string(),
  /** Foreign sources the run has read; empty means untainted. */
  tainted_by: z.array(z.string()),
  /** Foreign sources of what its conversation holds sealed: named to the planner, never read by it. */
  sealed_from: z.array(z.string()),
  /** Bits of sealed content that reader's answers have shown to the run's planner, and how many they may. */
  influence: z.strictObject({ bits: z.number().int(), budget: z.number().int() }),
  usage: Usage,
  error: z.string().nullable(),
  created_at: time,
  finished_at: time.nullable(),
})
export type RunView = z.infer<typeof RunView>

export const CallState = z.enum(['waiting', 'running', 'done', 'refused', 'failed', 'unknown'])
export type CallState = z.infer<typeof CallState>

/** What in a result is made to be read by a model and not by people, or to pass for something else. */
export const foundKinds = [
  'hidden',
  'comment',
  'attribute',
  'invisible',
  'tags',
  'direction',
  'lookalike',
  'template',
  'phrase',
  'unread',
] as const
export const FoundKind = z.enum(foundKinds)
export type FoundKind = z.infer<typeof FoundKind>

/** A sensor's mark on a result. Evidence for the owner: content passes unchanged, and nothing is ever decided by it. */
export const Found = z.strictObject({
  kind: FoundKind,
  /** `low`: ordinary pages have this too. */
  weight: z.enum(['low', 'high']),
  count: z.number().int(),
  /** At most 200 characters of the first one, what is invisible in it drawn. Foreign content. */
  excerpt: z.string(),
  /** A JSON pointer into the result, or how the page hides it, in words. */
  where: z.string(),
})
export type Found = z.infer<typeof Found>

/** Something the agent says it has done, beside what the ledger knows of it. */
export const Receipt = z.strictObject({
  /** The sentence, as it stands in the reply. */
  claim: z.string(),
  /** `missing`: the ledger has no record of it. `refused`: tried, and not done. `unknown`: begun, its end not known. */
  state: z.enum(['recorded', 'missing', 'refused', 'unknown']),
  /** The ledger's row, where there is one. */
  seq: z.number().int().nullable(),
})
export type Receipt = z.infer<typeof Receipt>

/** One skill call as the conversation shows it. */
export const CallView = z.strictObject({
  run: id,
  step: z.string(),
  skill: z.string(),
  args: Json,
  state: CallState,
  decision: Decision.nullable(),
  question: id.nullable(),
  /** First 2,000 characters of the result, as text. Foreign content: set it in an inset with its source. */
  result: z.string().nullable(),
  label: Label.nullable(),
  error: z.string().nullable(),
  /** What references call its result, e.g. `web_17`; null while there is none. */
  handle: z.string().nullable(),
  /** Something of its result is kept from the planner. */
  sealed: z.boolean(),
  /** Foreign sources that reach the planner by this line. */
  reads: z.array(z.string()),
  /** The sensor's marks on its result, the weightiest first. */
  found: z.array(Found),
})
export type CallView = z.infer<typeof CallView>

/** What a reference in a reply stands for. Foreign content: quote it with its source. */
export const QuotedValue = z.strictObject({
  /** As it stands between the braces, e.g. `web_17.text`. */
  ref: z.string(),
  text: z.string(),
  label: Label,
})
export type QuotedValue = z.infer<typeof QuotedValue>

/** One line of a conversation, in order of `seq`. */
export const Entry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('owner'),
    id,
    seq: z.number().int(),
    run: id,
    at: time,
    text: z.string(),
    /** What of the text counts as pasted, and so not as the owner's words. */
    pasted: TextRanges,
    /** Files that came with it; none of it is the owner's words. */
    attachments: z.array(Attachment),
  }),
  z.strictObject({
    kind: z.literal('agent'),
    id,
    seq: z.number().int(),
    run: id,
    at: time,
    step: z.string(),
    /** Markdown; remote images and links must not load or open by themselves. May hold references: `{{web_17.text}}`. */
    text: z.string(),
    label: Label,
    model: z.string(),
    /** What the references in it stand for. */
    values: z.array(QuotedValue),
    /** What it says was done, beside the ledger; empty while the run goes on. */
    receipts: z.array(Receipt),
  }),
  z.strictObject({ kind: z.literal('call'), id, seq: z.number().int(), run: id, at: time, call: CallView }),
  z.strictObject({
    kind: z.literal('notice'),
    id,
    seq: z.number().int(),
    run: id,
    at: time,
    text: z.string(),
    tone: z.enum(['plain', 'problem']),
  }),
])
export type Entry = z.infer<typeof Entry>

export const ConversationSummary = z.strictObject({
  id,
  title: z.string(),
  persona: z.string(),
  created_at: time,
  updated_at: time,
  /** Foreign sources that anything in it came from. */
  tainted_by: z.array(z.string()),
  active_run: id.nullable(),
})
export type ConversationSummary = z.infer<typeof ConversationSummary>

/** GET /api/conversations → { conversations }; POST → ConversationSummary; GET /api/conversations/:id → this. */
export const ConversationView = z.strictObject({
  conversation: ConversationSummary,
  entries: z.array(Entry),
  run: RunView.nullable(),
  /** Text streamed so far by the step in progress. */
  partial: z.strictObject({ run: id, step: z.string(), text: z.string() }).nullable(),
})
export type ConversationView = z.infer<typeof ConversationView>

export const NewConversation = z.strictObject({
  persona: z.string().optional(),
  title: z.string().max(200).optional(),
})

/** The longest message a person may send. Longer text belongs in a file. */
export const maxMessageCharacters = 10_000

/** POST /api/conversations/:id/messages → Accepted (202), durable when answered. `external_id` makes a retry harmless. */
export const NewMessage = z
  .strictObject({
    text: z
      .string()
      .refine((text) => text.trim() !== '', 'must not be empty')
      .refine(
        (text) => text.trim().length <= maxMessageCharacters,
        `at most ${maxMessageCharacters} characters`,
      ),
    /** What of the text is not the sender's own words, because it was pasted or piped in. */
    pasted: TextRanges.default([]),
    /** Uploaded before, and part of no other message. */
    attachments: AttachmentPaths.default([]),
    channel: z.enum(['web', 'terminal']).default('web'),
    external_id: z.string().max(200).optional(),
  })
  .refine(({ text, pasted }) => (pasted.at(-1)?.to ?? 0) <= text.length, 'pasted goes beyond the text')
  .transform(({ text, pasted, ...rest }) => {
    // Cut here and not by each client: a range that does not move with the text would cover the wrong words.
    const trimmed = trimRanges(text, pasted)
    return { ...rest, text: trimmed.text, pasted: trimmed.ranges }
  })
export const Accepted = z.strictObject({ run: id, conversation: id, entry: id })
export type Accepted = z.infer<typeof Accepted>

/**
 * GET /api/runs/:id → RunView; POST /api/runs/:id/stop → RunView.
 * GET /api/runs/:id/result?wait=done|question&timeout_ms=N → RunResult, once the run has ended (or asks, with `question`).
 */
export const RunResult = z.strictObject({
  run: RunView,
  /** May hold references; `values` says what they stand for. */
  reply: z.string().nullable(),
  values: z.array(QuotedValue),
  decisions: z.array(
    z.strictObject({ step: z.string(), skill: z.string(), decision: Decision, state: CallState }),
  ),
  approvals: z.array(z.strictObject({ question: id, skill: z.string(), state: z.string(), why: z.string() })),
  /** What the run's answers say was done, beside the ledger. */
  receipts: z.array(Receipt),
  usage: Usage,
})
export type RunResult = z.infer<typeof RunResult>

// --- ledger ---------------------------------------------------------------------------------------------------

export const LedgerKind = z.enum(['decision', 'intent', 'outcome', 'approval', 'admin'])
export type LedgerKind = z.infer<typeof LedgerKind>

export const LedgerRow = z.strictObject({
  seq: z.number().int(),
  at: time,
  kind: LedgerKind,
  run: z.string().nullable(),
  step: z.string().nullable(),
  principal: z.array(z.string()),
  skill: z.string(),
  decision: DecisionResult.nullable(),
  rules: z.array(z.string()),
  /** SHA-256 of the canonical JSON of the arguments, hex. */
  args: z.string(),
  outcome: z.string().nullable(),
  prev: z.string(),
  hash: z.string(),
})
export type LedgerRow = z.infer<typeof LedgerRow>

/** GET /api/ledger?before=SEQ&limit=N&skill=&kind=&decision=&run= → LedgerPage, newest first. GET /api/ledger/:seq → LedgerDetail. */
export const LedgerPage = z.strictObject({ rows: z.array(LedgerRow), next: z.number().int().nullable() })
export type LedgerPage = z.infer<typeof LedgerPage>
export const LedgerDetail = z.strictObject({ row: LedgerRow, body: Json })
export type LedgerDetail = z.infer<typeof LedgerDetail>
/** GET /api/ledger/verify, `castellan ledger verify --json`. */
export const LedgerVerification = z.strictObject({
  ok: z.boolean(),
  rows: z.number().int(),
  broken: z.array(z.strictObject({ seq: z.number().int(), kind: z.string() })),
  /** Highest row covered by a signed checkpoint; 0 when there is none. */
  checkpointed: z.number().int(),
})
export type LedgerVerification = z.infer<typeof LedgerVerification>

// --- models ---------------------------------------------------------------------------------------------------

export const Provider = z.enum(['anthropic', 'openai', 'google', 'openai-compatible'])
export type Provider = z.infer<typeof Provider>
/** What a model is for. `embedding` makes vectors of texts; it answers no conversation and is never chosen for one. */
export const Tier = z.enum(['light', 'medium', 'heavy', 'local', 'embedding'])
export type Tier = z.infer<typeof Tier>
const modelName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use 1–40 of a–z, 0–9 and -')

export const ModelView = z.strictObject({
  name: modelName,
  provider: Provider,
  base_url: z.string(),
  model: z.string(),
  tier: Tier,
  enabled: z.boolean(),
  /** True when the endpoint is on this machine, so that private data may go to it. */
  local: z.boolean(),
  has_key: z.boolean(),
  created_at: time,
})
export type ModelView = z.infer<typeof ModelView>

/** POST /api/models → ModelView; PATCH /api/models/:name ; DELETE /api/models/:name; GET → { models }. */
export const NewModel = z.strictObject({
  name: modelName,
  provider: Provider,
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  model: z.string().min(1).max(200),
  tier: Tier.default('medium'),
  key: z.string().min(8).max(4096).optional(),
})
export const ModelPatch = z.strictObject({
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  model: z.string().min(1).max(200).optional(),
  tier: Tier.optional(),
  enabled: z.boolean().optional(),
  key: z.string().min(8).max(4096).optional(),
})
/** POST /api/models/:name/test and POST /api/models/test (a candidate not stored yet, body NewModel). */
export const ModelTest = z.strictObject({
  ok: z.boolean(),
  reply: z.string().nullable(),
  latency_ms: z.number(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
})
export type ModelTest = z.infer<typeof ModelTest>
/** GET /api/models/discover: model servers found on this machine (Ollama at 11434). */
export const Discovered = z.strictObject({
  servers: z.array(
    z.strictObject({ kind: z.literal('ollama'), base_url: z.string(), models: z.array(z.string()) }),
  ),
})
export type Discovered = z.infer<typeof Discovered>

// --- memory ---------------------------------------------------------------------------------------------------

export const MemoryView = z.strictObject({
  id,
  /** Whose memory it is: a persona's name, or `owner`. */
  scope: z.string(),
  /** Foreign when its label says so. */
  text: z.string(),
  label: Label,
  saved_at: time,
})
export type MemoryView = z.infer<typeof MemoryView>
/** GET /api/memory?q= → MemoryList, newest first without `q`; DELETE /api/memory/:id → 204. */
export const MemoryQuery = z.strictObject({
  q: z.string().max(500).default(''),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const MemoryList = z.strictObject({ memories: z.array(MemoryView) })
export type MemoryList = z.infer<typeof MemoryList>

// --- settings, secrets, health --------------------------------------------------------------------------------

export const OptionView = z.strictObject({
  name: z.string(),
  type: z.enum(['string', 'integer', 'boolean', 'list', 'duration']),
  scope: z.enum(['boot', 'runtime']),
  secret: z.boolean(),
  doc: z.string(),
  default: Json,
  /** `***REDACTED***` for a secret that is set; null when unset. */
  value: Json,
  /** Where the value came from: default, castellan.yaml, .env, .env.local, environment, database … */
  origin: z.string(),
  /** The cascade names another value than the one in force (runtime options only). */
  differs: z.boolean(),
})
export type OptionView = z.infer<typeof OptionView>
/** GET /api/settings → { options }; PUT /api/settings/:name {value}; DELETE resets to the default. */
export const SetOption = z.strictObject({ value: Json })

export const SecretView = z.strictObject({
  name: z.string(),
  kind: z.string(),
  created_at: time,
  updated_at: time,
  last_used_at: time.nullable(),
  readable: z.boolean(),
})
export type SecretView = z.infer<typeof SecretView>
/** GET /api/secrets → { secrets }; PUT /api/secrets/:name; DELETE /api/secrets/:name. Values are never answered. */
export const SetSecret = z.strictObject({ value: z.string().min(8).max(65_536) })

/** `castellan doctor --json`, GET /api/health → Health. */
export const Finding = z.strictObject({
  id: z.string(),
  severity: z.enum(['ok', 'info', 'warning', 'problem']),
  title: z.string(),
  cause: z.string().nullable(),
  fix: z.string().nullable(),
})
export type Finding = z.infer<typeof Finding>
export const Health = z.strictObject({
  ready: z.boolean(),
  version: z.string(),
  started_at: time,
  pids: z.array(z.number().int()),
  memory_bytes: z.number().int(),
  findings: z.array(Finding),
})
export type Health = z.infer<typeof Health>

/** GET /api/notices → { notices }: what the agent told the owner, newest first, and what could not be delivered. */
export const Notice = z.strictObject({
  id: z.uuid(),
  text: z.string(),
  channel: z.string(),
  state: z.enum(['ready', 'sent', 'dead']),
  error: z.string().nullable(),
  at: time,
})
export type Notice = z.infer<typeof Notice>

/** GET /api/overview: what the first page and the rail need. */
export const Overview = z.strictObject({
  instance: z.string(),
  version: z.string(),
  /** Who asks: what their deeds are put down to, and whether the agent of this house is theirs to talk to. */
  you: z.strictObject({ principal: z.string(), role: PersonRole, chats: z.boolean() }),
  models: z.number().int(),
  open_questions: z.number().int(),
  /** What a new owner has not done yet, in order. */
  first_run: z.array(z.enum(['model', 'hello', 'approval'])),
  personas: z.array(z.string()),
  skills: z.array(z.strictObject({ name: z.string(), effect: z.string(), summary: z.string() })),
})
export type Overview = z.infer<typeof Overview>

/** One line of `castellan explain --batch`, and POST /api/explain. */
export const ExplainRequest = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  principal: z.union([z.string(), z.array(z.string())]).default('agent:default'),
  skill: z.string(),
  args: z.record(z.string(), Json).default({}),
  run: z
    .strictObject({
      words: z.union([z.string(), z.array(z.string())]).default(''),
      steps: z
        .array(
          z.strictObject({ skill: z.string(), args: z.record(z.string(), Json).default({}), output: Json }),
        )
        .default([]),
    })
    .optional(),
})
export type ExplainRequest = z.infer<typeof ExplainRequest>

/** What a running instance leaves in `run/server.json` (0600). */
export const ServerFile = z.strictObject({ url: z.string(), pid: z.number().int(), token: z.string() })
export type ServerFile = z.infer<typeof ServerFile>
