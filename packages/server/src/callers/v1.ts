/**
 * The doors of programs: POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, in the form of OpenAI's API. A
 * caller token opens them and nothing else does; no cookie is looked at.
 */
import { randomUUID } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { limiterKey } from '../limits/index.ts'
import { chunks, completion, embeddings, type Heading, modelEntry } from './answers.ts'
import { callerCall, spentBy } from './call.ts'
import type { CallerService } from './callers.ts'
import { offered, pickModel } from './choice.ts'
import type { LiveCall } from './live.ts'
import { ChatRequest, EmbeddingsRequest, promptOf, textsOf } from './requests.ts'
import type { Spent, Work } from './skill.ts'
import { streamed } from './stream.ts'
import type { Caller, CallersOptions } from './types.ts'

/** Wrong tokens of one address: ten at once, then one in two seconds. */
const wrongTokens = { perMinute: 30, burst: 9 }

/** The sub-app of /v1. Who asks is known before the body is read. */
export function v1Routes(callers: CallerService, options: CallersOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/models', async (c) => {
    const caller = await admit(c, callers, options)
    const models = await options.models.enabled(options.tenant)
    return c.json({ object: 'list', data: offered(models, caller).map(modelEntry) })
  })
  app.post('/chat/completions', async (c) => {
    const caller = await admit(c, callers, options)
    return answerChat(c, { callers, options, caller }, await parseBody(c, ChatRequest))
  })
  app.post('/embeddings', async (c) => {
    const caller = await admit(c, callers, options)
    return answerEmbeddings(c, { callers, options, caller }, await parseBody(c, EmbeddingsRequest))
  })
  return app
}

/** Who shows a live caller token, as often as that token may. */
async function admit(
  c: Context<AppEnv>,
  callers: CallerService,
  { limits }: CallersOptions,
): Promise<Caller> {
  const caller = await callers.identify(c.req.header('authorization'))
  if (caller === undefined) {
    const waitMs = await limits.take('caller.wrong-token', limiterKey(c.get('address')), wrongTokens)
    if (waitMs > 0) throw tooOften('Too many wrong tokens came from this address.', waitMs)
    throw new CastellanError('not_signed_in', 'This needs a caller token, and none that holds was shown.', {
      hint: 'send Authorization: Bearer csc_…; the owner makes one under Settings, Callers',
    })
  }
  const waitMs = await limits.take('caller', caller.id, caller)
  if (waitMs > 0) throw tooOften(`This token may ask ${caller.perMinute} times in a minute.`, waitMs)
  return caller
}

function tooOften(message: string, retryAfterMs: number): CastellanError {
  return new CastellanError('too_many_attempts', message, {
    hint: `wait ${Math.ceil(retryAfterMs / 1000)} s`,
    details: { retryAfterMs },
  })
}

type Ask = (work: Work) => Promise<Spent>

interface Admitted {
  readonly callers: CallerService
  readonly options: CallersOptions
  readonly caller: Caller
}

/** How a caller's work goes through the gate to the model it named; throws for a model it may not have. */
async function askFor(
  { options, caller }: Admitted,
  wanted: string,
  purpose: 'chat' | 'embedding',
): Promise<{ model: string; ask: Ask }> {
  const { tenant, invoke, now } = options
  const model = pickModel(await options.models.enabled(tenant), caller, wanted, purpose)
  const ask: Ask = async (work) =>
    spentBy(await invoke(callerCall({ tenant, caller, model, work, now: now() })), work, caller)
  return { model: model.name, ask }
}

/** A call under way that ends when its client goes. */
function beginCall(c: Context<AppEnv>, { callers, caller }: Admitted): LiveCall {
  const call = callers.live.begin(caller)
  c.req.raw.signal.addEventListener('abort', call.stop, { once: true })
  return call
}

async function answerChat(c: Context<AppEnv>, admitted: Admitted, request: ChatRequest): Promise<Response> {
  const { model, ask } = await askFor(admitted, request.model, 'chat')
  const heading: Heading = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(admitted.options.now() / 1000),
    model,
  }
  const call = beginCall(c, admitted)
  const prompt = promptOf(request)
  const askWith = (onText: (text: string) => void) =>
    ask({ stop: call.signal, prompt, onText }).finally(call.end)
  if (request.stream !== true) {
    let said = ''
    const spent = await askWith((text) => {
      said += text
    })
    return c.json(completion(heading, said, spent))
  }
  const pieces = chunks(heading, request.stream_options?.include_usage === true)
  return streamed(pieces, askWith, call.stop)
}

async function answerEmbeddings(
  c: Context<AppEnv>,
  admitted: Admitted,
  request: EmbeddingsRequest,
): Promise<Response> {
  const { model, ask } = await askFor(admitted, request.model, 'embedding')
  const call = beginCall(c, admitted)
  let made: readonly (readonly number[])[] = []
  const onVectors = (vectors: typeof made) => {
    made = vectors
  }
  const spent = await ask({ stop: call.signal, texts: textsOf(request), onVectors }).finally(call.end)
  return c.json(embeddings(model, made, request.encoding_format === 'base64', spent))
}
