/**
 * Asking the owner: the question with everything a person needs to judge it, stored together with the ledger row that says
 * it was asked. A run that has asked too often is paused instead.
 */
import { randomUUID } from 'node:crypto'
import type { Json, QuestionView } from '@castellan/contracts'
import { bindingOf, type Call, type Decided, endorsableIn, hashOf, placesOf } from '@castellan/kernel'
import type { Handle } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import { loadFresh, type Use } from '../questions/known.ts'
import { type Asked, loadAsked, questionsPerRun } from '../questions/run.ts'
import { type NewQuestion, saveQuestion } from '../questions/store.ts'
import type { Evidence, GatePorts, Invocation } from './invocation.ts'
import type { Outcome } from './outcome.ts'
import { decidedEntry } from './record.ts'
import { askSentence, decisionView, leavesOf } from './say.ts'

/** A call that the owner is asked about. */
export interface Asking {
  readonly call: Call
  /** What it wants to do, in words. */
  readonly says: string
  readonly use: Use
}

/** Stores the question, or the pause. */
export async function ask(
  ports: GatePorts,
  invocation: Invocation,
  asking: Asking,
  decided: Decided,
): Promise<Outcome> {
  const { tenant } = invocation
  const id = randomUUID()
  const stored = await ports.database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const made = await questionOf(ports, transaction, invocation, asking, decided)
      const question = await saveQuestion(tenant, transaction, { ...made, id })
      const waitMs = Math.max(0, Date.parse(question.expires_at) - ports.clock.now())
      const decision = decisionView(decided)
      const outcome: Outcome = { kind: 'asks', question: question.id, decision, waitMs }
      const tell = await invocation.keep?.(transaction, outcome)
      // A step that comes again after a crash finds its question standing, and its row with it.
      if (question.id === id) {
        const more = { question: id, ...(question.kind === 'pause' ? { pause: true } : {}) }
        const entry = decidedEntry(invocation, 'decision', asking.call.args, decided, more)
        await append(transaction, tenant, entry)
      }
      return { outcome, question, tell }
    })
  ports.asked(tenant, stored.question)
  stored.tell?.()
  return stored.outcome
}

async function questionOf(
  ports: GatePorts,
  handle: Handle,
  invocation: Invocation,
  asking: Asking,
  decided: Decided,
): Promise<Omit<NewQuestion, 'id'>> {
  const { tenant, run, conversation, step, principal, openMs } = invocation
  const { call, use } = asking
  const asked = await loadAsked(tenant, handle, run)
  const nonce = randomUUID()
  return {
    ...{ run, conversation, step, principal, openMs, nonce },
    skill: use.skill,
    effect: use.effect,
    binding: bindingOf({ skill: use.skill, args: call.args, principal, run, nonce }),
    ...(asked.isTooOften ? pauseOf(asked, asking) : await cardOf(ports, handle, invocation, asking, decided)),
  }
}

/** The same call of the same run has the same hash; the nonce of a question is no part of it. */
export function hashOfCall({ skill, args }: Call, { principal, run }: Invocation): string {
  return hashOf({ skill: skill.name, args, principal: [...principal], run } as Json)
}

/** What differs between a card and a pause. */
type Card = Omit<
  NewQuestion,
  | ('id' | 'run' | 'conversation' | 'step' | 'principal' | 'openMs' | 'nonce')
  | ('skill' | 'effect' | 'binding')
>

async function cardOf(
  { authorize }: GatePorts,
  handle: Handle,
  invocation: Invocation,
  { call, says, use }: Asking,
  decided: Decided,
): Promise<Card> {
  return {
    kind: 'call',
    args: call.args,
    arguments: decisionView(decided).arguments,
    leaves: leavesOf(call.reaches, decided.arguments),
    places: await placesFor(call, decided, invocation.evidence?.(handle)),
    fresh: await loadFresh(invocation.tenant, handle, use, call.run.words),
    endorsable: endorsableIn(call, decided, authorize),
    sentence: askSentence(says, decided),
    why: decided.why,
    rules: decided.rules,
    factor: decided.factor ?? 'click',
    call: hashOfCall(call, invocation),
  }
}

async function placesFor(
  call: Call,
  decided: Decided,
  evidence: Promise<Evidence> | undefined,
): Promise<QuestionView['places']> {
  const { said = null, read = call.run.results ?? [] } = (await evidence) ?? {}
  const searched = { ...call, run: { ...call.run, results: read } }
  return placesOf(searched, decided.arguments).map(({ result, ...place }) => ({
    ...place,
    // What was pasted is no skill's.
    skill: place.skill === '' ? null : place.skill,
    entry: place.words ? said : result,
  }))
}

/** A pause tells of the call that waits behind it in words only: there is nothing to say yes to yet. */
function pauseOf({ times, yes, no }: Asked, { says }: Asking): Card {
  return {
    ...{ kind: 'pause', args: {}, arguments: [], leaves: null, rules: [], factor: 'click', call: '' },
    ...{ places: [], fresh: { skill: false, targets: [] }, endorsable: null },
    sentence: `This run has asked ${inWords(times)} times. It is paused so that a yes stays a decision.`,
    why: `Of these you approved ${inWords(yes)} and denied ${inWords(no)}. Next it would ask to ${says}. Going on lets it ask ${inWords(questionsPerRun)} times more; nothing is approved by that.`,
  }
}

const numbers = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

function inWords(number: number): string {
  return numbers[number] ?? String(number)
}
