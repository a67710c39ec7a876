/**
 * References in an answer: the plugin that takes `{{web_17.text}}` out of the text and leaves an empty element in its place,
 * for the page to set the value there as it is. A reference inside an address is left alone and leads nowhere.
 */

interface Node {
  type: string
  value?: string
  tagName?: string
  properties?: Record<string, string>
  children?: Node[]
}

/** The attribute that names the reference. */
export const refAttribute = 'data-ref'

const element = (ref: string): Node => ({
  type: 'element',
  tagName: 'span',
  properties: { [refAttribute]: ref },
  children: [],
})

/** Splits a text at the references that are known, in order. */
export const split = (text: string, refs: ReadonlySet<string>): (string | { ref: string })[] => {
  const parts: (string | { ref: string })[] = []
  let plain = ''
  for (const piece of text.split(/(\{\{[^{}]{1,200}\}\})/)) {
    const ref = piece.startsWith('{{') ? piece.slice(2, -2).trim() : ''
    if (!refs.has(ref)) plain += piece
    else {
      if (plain !== '') parts.push(plain)
      parts.push({ ref })
      plain = ''
    }
  }
  return plain === '' ? parts : [...parts, plain]
}

/** The plugin for these references. */
export const references = (refs: ReadonlySet<string>) => () => (tree: Node) => {
  const waiting = [tree]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.children === undefined) continue
    node.children = node.children.flatMap((child) => {
      if (child.type !== 'text') return [child]
      return split(child.value ?? '', refs).map((part) =>
        typeof part === 'string' ? { type: 'text', value: part } : element(part.ref),
      )
    })
    waiting.push(...node.children)
  }
}
