/**
 * Phrases that speak to a model and not to people: orders to drop what it was told, claims to speak for its user, secrecy
 * towards that user. One alone is talk; several together, or the plain order, weigh. Where the words around it talk
 * *about* such phrases, or quote them, it weighs little: articles on the subject are honest.
 */
import { type Folded, fold } from './fold.ts'
import type { Sight } from './marks.ts'
import { type PhraseKind, phrasebook } from './phrasebook.ts'
import { byFirstWord, endOf, type Pattern, pattern, tokensOf } from './words.ts'

interface Rule extends Pattern {
  readonly kind: PhraseKind
  readonly points: number
}

const rules: readonly Rule[] = (Object.keys(phrasebook) as PhraseKind[]).flatMap((kind) =>
  phrasebook[kind].map(([points, line]) => ({ kind, points, ...pattern(line) })),
)
const byFirst = byFirstWord(rules)

/** Scripts that write without spaces: fixed words side by side, no open gaps. */
const unspaced: readonly RegExp[] = [
  /(?:忽略|无视|無視|忘记|忘記|忽視|忽视)(?:你|您|掉)?(?:之前|以前|以上|先前|前面|所有|全部|上述|上面|一切)(?:的|之前|先前|以上|所有|全部|任何){0,3}(?:指令|指示|提示|命令|规则|規則|说明)/g,
  /(?:これまで|以前|上記|前|今まで|すべて|全て)の(?:すべての|全ての|全)?(?:指示|命令|プロンプト|ルール|指令)を?(?:すべて|全て)?(?:無視|忘れ)/g,
  /(?:ละเว้น|เพิกเฉย|ลืม)(?:ต่อ)?(?:คำสั่ง|คำแนะนำ)(?:ก่อนหน้า|ทั้งหมด|เดิม)/g,
].map((each) => new RegExp(each.source.normalize('NFKD'), 'g'))

/** Words of those who write about such phrases. */
const discussing = byFirstWord(
  [
    'prompt injection|injections',
    'injection attack|attacks',
    'for example',
    'such as',
    'phrases like',
    'e g',
    'known|classic|typical ~2 attack*|phrase*|payload*|example*',
    'attacker|attackers|adversarial|malicious|adversary|jailbreak|jailbreaks|jailbreaking|owasp|vulnerability|payload|payloads',
    'red team|teaming',
    'angreifer|angriff|angriffe|schadlich',
    'zum beispiel',
    'attaquant|attaque|attaques|atacante|ataque',
    'text like',
  ].map(pattern),
)

interface Hit {
  readonly kind: PhraseKind
  readonly points: number
  readonly start: number
  readonly end: number
}

/** Most phrases that are looked at in one text. */
const mostHits = 400
/** Units of folded text within which phrases count as one speech. */
const stretch = 700
/** Units before and after a phrase where those who write about it give themselves away. */
const near = 260

/** What a text says to a model: a heavy stretch, a light one, or nothing worth a mark. `unseen`: people do not see it. */
export function phrasesIn(
  text: string,
  unseen = false,
  folded = fold(text),
): Omit<Sight, 'kind' | 'where'> | null {
  const { hits, talk } = hitsIn(folded)
  const plain = heaviest(hits.filter((hit) => !isTalk(hit, folded, talk, unseen)))
  if (plain !== null && plain.points >= (unseen ? 1 : 3))
    return { weight: 'high', text: original(text, folded, plain) }
  const any = heaviest(hits)
  if (any === null || any.points < 2) return null
  return { weight: 'low', text: original(text, folded, any) }
}

/** Phrases in their order, and where those who write about such phrases give themselves away. */
function hitsIn(folded: Folded): { hits: Hit[]; talk: number[] } {
  const all = tokensOf(folded.text)
  const hits: Hit[] = []
  const talk: number[] = []
  for (let at = 0; at < all.length && hits.length < mostHits; at++) {
    const first = all[at]
    if (first === undefined) break
    if (
      talk.length < mostHits &&
      discussing.get(first.word)?.some((each) => endOf(each, all, at) !== null) === true
    )
      talk.push(first.start)
    for (const rule of byFirst.get(first.word) ?? []) {
      const end = endOf(rule, all, at)
      if (end !== null)
        hits.push({
          kind: rule.kind,
          points: rule.points,
          start: first.start,
          end: all[end]?.end ?? first.end,
        })
    }
  }
  for (const each of unspaced) {
    for (const match of folded.text.matchAll(each)) {
      if (hits.length >= mostHits) break
      hits.push({ kind: 'override', points: 3, start: match.index, end: match.index + match[0].length })
    }
  }
  hits.sort((a, b) => a.start - b.start)
  return { hits, talk }
}

function original(text: string, { place }: Folded, { start, end }: { start: number; end: number }): string {
  const [from, to] = [place(start), place(end - 1)]
  return text.slice(from, Math.max(to + 1, from + 160))
}

/** Whether a phrase is quoted, or stands among words of those who write about such phrases. A disguised one never is. */
function isTalk(hit: Hit, folded: Folded, talk: readonly number[], unseen: boolean): boolean {
  if (unseen || folded.disguised(hit.start, hit.end)) return false
  if (talk.some((place) => place > hit.start - near && place < hit.end + near)) return true
  return isQuoted(folded.text, hit.start)
}

/** Whether an opening quotation mark or a back-tick stands before the place and is not closed before it. */
function isQuoted(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 200), at)
  return (before.split('"').length + before.split('`').length) % 2 === 1 || /['‹「『]$/.test(before.trimEnd())
}

function heaviest(hits: readonly Hit[]): { points: number; start: number; end: number } | null {
  let best: { points: number; start: number; end: number } | null = null
  hits.forEach((hit, first) => {
    const most = new Map<PhraseKind, number>()
    let end = hit.end
    for (let at = first; at < Math.min(hits.length, first + 24); at++) {
      const each = hits[at]
      if (each === undefined || each.start > hit.start + stretch) break
      most.set(each.kind, Math.max(most.get(each.kind) ?? 0, each.points))
      end = Math.max(end, each.end)
    }
    // Roles, acts and secrecy are everyday words; only together with words to a model do they say something.
    const directed = most.has('override') || most.has('address') || most.has('task')
    const points = directed ? [...most.values()].reduce((sum, each) => sum + each, 0) : 0
    if (best === null || points > best.points) best = { points, start: hit.start, end }
  })
  return best
}
