/** The card's fixed sentences: what happens if nothing is done, who asks, what a role means. Pure. */
import type {
  ArgumentView,
  CallView,
  DecisionResult,
  Json,
  Place,
  QuestionState,
  QuestionView,
} from '@castellan/contracts'

const undone: Readonly<Record<string, string>> = {
  read: 'Nothing is read',
  write: 'Nothing is written',
  send: 'Nothing is sent',
  publish: 'Nothing is published',
  spend: 'Nothing is spent',
  execute: 'Nothing is run',
  grant: 'Nothing is granted',
  admin: 'Nothing is changed',
}

/** "Nothing is sent": what doing nothing means for this effect. */
export const nothingHappens = (effect: string): string => undone[effect] ?? 'Nothing is done'

/** "the agent default, for you": the principal chain, last one first. */
export const principalInWords = (
  chain: readonly string[],
  { me, names }: { me: string; names: ReadonlyMap<string, string> } = { me: 'owner', names: new Map() },
): string => {
  const words = chain.map((principal) => {
    if (principal === me) return 'you'
    if (principal === 'owner') return 'the owner'
    const [kind = principal, ...rest] = principal.split(':')
    const name = rest.join(':')
    if (kind === 'member') return names.get(principal) ?? 'a member of the house'
    return name === '' ? kind : `the ${kind} ${name}`
  })
  return words.toReversed().join(', for ')
}

/** What each role means, for its tooltip. */
export const roleMeanings: Readonly<Record<ArgumentView['role'], string>> = {
  target: 'Who or where is reached.',
  object: 'What is touched.',
  amount: 'How much.',
  secret: 'A secret it needs.',
  account: 'On whose account.',
  content: 'What is passed on.',
  option: 'How it is done.',
  time: 'When.',
}

/** `/headers/0/name` as people read it. */
export const pathInWords = (path: string): string => {
  const parts = path
    .replace(/^\//, '')
    .split('/')
    .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'))
  return path === '' ? 'everything' : parts.join(' › ')
}

/** A row of the argument table; `role` is null for an argument that the decision does not tell of. */
export interface ArgumentRow {
  path: string
  role: ArgumentView['role'] | null
  origin: ArgumentView['origin']
  sources: readonly string[]
  value: Json
  endorsed?: true | undefined
}

const firstPart = (path: string): string =>
  path.replace(/^\//, '').split('/')[0]?.replaceAll('~1', '/').replaceAll('~0', '~') ?? ''

/** All arguments: those the decision tells of, and any others that will be passed all the same. */
export const argumentRows = (told: readonly ArgumentView[], args: Json): ArgumentRow[] => {
  if (told.some((a) => a.path === '' || a.path === '/')) return [...told]
  const covered = new Set(told.map((a) => firstPart(a.path)))
  const others = args !== null && typeof args === 'object' && !Array.isArray(args) ? Object.entries(args) : []
  const missing = others
    .filter(([name]) => !covered.has(name))
    .map(([name, value]): ArgumentRow => ({ path: name, role: null, origin: 'foreign', sources: [], value }))
  return [...told, ...missing]
}

/** A value as it will be passed: strings as they are, the rest as JSON. */
export const valueText = (value: Json): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2)

/** The kind of a value that is not a string, so that 5 and "5" differ. */
export const valueKind = (value: Json): string | null => {
  if (typeof value === 'string') return null
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'record'
  return typeof value === 'number' ? 'number' : 'yes or no'
}

/** Where a place is, in words: "Your own message, line 2", "What you pasted, line 8", "What web.fetch gave, text, line 3". */
export const placeInWords = ({ words, skill, pointer, line }: Place): string => {
  if (words) return `Your own message, line ${line}`
  if (skill === null) return `What you pasted, line ${line}`
  const field = pointer === '' ? '' : `, ${pathInWords(pointer)}`
  return `What ${skill} gave${field}, line ${line}`
}

/** Who may read something before it leaves. */
export const readersInWords = (readers: NonNullable<QuestionView['leaves']>['readers']): string => {
  if (readers === 'everyone') return 'It is no secret: anyone may read it already.'
  const others = readers.filter((reader) => reader !== 'owner')
  if (others.length === 0) return 'So far only you may read it.'
  return `So far ${readers.includes('owner') ? 'you and ' : ''}${others.join(', ')} may read it.`
}

const things: Readonly<Partial<Record<ArgumentView['role'], string>>> = {
  target: 'This address',
  account: 'This account',
}

/** "This address is right for the rest of this run." */
export const endorsingInWords = (role: ArgumentView['role']): string =>
  `${things[role] ?? 'This'} is right for the rest of this run`

/** How a pause ended, in a sentence. */
export const pauseEndInWords = (state: QuestionState): string => {
  if (state === 'approved' || state === 'consumed') return 'You let this run go on. It will ask again.'
  if (state === 'denied') return 'You stopped this run here.'
  return endInWords(state)
}

/** How a question ended, in a sentence. */
export const endInWords = (state: QuestionState): string => {
  if (state === 'approved') return 'You approved this. Castellan is doing it now.'
  if (state === 'consumed') return 'You approved this, and Castellan has acted on it.'
  if (state === 'denied') return 'You denied this. Castellan goes on without it.'
  if (state === 'expired') return 'This ran out of time, so Castellan went on without it.'
  if (state === 'void') return 'This no longer waits: it was withdrawn or answered elsewhere.'
  return 'This waits for you.'
}

/** The gate's answer in one word. */
export const decisionWords: Readonly<Record<DecisionResult, string>> = {
  allow: 'allowed',
  ask: 'asked you',
  deny: 'refused',
}

/** What a call that still waits is told by its question: between an answer and its effect it waits for no person. */
export const answerWords: Readonly<Record<QuestionState, string>> = {
  open: 'waiting for you',
  approved: 'approved by you',
  consumed: 'approved by you',
  denied: 'denied by you',
  expired: 'ran out of time',
  void: 'withdrawn',
}

/** What became of a call. */
export const callStateWords: Readonly<Record<CallView['state'], string>> = {
  waiting: 'waiting for you',
  running: 'running',
  done: 'done',
  refused: 'not done',
  failed: 'failed',
  unknown: 'outcome unknown',
}

/** The one line that a folded call shows of its arguments: the strong ones first, shortened for the eye only. */
export const callGist = (call: CallView): string => {
  const question = askedOf(call)
  if (question !== null) return question
  const rows = argumentRows(call.decision?.arguments ?? [], call.args)
  const strong = rows.filter((r) => r.role === 'target' || r.role === 'object')
  const text = (strong.length > 0 ? strong : rows).map((r) => valueText(r.value)).join('  ')
  return flat(text)
}

const flat = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

/** What the reader was asked about sealed values: the one argument of such a call that tells what it is. */
const askedOf = ({ skill, args }: CallView): string | null => {
  if (skill !== 'sealed.ask' || args === null || typeof args !== 'object' || Array.isArray(args)) return null
  return typeof args['question'] === 'string' ? flat(args['question']) : null
}

/** Whether a person can still answer. */
export const isOpen = (question: QuestionView, now: number): boolean =>
  question.state === 'open' && Date.parse(question.expires_at) > now
