/** Finds the words of a place in what a line shows, across the elements they are set in. */
import type { Place } from '@castellan/contracts'

/** Where a match begins in a text: with the words before it if they stand there, else wherever it stands; -1 nowhere. */
export const findPlace = (
  text: string,
  { before, match, after }: Pick<Place, 'before' | 'match' | 'after'>,
): number => {
  for (const [ahead, behind] of [
    [before, after],
    [before, ''],
    ['', ''],
  ] as const) {
    const at = text.indexOf(ahead + match + behind)
    if (at >= 0) return at + ahead.length
  }
  return -1
}

/** The range of a place within an element; null where it does not stand there as it is. */
export const rangeOf = (element: HTMLElement, place: Place): Range | null => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  const nodes: Text[] = []
  while (walker.nextNode() !== null) {
    const node = walker.currentNode as Text
    // What names a marked character for a screen reader is no part of the text.
    if (node.parentElement?.closest('.unseen') == null) nodes.push(node)
  }
  const at = findPlace(nodes.map((node) => node.data).join(''), place)
  if (at < 0) return null
  const range = document.createRange()
  let passed = 0
  for (const node of nodes) {
    const [from, to] = [at - passed, at + place.match.length - passed]
    if (from >= 0 && from < node.length) range.setStart(node, from)
    if (to > 0 && to <= node.length) {
      range.setEnd(node, to)
      return range
    }
    passed += node.length
  }
  return null
}
