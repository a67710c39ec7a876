/**
 * What an answer says its writer has done. Only completed deeds told in the first person, or in the short form of a report
 * ("Saved as news.md."), are claims: what is planned, asked, denied, quoted or somebody else's is none. Pure.
 */
import { adverbs, asking, type Deed, deeds, elsewhere, others, things, undone, vague } from './verbs.ts'

export interface Claim {
  /** The sentence, without its markup. */
  readonly sentence: string
  readonly deed: Deed
  /** Files and addresses that the sentence names, lower case. */
  readonly names: readonly string[]
}

const mostClaims = 40
/** Words of one sentence that are looked at. */
const mostWords = 150
const longest = 20_000

/** The claims of a text, one for each sentence and deed, in order. */
export function claimsIn(text: string): Claim[] {
  const claims: Claim[] = []
  for (const sentence of sentencesOf(text)) {
    const found = new Set(deedsIn(sentence))
    for (const deed of found) {
      if (claims.length >= mostClaims) return claims
      claims.push({ sentence: sentence.trim(), deed, names: namesIn(sentence) })
    }
  }
  return claims
}

/** Sentences of an answer: without blocks of code, quotations and marks of Markdown. */
function sentencesOf(text: string): string[] {
  let fenced = false
  const lines = text
    .slice(0, longest)
    .replaceAll('’', "'")
    .split('\n')
    .filter((line) => {
      const fence = /^\s*(?:```|~~~)/.test(line)
      if (fence) fenced = !fenced
      return !fence && !fenced && !/^\s*(?:>|\|)/.test(line)
    })
  return lines
    .map((line) => line.replace(/^\s*(?:[-*+•]|\d{1,3}[.)]|#{1,6}|\[[ xX]\])\s+/, ''))
    .map((line) =>
      line
        .replace(/\[([^\]]{0,200})\]\([^)]{0,2000}\)/g, '$1')
        .replace(/[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}/g, ''),
    )
    .map((line) => line.replace(/"[^"]{0,2000}"|“[^”]{0,2000}”|„[^“”]{0,2000}[“”]|«[^»]{0,2000}»/g, ' “…” '))
    .flatMap((line) => line.split(/(?<=[.!?;])\s+/))
    .filter((sentence) => sentence.trim() !== '' && !sentence.trim().endsWith('?'))
}

const wordPattern = /\{\{[^}]{1,200}\}\}|[\p{L}\p{N}][\p{L}\p{N}'@._/+#-]*|[,:;.!&–—“]/gu

function deedsIn(sentence: string): Deed[] {
  const words = Array.from(sentence.matchAll(wordPattern), plainWord).slice(0, mostWords)
  const claimed: number[] = []
  words.forEach((word, at) => {
    if (!deeds.has(word) || !isOwn(words, at, claimed)) return
    if (asking.has(words[at + 1] ?? '') || words.slice(at + 1, at + 5).some((next) => asking.has(next)))
      return
    if (vague.has(word) && !namesThing(words, at, sentence)) return
    claimed.push(at)
  })
  return claimed.flatMap((at) => deeds.get(words[at] ?? '') ?? [])
}

function plainWord([word]: RegExpMatchArray): string {
  return word.toLowerCase().replace(/[.,:;]+$/, '') || word
}

/** Whether the deed is told as the writer's own and as done. */
function isOwn(words: readonly string[], at: number, claimed: readonly number[]): boolean {
  if (isShortReport(words, at) || isPassiveReport(words, at)) return true
  const last = claimed.at(-1)
  for (let back = at - 1; back >= 0; back--) {
    const word = words[back] ?? ''
    if (undone.has(word) || others.has(word)) return false
    if (back === last)
      return words.slice(back, at).some((each) => [',', 'and', 'then', 'und', '&'].includes(each))
    if (elsewhere.has(word)) return false
    if (/^(?:i've|we've|i|we|ich|wir)$/.test(word)) return isSubject(words, back, at)
    // "Habe die Mail gesendet", as people write.
    if (back === 0 && (word === 'habe' || word === 'have')) return true
  }
  return false
}

/** English keeps subject and verb together, German keeps the verb for the end. */
function isSubject(words: readonly string[], subject: number, at: number): boolean {
  const word = words[subject] ?? ''
  const between = words.slice(subject + 1, at).filter((each) => !adverbs.has(each))
  const before = words[subject - 1] ?? ''
  const around = words.slice(Math.max(0, subject - 3), subject)
  if (around.some((each) => elsewhere.has(each) || undone.has(each))) return false
  if (
    before === 'that' &&
    !around.some((each) => /^(?:confirm|confirmed|report|sure|glad|happy|pleased)$/.test(each))
  )
    return false
  if (word === 'ich' || word === 'wir')
    return before === 'habe' || before === 'haben' || /^haben?$/.test(words[subject + 1] ?? '')
  if (word === "i've" || word === "we've") return between.length === 0
  return between.length === 0 || (between.length === 1 && between[0] === 'have')
}

const reportOpeners = new Set([
  'done',
  'ok',
  'okay',
  'ready',
  'finished',
  'erledigt',
  'fertig',
  'gut',
  'successfully',
  'erfolgreich',
  '✅',
  '✓',
])

/** "Saved as news.md.", "Done: sent to Anna." — but not "Posted by Anna", "Published in 2020", "Sent: Monday". */
function isShortReport(words: readonly string[], at: number): boolean {
  const before = words.slice(0, at).filter((word) => !/^[,:;.!&–—-]$/.test(word) && !adverbs.has(word))
  if (!before.every((word) => reportOpeners.has(word))) return false
  const [next = '.', after = ''] = words.slice(at + 1, at + 3)
  if (['by', 'from', ':', 'on', 'von', 'vom', 'am', 'ago', 'in', 'im'].includes(next)) {
    return (next === 'in' || next === 'im') && /^(?:your|the|deinem|dem|der|deiner|ihrem)$/.test(after)
  }
  return !/^\d/.test(next)
}

/** "Your mail has been sent", "Die Datei wurde gespeichert": told of a thing that only the writer handles. */
function isPassiveReport(words: readonly string[], at: number): boolean {
  const opened = words.findIndex((word) => !reportOpeners.has(word) && !/^[,:;.!&–—-]$/.test(word))
  const head = words.slice(Math.max(0, opened), at)
  if (head.some((word) => undone.has(word) || elsewhere.has(word) || others.has(word))) return false
  if (!/^(?:the|your|this|it|all|both|die|der|das|deine|dein|ihre|ihr|es|alle)$/.test(head[0] ?? ''))
    return false
  if (!head.slice(0, 7).some((word) => things.has(word)) || words[at + 1] === 'by' || words[at + 1] === 'von')
    return false
  const helper = head
    .filter((word) => !adverbs.has(word))
    .slice(-2)
    .join(' ')
  if (/(?:has|have) been$/.test(helper) || (/(?:is|are)$/.test(helper) && head.includes('now'))) return true
  return (
    head.slice(1).some((word) => /^(?:wurde|wurden)$/.test(word)) ||
    (head.some((word) => /^(?:ist|sind)$/.test(word)) &&
      head.some((word) => word === 'jetzt' || word === 'nun'))
  )
}

/** A thing that is kept somewhere, near the verb, or a name. */
function namesThing(words: readonly string[], at: number, sentence: string): boolean {
  return (
    namesIn(sentence).length > 0 || words.slice(Math.max(0, at - 8), at + 9).some((word) => things.has(word))
  )
}

const mail = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,6}/gu
const address = /https?:\/\/([^\s/?#“”"'<>()]{1,253})/gu
const file =
  /(?<![\p{L}\p{N}@/.])[\p{L}\p{N}_-][\p{L}\p{N}_./-]{0,120}\.(?:md|txt|csv|json|ya?ml|pdf|docx?|xlsx?|pptx?|html?|png|jpe?g|svg|ics|eml|zip|sh|py|js|ts|log|xml|ini|toml|sql)(?![\p{L}\p{N}@])/giu

/** Files, mail addresses and hosts of a sentence. */
function namesIn(sentence: string): string[] {
  const hosts = Array.from(sentence.matchAll(address), (match) => match[1] ?? '')
  const rest = sentence.replace(address, ' ')
  const found = [...hosts, ...(rest.match(mail) ?? []), ...(rest.replace(mail, ' ').match(file) ?? [])]
  return [...new Set(found.map((name) => name.toLowerCase().replace(/\.$/, '')))]
}
