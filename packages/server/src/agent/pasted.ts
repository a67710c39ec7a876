/**
 * What of a message is not the owner's own words: what the client says was pasted, and what looks like somebody else's
 * text whatever the client says (quoted lines, forwarded mail, fenced code). Pure.
 */
import type { Label, TextRange } from '@castellan/contracts'
import { label, ownerLabel } from '@castellan/kernel'

/** The label of pasted text: anyone may have written it. Whom the owner sends it to may read it, like their words. */
export const pastedLabel: Label = Object.freeze(label(['pasted']))

/** The label of a whole message. */
export function labelOfMessage(pasted: readonly TextRange[]): Label {
  return pasted.length === 0 ? ownerLabel : label(['owner', 'pasted'])
}

/**
 * The pasted parts of a stored message. A message from before they were kept may have been pasted whole (the page and the
 * terminal both allow it), so all of it counts: older conversations ask more, and a fresh one does not.
 */
export function pastedOf(content: {
  readonly text: string
  readonly pasted?: readonly TextRange[]
}): readonly TextRange[] {
  return content.pasted ?? (content.text === '' ? [] : [{ from: 0, to: content.text.length }])
}

/** All of a text that counts as pasted: what is marked, and what is quoted, forwarded or fenced. */
export function pastedIn(text: string, marked: readonly TextRange[]): TextRange[] {
  const all = [...marked, ...quotedIn(text)].filter(({ from, to }) => from < to)
  const merged: TextRange[] = []
  for (const range of all.sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last === undefined || range.from > last.to) merged.push({ from: range.from, to: range.to })
    else last.to = Math.max(last.to, range.to)
  }
  return merged
}

/**
 * What is left of a text as the owner's words. What touches a pasted part without a space between goes with it: half a
 * token is nothing that anybody said. Each piece stands for itself, so that no two of them read as one.
 */
export function ownWords(text: string, pasted: readonly TextRange[]): string[] {
  const words: string[] = []
  let from = 0
  for (const range of pasted) {
    let end = range.from
    while (end > from && !isGap(text.charAt(end - 1))) end--
    words.push(text.slice(from, end))
    from = range.to
    while (from < text.length && !isGap(text.charAt(from))) from++
  }
  words.push(text.slice(from))
  return words.filter((each) => each.trim() !== '')
}

/** A piece of a message: the owner's words, or pasted text under a handle of ours. */
export type Piece =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'pasted'; readonly handle: string; readonly text: string }

/** The message of the line `seq`, taken apart where it was pasted; handles are `paste_<seq>.<n>`, from 0. */
export function piecesOf(seq: number, text: string, pasted: readonly TextRange[]): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const [n, { from, to }] of pasted.entries()) {
    pieces.push({ kind: 'words', text: text.slice(at, from) })
    pieces.push({ kind: 'pasted', handle: `paste_${seq}.${n}`, text: text.slice(from, to) })
    at = to
  }
  pieces.push({ kind: 'words', text: text.slice(at) })
  return pieces.filter((piece) => piece.text !== '')
}

/** JavaScript counts U+FEFF as white space, but nobody sees it: what it joins looks like one word. */
function isGap(character: string): boolean {
  return /\s/u.test(character) && character !== '\ufeff'
}

interface Line extends TextRange {
  readonly text: string
}

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  for (const found of text.matchAll(/[^\n\r\v\f\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x85\u2028\u2029]|$)/gu)) {
    if (found[0] === '') continue
    lines.push({ text: found[0].trim(), from: found.index, to: found.index + found[0].length })
  }
  return lines
}

function quotedIn(text: string): TextRange[] {
  const lines = linesOf(text)
  const found: TextRange[] = []
  for (let n = 0; n < lines.length; n++) {
    const line = lines[n] as Line
    const fence = /^(`{3,}|~{3,})/u.exec(line.text)?.[1]
    if (fence !== undefined) {
      const end = endOfFence(lines, n, fence)
      found.push({ from: line.from, to: (lines[end] as Line).to })
      n = end
    } else if (isForward(lines, n)) {
      // Nothing says where a forwarded mail ends, so everything below belongs to it.
      found.push({ from: line.from, to: text.length })
      break
    } else if (isQuote(line) || isAttribution(lines, n)) {
      found.push({ from: line.from, to: line.to })
    }
  }
  return found
}

function endOfFence(lines: readonly Line[], start: number, fence: string): number {
  for (let n = start + 1; n < lines.length; n++) {
    const { text } = lines[n] as Line
    if (text.startsWith(fence) && text.replaceAll(fence.charAt(0), '') === '') return n
  }
  return lines.length - 1
}

function isQuote({ text }: Line): boolean {
  return /^[>＞]/u.test(text)
}

/** "On Monday Eve wrote:" right above what she wrote. */
function isAttribution(lines: readonly Line[], at: number): boolean {
  // The owner's own "Translate this for Ann:" may stand there as well.
  if (!wrote.test(lines[at]?.text ?? '')) return false
  const below = lines.slice(at + 1).find((line) => line.text !== '')
  return below !== undefined && isQuote(below)
}

const wrote = /\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef)\b[^:\n]{0,80}\s?:$/iu
const forwarded =
  /^(?:begin forwarded message:|anfang der weitergeleiteten nachricht:|début du message réexpédié\s?:|inicio del mensaje reenviado:|[-_=*]{2,}\s*(?:forwarded|original|weitergeleitete|ursprüngliche|message (?:transféré|d['’]origine)|mensaje (?:reenviado|original)|messaggio (?:inoltrato|originale)|doorgestuurd|oorspronkelijk)[^\n]{0,40}?[-_=*]{2,})$/iu
const sender = /^\*?(?:from|von|de|da|van|expéditeur|remitente|mittente)\s?:\*?\s*\S/iu
const otherHeader =
  /^\*?(?:subject|betreff|objet|asunto|oggetto|onderwerp|sent|gesendet|envoyé|enviado|inviato|verzonden|date|datum|fecha|data)\s?:\*?/iu

/** A line that mail programs put above a forwarded mail, or the head of one. */
function isForward(lines: readonly Line[], at: number): boolean {
  const text = lines[at]?.text ?? ''
  if (forwarded.test(text)) return true
  return sender.test(text) && lines.slice(at + 1, at + 6).some((line) => otherHeader.test(line.text))
}
