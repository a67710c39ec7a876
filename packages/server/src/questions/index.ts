/**
 * Questions to the owner and their answers. An answer is stored with its ledger row, then the waiting run is woken;
 * a wake that a crash swallowed is sent again, for the answer is already in the database.
 */
import {
  type Approve,
  CastellanError,
  type Event,
  type Factor,
  type QuestionState,
  type QuestionView,
} from '@castellan/contracts'
import { factorSuffices, hashOf } from '@castellan/kernel'
import * as z from 'zod'
import type { Database, Tenant } from '../database/index.ts'
import type { Hearer, Principal } from '../http/index.ts'
import { append } from '../ledger/index.ts'
import { loadBinding } from './binding.ts'
import { type EndorsedArgument, questionsPerRun } from './run.ts'
import { expireQuestions, loadQuestion, loadQuestions, loadUnheard, saveAnswer } from './store.ts'
import { answererOf, concerned } from './whose.ts'

export { questionRoutes } from './routes.ts'
export {
  consumeApproval,
  countWaiting,
  loadQuestion,
  type NewQuestion,
  saveQuestion,
  voidQuestions,
} from './store.ts'
export { answererOf, concerned } from './whose.ts'

export interface QuestionPorts {
  readonly database: Database
  readonly publish: (tenant: Tenant, event: Event) => void
  /** Tells the run that waits for this question that it has been answered. Sending it twice is harmless. */
  readonly wake: (question: QuestionView) => Promise<void>
}

/** Who answers, and by what way. */
export interface Answerer {
  readonly tenant: Tenant
  readonly principal: Principal
  readonly via: 'session' | 'local-token' | 'access-token' | 'personal-token' | 'device'
  readonly address: string
  /**
   * What they show with a yes to the question of that binding; rejects for a wrong proof. Whoever has none clicks.
   */
  readonly prove?: (given: Given, binding: string) => Promise<Factor>
}

/** What comes with a yes. */
export type Given = z.infer<typeof Approve>

export interface Questions {
  /** Those that concern somebody: of their own calls, and those they answer. */
  list(who: Hearer, state?: QuestionState): Promise<QuestionView[]>
  /** Rejects with `not_found` also for what concerns somebody else. */
  get(who: Hearer, id: string): Promise<QuestionView>
  approve(who: Answerer, id: string, given: Given): Promise<QuestionView>
  /** What the yes to a question is bound to; rejects with `not_found`, or `conflict` when it is not open any more. */
  binding(who: Answerer, id: string): Promise<string>
  deny(who: Answerer, id: string): Promise<QuestionView>
  /** Closes what ran out of time, and wakes every run that has not heard of its answer. To be called now and then. */
  expire(tenant: Tenant): Promise<void>
}

/** The questions capability over its ports. */
export function createQuestions(ports: QuestionPorts): Questions {
  const get = async ({ tenant, principal }: Hearer, id: string) => {
    const question = z.uuid().safeParse(id).success ? await loadQuestion(tenant, ports.database, id) : null
    if (question === null || !concerned(question).includes(principal))
      throw new CastellanError('not_found', 'There is no such question.')
    return question
  }

  const answer = async (
    who: Answerer,
    id: string,
    state: 'approved' | 'denied',
    factor: Factor,
    endorsed: readonly EndorsedArgument[] = [],
  ) => {
    const answered = await ports.database
      .as(who.tenant)
      .transaction()
      .execute(async (transaction) => {
        const question = await saveAnswer(who.tenant, transaction, id, {
          ...{ state, factor, endorsed },
          by: who.principal,
          via: who.via,
        })
        if (question !== null)
          await append(transaction, who.tenant, answerEntry(who, question, factor, endorsed))
        return question
      })
    if (answered === null) throw await tooLate(await get(who, id))
    ports.publish(who.tenant, { type: 'question', question: answered })
    await ports.wake(answered)
    return answered
  }

  return {
    get,
    list: (who, state) => loadQuestions(who, ports.database, state),
    async approve(who, id, given) {
      const question = mine(await get(who, id), who)
      if ((question.kind === 'pause') !== (given.go_on === true)) throw otherCard(question)
      const endorsed = endorsedBy(question, given.endorse ?? [])
      const factor = await proofOf(who, given, await loadBinding(who.tenant, ports.database, id))
      if (!factorSuffices(factor, question.factor)) throw factorNeeded(question)
      return answer(who, id, 'approved', factor, endorsed)
    },
    async binding(who, id) {
      const question = mine(await get(who, id), who)
      if (question.state !== 'open') throw await tooLate(question)
      return loadBinding(who.tenant, ports.database, id)
    },
    // Whose call it is may take it back, whoever else was to allow it.
    async deny(who, id) {
      await get(who, id)
      return answer(who, id, 'denied', 'none')
    },
    async expire(tenant) {
      for (const question of await expireQuestions(tenant, ports.database)) {
        ports.publish(tenant, { type: 'question', question })
      }
      for (const question of await loadUnheard(tenant, ports.database)) await ports.wake(question)
    },
  }
}

/** The question of who answers it; a yes to powers of the house is nobody's but the owner's. */
function mine(question: QuestionView, { principal }: Answerer): QuestionView {
  if (answererOf(question) === principal) return question
  throw new CastellanError('refused', 'Only the owner can say yes to this. Nothing was done.', {
    hint: 'ask them: it waits among their questions',
  })
}

/** The local token can click; it is never a second factor, whatever it sends along. */
async function proofOf(who: Answerer, given: Given, binding: string): Promise<Factor> {
  return who.via === 'session' && who.prove !== undefined ? who.prove(given, binding) : 'click'
}

/** A yes that was meant for a call lets no paused run go on. */
function otherCard({ kind }: QuestionView): CastellanError {
  return kind === 'pause'
    ? new CastellanError('conflict', 'This run is paused: a yes alone does not let it go on.', {
        hint: `look at what it asked, then go on by “Go on” in the page or --go-on; it may then ask ${questionsPerRun} times more`,
      })
    : new CastellanError('conflict', 'This is a call, not a pause. Nothing was approved.')
}

/** Only what the card offered; a path that is not on it was never shown as one. */
function endorsedBy(question: QuestionView, paths: readonly string[]): EndorsedArgument[] {
  const offered = new Set(question.endorsable?.paths ?? [])
  return [...new Set(paths)].map((path) => {
    const argument = question.arguments.find((each) => each.path === path)
    if (argument === undefined || !offered.has(path)) {
      throw new CastellanError(
        'bad_request',
        `${JSON.stringify(path)} is nothing this question lets you endorse.`,
        {
          hint: offered.size === 0 ? 'it offers nothing' : `it offers ${[...offered].join(', ')}`,
        },
      )
    }
    return { path, role: argument.role, value: argument.value }
  })
}

function factorNeeded(question: QuestionView): CastellanError {
  return new CastellanError('factor_needed', `This needs ${question.factor} as proof that it is you.`, {
    hint: 'approve it in the web page, which asks for it',
    details: { factor: question.factor },
  })
}

async function tooLate(question: QuestionView): Promise<CastellanError> {
  if (question.state === 'open' || question.state === 'expired') {
    return new CastellanError('expired', 'The question ran out of time. Nothing was done.', {
      hint: 'send the request again; it will ask anew',
    })
  }
  return new CastellanError('conflict', `The question is already ${question.state}.`)
}

function answerEntry(
  who: Answerer,
  question: QuestionView,
  factor: Factor,
  endorsed: readonly EndorsedArgument[],
) {
  const isPause = question.kind === 'pause'
  return {
    kind: 'approval' as const,
    run: question.run,
    step: question.step,
    principal: [who.principal],
    skill: question.skill,
    decision: question.state === 'approved' ? ('allow' as const) : ('deny' as const),
    rules: question.rules,
    argsHash: hashOf(question.args),
    outcome: isPause ? (question.state === 'approved' ? 'gone_on' : 'stopped') : question.state,
    body: {
      ...{ question: question.id, via: who.via, factor, args: question.args },
      ...(endorsed.length === 0 ? {} : { endorsed: endorsed.map((each) => ({ ...each })) }),
    },
  }
}
