/**
 * What the owner's words say of the things they name: what is asked for, who is to be told, which of two is meant. Grammar
 * enough for requests as people make them; what it does not understand, it asks about.
 */
import { isAdding, isRequest, isSending } from './act.ts'
import { daysIn } from './date.ts'
import { isFileName } from './literal.ts'
import { fold, foldedTokens, quotes, type WordToken } from './token.ts'
import { looseDaysIn } from './when.ts'

/** A file, or a number or code (of an issue, an order) that the owner names. */
export interface NamedThing {
  readonly text: string
  readonly shape: 'file' | 'number' | 'code'
  /** Something is asked to be done to it, or to go there: "close 398", "save it as b.md". */
  readonly isPointedAt: boolean
}

/** Words behind which a request begins, besides the signs that end a clause or set it off. */
const before = new Set(
  "and then also please kindly to you or but so now next first finally afterwards afterward just simply instead either help go let’s let's i'd und dann bitte auch oder du sie et puis aussi ou vous tu y luego también o e poi anche en dan ook of".split(
    ' ',
  ),
)
/** Words that turn what is asked for into its opposite. */
export const refusals = new Set(
  "not don't don’t never without nobody no nicht nie ohne kein keine keinen niemals ne pas jamais sin nunca non mai senza niet nooit zonder".split(
    ' ',
  ),
)
const ourselves = new Set('me us mir mich uns moi nous me nos mi ci mij ons'.split(' '))

/** Tokens that a request may begin with. */
export function openingsOf(tokens: readonly WordToken[]): string[] {
  let isRefused = false
  return tokens.flatMap(({ folded, isLast, isQuoted }, at) => {
    const [ahead, previous, next] = [tokens[at - 2], tokens[at - 1], tokens[at + 1]]
    const begins = previous === undefined || previous.isLast
    if (begins || unrefusing.has(folded)) isRefused = false
    else if (refusals.has(previous.folded)) isRefused = true
    const isOurs = !isLast && ourselves.has(next?.folded ?? '')
    const isDuty = previous?.folded === 'to' && dutiful.has(ahead?.folded ?? '')
    if (isRefused || isOurs || isDuty || isQuoted) return []
    return begins || before.has(previous.folded) ? [folded] : []
  })
}

/** "Do not forget to mail it" asks for a mail. */
const unrefusing = new Set(
  'forget hesitate fail vergiss vergessen oublie olvides dimenticare vergeet'.split(' '),
)
/** "Do I have to pay?" asks for no payment. */
const dutiful = new Set('have has had used supposed how when where whether what who which'.split(' '))

/** Tokens of clauses that refuse nothing. */
export function unrefusedOf(tokens: readonly WordToken[]): string[] {
  const clauses: string[][] = [[]]
  for (const { folded, isLast } of tokens) {
    clauses.at(-1)?.push(folded)
    if (isLast) clauses.push([])
  }
  return clauses.filter((clause) => !clause.some((token) => refusals.has(token))).flat()
}

/** Words after which a destination stands. Others are not understood, and then two candidates ask. */
export const toWords = new Set([
  'to',
  'an',
  'à',
  'para',
  'naar',
  'recipient',
  'recipients',
  'empfänger',
  'cc',
  'bcc',
  'tell',
  'ask',
  'email',
  'notify',
  'invite',
  'inform',
  'remind',
])
const articles = new Set(
  'the my our a an this that file issue number no nr mail # ticket order der die das den dem mein meine le la les mon ma el mi il de het'.split(
    ' ',
  ),
)
const intoWords = new Set([
  ...toWords,
  'as',
  'into',
  'named',
  'called',
  'als',
  'nach',
  'comme',
  'como',
  'come',
])

function shapeOf(text: string): NamedThing['shape'] | null {
  if (isFileName(text)) return 'file'
  if (/^#?(?!(?:19|20)\d{2}$)\d{3,}$/.test(text)) return 'number'
  return /^\p{L}{1,4}[-_#]?\d{2,}$/u.test(text) ? 'code' : null
}

/** Files, numbers and codes that the words name. */
export function thingsOf(tokens: readonly WordToken[]): NamedThing[] {
  return tokens.flatMap(({ text }, at) => {
    const shape = shapeOf(text)
    if (shape === null) return []
    let before = at - 1
    while (articles.has(tokens[before]?.folded ?? '')) before--
    const word = tokens[before]?.folded ?? ''
    return [
      {
        text: text.replace(/^#/, ''),
        shape,
        isPointedAt: isRequest(word) || (shape === 'file' && intoWords.has(word)),
      },
    ]
  })
}

const atWords = new Set(
  'to in into on at channel group room agent user team workflow chat an im ins auf'.split(' '),
)
const roomWords = new Set('channel group room team inbox list chat kanal gruppe'.split(' '))

/** Words behind "to" or "in", or before "channel": common as they are, they stand for someone or some room. */
export function pointedAtIn(tokens: readonly WordToken[]): string[] {
  return tokens.flatMap(({ folded, isName, isQuoted }, at) => {
    let before = at - 1
    while (articles.has(tokens[before]?.folded ?? '')) before--
    // "What was said in general" names where to listen.
    if (heard.has(tokens[before - 1]?.folded ?? '')) return []
    // Whether a name behind "to" is told, `recipientsIn` says.
    if (isName && !isQuoted && toWords.has(tokens[before]?.folded ?? '')) return []
    const isAt = tokens[before]?.isLast !== true && atWords.has(tokens[before]?.folded ?? '')
    const stands = isAt || roomWords.has(tokens[at + 1]?.folded ?? '')
    return isQuoted || stands ? [folded] : []
  })
}

const heard = new Set(
  'said written wrote posted happened happening discussed going messages posts shared read up look looking listen watch follow steht stand gesagt geschrieben passiert'.split(
    ' ',
  ),
)
const joining = new Set(
  'and or und oder et ou y o e en both my the dear it this es das le lo meiner meinem meine mein'.split(' '),
)

/** Names behind "tell" or "to", and behind those with no more than "and" or a comma between. */
export function recipientsIn(tokens: readonly WordToken[]): string[] {
  let open: 'told' | 'to' | null = null
  // "Text Tim when the delivery to Maurer is" tells Tim.
  let isTold = false
  return tokens.flatMap((token, at) => {
    const previous = tokens[at - 1]
    if (previous?.isLast === true && open === null) {
      isTold = false
      return []
    }
    const word = previous?.isQuoted === true ? '' : (previous?.folded ?? '')
    if (isSending(word)) open = 'told'
    else if (toWords.has(word) && !isTold) open = 'to'
    if (open !== null && isPerson(token, open)) {
      isTold ||= open === 'told'
      return [token.folded]
    }
    if (!joining.has(token.folded)) open = null
    return []
  })
}

function isPerson({ text, isName, isQuoted }: WordToken, open: 'told' | 'to'): boolean {
  if (isQuoted) return open === 'to'
  const isDay = looseDaysIn(text) > 0 || daysIn(`1 ${text}`).length > 0
  return isName && !isDay && text !== 'I' && /^\p{L}[\p{L}\p{M}.’'_-]*$/u.test(text)
}

/** Phrases in quotes behind a word that gives them away as what is to be said; only where each request to send has one. */
export function dictatedIn(texts: readonly string[], found: readonly (readonly WordToken[])[]): string[] {
  const told = new Set(found.flatMap(recipientsIn))
  const said = texts.flatMap((text) =>
    [...text.matchAll(quotes)].flatMap(({ 0: quoted, index }) => {
      const phrase = quoted.slice(1, -1)
      const word = foldedTokens(text.slice(0, index)).at(-1) ?? ''
      const gives =
        /:\s*$/u.test(text.slice(0, index)) ||
        givers.has(word) ||
        isSending(word) ||
        told.has(word) ||
        /@/.test(word)
      return gives && foldedTokens(phrase).length > 1 && !/[{}<>[\]]/.test(phrase) ? [fold(phrase)] : []
    }),
  )
  const requests = found.flatMap(openingsOf).filter((token) => isSending(token) || isAdding(token))
  return requests.length > said.length ? [] : said
}

const givers = new Set(
  'titled called named title subject saying says say message text line sentence words content body reply note comment append add write post sagen nachricht text zeile satz'.split(
    ' ',
  ),
)
