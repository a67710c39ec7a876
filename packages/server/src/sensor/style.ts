/** As much of CSS as hides text: simple selectors, a handful of properties. Bounded, one pass, no nesting. */

/** What a declaration block says, as far as it can hide. */
export interface Style {
  /** Why nothing of it is seen, children included; null when it does not say so. */
  readonly hides: string | null
  readonly visible: boolean | null
  readonly color: string | null
  readonly background: string | null
  /** Too small to read; null when it does not say. */
  readonly tiny: boolean | null
}

const nothing: Style = { hides: null, visible: null, color: null, background: null, tiny: null }
const mostCss = 200_000
const mostRules = 4_000

/** Rules of a sheet with one simple selector each (`p`, `.note`, `#x`, `p.note`). */
export function readSheet(css: string): Map<string, Style> {
  const text = css.slice(0, mostCss)
  const found = new Map<string, Style>()
  let [from, open] = [0, -1]
  for (let at = 0; at < text.length && found.size < mostRules; at++) {
    if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      if (end < 0) break
      at = end + 1
      if (open < 0) from = at + 1
    } else if (text[at] === '{') {
      // The block before was one of a group (@media): its rules count like any other.
      if (open >= 0) from = open + 1
      open = at
    } else if (text[at] === '}') {
      if (open >= 0) keep(found, text.slice(from, open).slice(-500), text.slice(open + 1, at))
      from = at + 1
      open = -1
    }
  }
  return found
}

function keep(found: Map<string, Style>, selectors: string, block: string): void {
  const style = readStyle(block)
  if (style === nothing) return
  for (const selector of selectors.split(',')) {
    const name = selector.trim().toLowerCase()
    if (/^[a-z0-9]*(?:[.#][\w-]+)?$/.test(name) && name !== '')
      found.set(name, over(found.get(name) ?? nothing, style))
  }
}

/** What stands in a `style` attribute or a block. */
export function readStyle(block: string): Style {
  let style = nothing
  const sides = new Map<string, string>()
  for (const part of block.slice(0, 2_000).toLowerCase().split(';')) {
    const colon = part.indexOf(':')
    if (colon < 0) continue
    const name = part.slice(0, colon).trim()
    const value = part
      .slice(colon + 1)
      .replace('!important', '')
      .trim()
    sides.set(name, value)
    style = over(style, declared(name, value))
  }
  const off = offPage(sides)
  return off === null ? style : { ...style, hides: style.hides ?? off }
}

function declared(name: string, value: string): Style {
  switch (name) {
    case 'display':
      return value === 'none' ? { ...nothing, hides: 'display: none' } : nothing
    case 'visibility':
      return { ...nothing, visible: value !== 'hidden' && value !== 'collapse' }
    case 'content-visibility':
      return value === 'hidden' ? { ...nothing, hides: 'content-visibility: hidden' } : nothing
    case 'opacity':
      return Number.parseFloat(value) < 0.05 ? { ...nothing, hides: 'opacity: 0' } : nothing
    case 'font-size':
      return { ...nothing, tiny: isTiny(value) }
    case 'color':
      return { ...nothing, color: colorOf(value) }
    case 'background':
    case 'background-color':
      return { ...nothing, background: colorOf(value.split(/\s+(?![^(]*\))/, 1)[0] ?? '') ?? 'unknown' }
    case 'clip':
      return /rect\(\s*(?:0|1)(?:px)?[\s,]/.test(value) ? { ...nothing, hides: 'clipped away' } : nothing
    case 'clip-path':
      return /inset\(\s*(?:50|100)%/.test(value) ? { ...nothing, hides: 'clipped away' } : nothing
    case 'transform':
      return /scale\(\s*0(?:\.0+)?\s*\)|translate[xy]?\(\s*-\d{4}/.test(value)
        ? { ...nothing, hides: 'moved away' }
        : nothing
    case 'color-scheme':
      return nothing
    default:
      return nothing
  }
}

function isTiny(value: string): boolean {
  const number = Number.parseFloat(value)
  if (Number.isNaN(number)) return false
  if (/(?:rem|em)$/.test(value)) return number <= 0.07
  return value.endsWith('%') ? number <= 7 : number <= 1
}

/** Moved off the page, or into a box without size. */
function offPage(sides: ReadonlyMap<string, string>): string | null {
  const number = (name: string) => Number.parseFloat(sides.get(name) ?? '')
  const placed = ['absolute', 'fixed'].includes(sides.get('position') ?? '')
  const far = ['left', 'right', 'top', 'bottom', 'inset-inline-start', 'margin-left', 'margin-top'].some(
    (name) => number(name) <= -900,
  )
  if ((placed && far) || number('text-indent') <= -900 || number('margin-left') <= -4_000)
    return 'off the page'
  const flat = number('height') <= 1 || number('width') <= 1 || number('max-height') === 0
  const cut = ['hidden', 'clip'].includes(sides.get('overflow') ?? '')
  return flat && cut ? 'in a box without size' : null
}

/** One block over another; what the upper does not say stays. */
export function over(below: Style, above: Style): Style {
  if (above === nothing) return below
  return {
    hides: above.hides ?? below.hides,
    visible: above.visible ?? below.visible,
    color: above.color ?? below.color,
    background: above.background ?? below.background,
    tiny: above.tiny ?? below.tiny,
  }
}

const names: Readonly<Record<string, string>> = {
  white: '255 255 255',
  black: '0 0 0',
  snow: '255 250 250',
  ivory: '255 255 240',
  whitesmoke: '245 245 245',
}

/** A colour as three numbers, `clear` when it is see-through, null when it is none we read. */
export function colorOf(value: string): string | null {
  const named = names[value]
  if (named !== undefined) return named
  if (value === 'transparent') return 'clear'
  const hex = /^#([0-9a-f]{3,8})$/.exec(value)?.[1]
  if (hex !== undefined) return fromHex(hex)
  const parts = /^rgba?\(([^)]{5,60})\)$/
    .exec(value)?.[1]
    ?.split(/[\s,/]+/)
    .filter(Boolean)
    .map(Number.parseFloat)
  if (parts === undefined || parts.length < 3) return null
  return (parts[3] ?? 1) < 0.05 ? 'clear' : parts.slice(0, 3).join(' ')
}

function fromHex(hex: string): string | null {
  const wide = hex.length < 6 ? [...hex].map((digit) => digit + digit).join('') : hex
  if (wide.length !== 6 && wide.length !== 8) return null
  const byte = (at: number) => Number.parseInt(wide.slice(at, at + 2), 16)
  return wide.length === 8 && byte(6) < 12 ? 'clear' : `${byte(0)} ${byte(2)} ${byte(4)}`
}

/** Whether one colour cannot be read on another. */
export function alike(color: string, background: string): boolean {
  const [a, b] = [color, background].map((each) => each.split(' ').map(Number))
  if (a?.length !== 3 || b?.length !== 3) return false
  return a.every((part, at) => Math.abs(part - (b[at] ?? 1_000)) <= 10)
}
