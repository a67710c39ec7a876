/** Questions and their answers, as the API carries them: what is asked, where it stands, what is new, what may be endorsed. */
import * as z from 'zod'
import { OneTimeCode, PasskeyAssertion } from './factors.ts'
import { ArgumentView, Factor, Json } from './values.ts'

const id = z.uuid()
const time = z.iso.datetime()

export const QuestionState = z.enum(['open', 'approved', 'denied', 'expired', 'consumed', 'void'])
export type QuestionState = z.infer<typeof QuestionState>

/** A place that an argument, or a piece of it, stands in: the owner's own message, what they pasted, or a field of a result. */
export const Place = z.strictObject({
  /** JSON pointer of the argument. */
  path: z.string(),
  /** It is the owner's own message. */
  words: z.boolean(),
  sources: z.array(z.string()),
  /** The line of the conversation that it stands in; null when that is not known. */
  entry: id.nullable(),
  /** The skill whose result it is; null for the owner's message and what they pasted. */
  skill: z.string().nullable(),
  /** JSON pointer within the result; empty for all of it and for the owner's message. */
  pointer: z.string(),
  /** The line of that text, from 1. */
  line: z.number().int(),
  /** The text around, at most 100 characters on each side, and the match; `rest` characters of it are left out. */
  before: z.string(),
  match: z.string(),
  rest: z.number().int(),
  after: z.string(),
})
export type Place = z.infer<typeof Place>

/** What a question is about that was never done before with success. */
export const Fresh = z.strictObject({
  skill: z.boolean(),
  targets: z.array(
    z.strictObject({
      value: z.string(),
      /** A name that the owner does know and that looks nearly the same. Evidence for a person, never for a rule. */
      resembles: z.string().nullable(),
    }),
  ),
})
export type Fresh = z.infer<typeof Fresh>

/** Which foreign arguments a yes may call right for the rest of the run. */
export const Endorsable = z.strictObject({
  paths: z.array(z.string()),
  /** With them this very call would have passed unasked, and so will the next one like it. */
  lasting: z.boolean(),
  /** Why such a call would still be asked about; null when it would not. */
  why: z.string().nullable(),
})
export type Endorsable = z.infer<typeof Endorsable>

export const QuestionView = z.strictObject({
  id,
  /** `call`: may this be done? `pause`: the run has asked so often that it was paused; may it go on? */
  kind: z.enum(['call', 'pause']),
  run: id,
  conversation: id.nullable(),
  step: z.string(),
  skill: z.string(),
  effect: z.string(),
  /** "Castellan wants to send … to …": what, to whom, and what is unusual about it. */
  sentence: z.string(),
  why: z.string(),
  principal: z.array(z.string()),
  args: Json,
  arguments: z.array(ArgumentView),
  /** What leaves the house, and who may read it afterwards; null when nothing leaves. */
  leaves: z
    .strictObject({
      to: z.array(z.string()),
      what: z.array(z.string()),
      /** Who may read it so far. */
      readers: z.union([z.literal('everyone'), z.array(z.string()).readonly()]),
    })
    .nullable(),
  /** Where the arguments stand; kept with the question, so that they outlive the conversation. */
  places: z.array(Place),
  fresh: Fresh,
  /** Null when nothing can be endorsed. */
  endorsable: Endorsable.nullable(),
  /** Paths of the arguments that the yes called right for the rest of the run. */
  endorsed: z.array(z.string()),
  rules: z.array(z.string()),
  /** The weakest proof that suffices; `click` or stronger. */
  factor: Factor.exclude(['none']),
  state: QuestionState,
  created_at: time,
  expires_at: time,
  decided_at: time.nullable(),
  decided_by: z.string().nullable(),
  decided_via: z.string().nullable(),
})
export type QuestionView = z.infer<typeof QuestionView>

/**
 * POST /api/questions/:id/approve, with at most one proof. `password` counts until the person has a TOTP or a passkey;
 * `passkey` answers the options of POST /api/questions/:id/passkey, for this question alone. `endorse` names arguments that are
 * right for the rest of the run; `go_on` is needed for a pause. GET /api/questions?state=open → { questions }.
 */
export const Approve = z
  .strictObject({
    password: z.string().max(1024).optional(),
    code: OneTimeCode.optional(),
    passkey: PasskeyAssertion.optional(),
    endorse: z.array(z.string().max(1024)).max(32).optional(),
    go_on: z.literal(true).optional(),
  })
  .refine(({ password, code, passkey }) => {
    return [password, code, passkey].filter((each) => each !== undefined).length <= 1
  }, 'more than one proof')
/** POST /api/questions/:id/deny. */
export const Deny = z.strictObject({ reason: z.string().max(500).optional() })
