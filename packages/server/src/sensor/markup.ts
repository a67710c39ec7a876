/**
 * What a page's markup keeps from people: hidden elements, comments, attributes with orders. Walks a parsed document once,
 * within a budget; looks at everything and changes nothing. Runs in the reading worker only.
 */
import type { Found } from '@castellan/contracts'
import type { parseHTML } from 'linkedom'
import { marksOf, type Sight } from './marks.ts'
import { phrasesIn } from './phrases.ts'
import { alike, over, readSheet, readStyle, type Style } from './style.ts'
import { tokensIn } from './tokens.ts'

type Parsed = ReturnType<typeof parseHTML>['document']
type Node = NonNullable<Parsed['body']['firstChild']>
interface Element {
  readonly localName: string
  getAttribute(name: string): string | null
}

const mostNodes = 150_000
/** Units of one hidden stretch that are looked at. */
const mostOfOne = 8_000
/** Units of all of them together. */
const mostOfAll = 400_000
/** A sentence this long is not there to be overlooked by a screen reader only. */
const sentenceWords = 8
/** Never text for people, and never text for the agent either. */
const skipped = new Set(['script', 'style', 'svg', 'math', 'object', 'canvas'])
const attributes = ['alt', 'title', 'aria-label', 'aria-description', 'placeholder', 'summary']

/** Why text at some place of the page is not seen, and the stretch it belongs to. */
interface State {
  readonly hides: string | null
  readonly visible: boolean
  readonly tiny: boolean
  readonly color: string | null
  readonly background: string | null
  readonly stretch: Stretch | null
}

interface Stretch {
  readonly reason: string
  text: string
}

/**
 * The marks of a page. `body` is its own start tag, where the document was parsed without it. Total: a page that cannot be
 * looked at says so in a mark, and is read all the same.
 */
export function senseMarkup(document: Parsed, body = ''): Found[] {
  try {
    return marksOf(sightsOf(document, body))
  } catch {
    return marksOf([{ kind: 'unread', weight: 'low', text: '', where: 'the page’s markup' }])
  }
}

function sightsOf(document: Parsed, body: string): Sight[] {
  const sheet = readSheet(
    [...document.querySelectorAll('style')].map((each) => each.textContent ?? '').join('\n'),
  )
  const stretches: Stretch[] = []
  const sights: Sight[] = []
  let [nodes, room] = [0, mostOfAll]
  const spend = (text: string): string => {
    const taken = text.slice(0, Math.min(mostOfOne, room))
    room -= taken.length
    return taken
  }
  const stack: { node: Node; state: State }[] = []
  const push = (node: Node | null, state: State) => {
    if (node !== null) stack.push({ node, state })
  }
  push(document.body.firstChild, rootState(sheet, body))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (++nodes > mostNodes || room <= 0) {
      sights.push({ kind: 'unread', weight: 'low', text: '', where: 'the rest of the page’s markup' })
      break
    }
    const { node, state } = next
    push(node.nextSibling, state)
    if (node.nodeType === 8) {
      sights.push(...spoken('comment', spend(node.textContent ?? ''), 'a comment'))
    } else if (node.nodeType === 3 && state.stretch !== null) {
      const { stretch } = state
      if (stretch.text.length < mostOfOne) stretch.text += spend(node.textContent ?? '')
    } else if (node.nodeType === 1) {
      const element = node as unknown as Element
      sights.push(...attributesOf(element, spend))
      if (!skipped.has(element.localName)) push(node.firstChild, enter(element, state, sheet, stretches))
    }
  }
  return [...sights, ...stretches.flatMap(judge)]
}

function rootState(sheet: ReadonlyMap<string, Style>, tag: string): State {
  const attribute = (name: string) =>
    new RegExp(`\\s${name}\\s*=\\s*["']?([^"'>]{0,300})`, 'i').exec(tag.slice(0, 2_000))?.[1] ?? ''
  const style = [
    sheet.get('html'),
    sheet.get('body'),
    readStyle(
      `color:${attribute('text')};${attribute('bgcolor') === '' ? '' : `background:${attribute('bgcolor')}`}`,
    ),
    readStyle(attribute('style')),
  ]
    .filter((each) => each !== undefined)
    .reduce(over)
  const background = style.background === 'unknown' ? null : style.background
  return { hides: null, visible: true, tiny: false, color: style.color, background, stretch: null }
}

/** What an element makes of the text in it. */
function enter(
  element: Element,
  outer: State,
  sheet: ReadonlyMap<string, Style>,
  stretches: Stretch[],
): State {
  const style = styleOf(element, sheet)
  const hides = outer.hides ?? style.hides
  const color = style.color ?? outer.color
  const background =
    style.background === null || style.background === 'clear' ? outer.background : style.background
  const visible = style.visible ?? outer.visible
  const tiny = style.tiny ?? outer.tiny
  const reason = hides ?? unseenBy({ visible, tiny, color, background })
  const state = { hides, visible, tiny, color, background }
  if (reason === null) return { ...state, stretch: null }
  if (outer.stretch?.reason === reason) return { ...state, stretch: outer.stretch }
  const stretch = { reason, text: '' }
  stretches.push(stretch)
  return { ...state, stretch }
}

function unseenBy({
  visible,
  tiny,
  color,
  background,
}: Pick<State, 'visible' | 'tiny' | 'color' | 'background'>) {
  if (!visible) return 'visibility: hidden'
  if (tiny) return 'font too small to read'
  if (color === 'clear') return 'see-through letters'
  if (color === null) return null
  if (background === null)
    return alike(color, '255 255 255') ? 'white letters, on white unless a style says otherwise' : null
  return alike(color, background) ? 'letters in the colour of their background' : null
}

function styleOf(element: Element, sheet: ReadonlyMap<string, Style>): Style {
  const tag = element.localName
  const classes = (element.getAttribute('class') ?? '').toLowerCase().slice(0, 500).split(/\s+/).slice(0, 20)
  const id = (element.getAttribute('id') ?? '').toLowerCase()
  const matching = [
    sheet.get(tag),
    ...classes.flatMap((name) => [sheet.get(`.${name}`), sheet.get(`${tag}.${name}`)]),
    ...(id === '' ? [] : [sheet.get(`#${id}`), sheet.get(`${tag}#${id}`)]),
    ofMarkup(element),
    readStyle(element.getAttribute('style') ?? ''),
  ]
  return matching.filter((each) => each !== undefined).reduce(over)
}

/** What markup itself says, without any style. */
function ofMarkup(element: Element): Style {
  const tag = element.localName
  const color = tag === 'font' ? (element.getAttribute('color') ?? '') : ''
  const plain = readStyle(
    `color:${color};${element.getAttribute('bgcolor') ? `background:${element.getAttribute('bgcolor')}` : ''}`,
  )
  const hidden =
    tag === 'template' || tag === 'noscript'
      ? `within <${tag}>`
      : element.getAttribute('hidden') !== null
        ? 'the attribute hidden'
        : null
  return hidden === null ? plain : { ...plain, hides: hidden }
}

/** Orders in attributes; a description in a sentence is only kind. */
function attributesOf(element: Element, spend: (text: string) => string): Sight[] {
  const names =
    element.localName === 'meta'
      ? ['content']
      : element.localName === 'input'
        ? ['value', ...attributes]
        : attributes
  return names.flatMap((name) => {
    const text = element.getAttribute(name)
    // What fewer letters say is no order.
    return text === null || text.length < 16
      ? []
      : spoken('attribute', spend(text), `${name} of <${element.localName}>`)
  })
}

/** A text that people do not see, marked when it speaks to a model. */
function spoken(kind: 'comment' | 'attribute', text: string, where: string): Sight[] {
  if (text.length < 16) return []
  const said = phrasesIn(text, kind === 'comment') ?? tokensIn(text)
  if (said === null || (kind === 'attribute' && said.weight === 'low')) return []
  return [{ kind, ...said, where }]
}

/** Ordinary pages hide menus and notes; what speaks to a model, or whole sentences in unseen letters, is another thing. */
function judge({ reason, text }: Stretch): Sight[] {
  const words = text.trim().split(/\s+/)
  if (text.trim() === '') return []
  const said = phrasesIn(text, true) ?? tokensIn(text)
  const where = `hidden: ${reason}`
  if (said !== null) return [{ kind: 'hidden', weight: 'high', text: said.text, where }]
  const sly = /letters in the colour|font too small|see-through/.test(reason)
  return [
    {
      kind: 'hidden',
      weight: sly && words.length >= sentenceWords ? 'high' : 'low',
      text: text.trim(),
      where,
    },
  ]
}
