/**
 * Live events to browsers and terminals: an in-process hub, and `GET /api/events` as Server-Sent Events. An event is
 * serialised once however many listen; a reader that cannot keep up is dropped and told to reload, never waited for.
 */
import type { Event } from '@castellan/contracts'
import type { Context } from 'hono'
import type { Tenant } from '../database/index.ts'
import type { AppEnv, Identity, Principal } from './env.ts'
import { type Claim, claimOf } from './guards.ts'

/** Hears of each event; `frame()` is its wire form, made on the first call and shared. */
export type EventListener = (event: Event, frame: () => Uint8Array) => void

/** Who listens. */
export type Hearer = Pick<Identity, 'tenant' | 'principal'>

/** Whom an event concerns. */
export type Audience = readonly Principal[] | 'everyone'

/** Where capabilities publish what a live view should know, and streams listen. */
export interface EventHub {
  /** Tells those people of a tenant whom it concerns; the owner alone when nobody is named. */
  publish(tenant: Tenant, event: Event, to?: Audience): void
  /** Gives back how to stop listening. */
  subscribe(who: Hearer, listener: EventListener): () => void
}

const encoder = new TextEncoder()

/** A hub of this process; `onError` hears what a listener throws, the other listeners are served all the same. */
export function eventHub(onError: (error: unknown) => void): EventHub {
  const listeners = new Map<Tenant, Map<EventListener, Principal>>()
  return {
    publish(tenant, event, to = ['owner']) {
      const here = listeners.get(tenant)
      if (here === undefined) return
      let bytes: Uint8Array | undefined
      const frame = () =>
        (bytes ??= encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`))
      for (const [listener, principal] of here) {
        if (to !== 'everyone' && !to.includes(principal)) continue
        try {
          listener(event, frame)
        } catch (error) {
          onError(error)
        }
      }
    },
    subscribe({ tenant, principal }, listener) {
      const here = listeners.get(tenant) ?? new Map<EventListener, Principal>()
      listeners.set(tenant, here.set(listener, principal))
      return () => {
        here.delete(listener)
        if (here.size === 0 && listeners.get(tenant) === here) listeners.delete(tenant)
      }
    },
  }
}

/** How streams behave. */
export interface StreamOptions {
  /** Calls back once when this identity's session ends; gives back how to stop watching. */
  readonly watch: (identity: Identity, onEnd: () => void) => () => void
  /** Whether what a request was let in by still holds, asked at each heartbeat; false also when that cannot be told. */
  readonly isLive: (identity: Identity, claim: Claim) => Promise<boolean>
  /** Milliseconds between heartbeat comments; 15 s. */
  readonly heartbeatMs?: number
  /** Milliseconds between two looks at a token, whose end nobody calls out; 2 s. */
  readonly tokenMs?: number
  /** Bytes that may wait for a slow reader; 1 MiB. */
  readonly maxWaitingBytes?: number
}

/** The handler of GET /api/events, and how to end all its streams (they are told to reconnect). */
export interface EventStream {
  readonly handle: (c: Context<AppEnv>) => Response
  close(): void
}

/** Makes the stream endpoint over a hub. */
export function eventStream(hub: EventHub, options: StreamOptions): EventStream {
  const open = new Set<Outflow>()
  function handleEvents(c: Context<AppEnv>): Response {
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would otherwise hold events back until its buffer is full.
      'x-accel-buffering': 'no',
    }
    // hono answers HEAD through GET and throws the body away, which would leave a listener behind.
    if (c.req.method === 'HEAD') return new Response(null, { headers })
    const outflow = openOutflow(hub, options, {
      identity: c.get('identity'),
      claim: claimOf(c),
      onClosed: () => open.delete(outflow),
      cut: () => socketOf(c)?.destroy?.(),
    })
    open.add(outflow)
    return new Response(outflow.body, { headers })
  }
  return {
    handle: handleEvents,
    close() {
      for (const outflow of [...open]) outflow.finish()
    },
  }
}

function socketOf(c: Context<AppEnv>): { destroy?(): void } | undefined {
  const env = c.env as { incoming?: { socket?: { destroy?(): void } } } | undefined
  return env?.incoming?.socket
}

interface Outflow {
  readonly body: ReadableStream<Uint8Array>
  finish(): void
}

const hello = encoder.encode('retry: 2000\n: castellan\n\n')
const heartbeat = encoder.encode(': still here\n\n')
const farewellMs = 10_000
const reload = encoder.encode('event: reload\ndata: {}\n\n')

interface Reader {
  readonly identity: Identity
  readonly claim: Claim
  onClosed(): void
  /** Ends the connection at once. */
  cut(): void
}

function openOutflow(hub: EventHub, options: StreamOptions, reader: Reader): Outflow {
  const { identity, claim } = reader
  const queue = waitingBytes(options.maxWaitingBytes ?? 1_048_576)
  const endings: (() => void)[] = [reader.onClosed]
  let finished = false
  let farewell: NodeJS.Timeout | undefined
  function finish(last?: Uint8Array): void {
    if (finished) return
    finished = true
    for (const end of endings) end()
    queue.end(last)
    // Who does not even read the end would hold the connection for ever.
    farewell = setTimeout(reader.cut, farewellMs).unref()
  }
  async function check(beat: boolean): Promise<void> {
    if (!(await options.isLive(identity, claim).catch(() => false))) finish()
    else if (beat && !queue.add(heartbeat)) finish(reload)
  }
  queue.add(hello)
  endings.push(hub.subscribe(identity, (_event, frame) => queue.add(frame()) || finish(reload)))
  endings.push(every(options.heartbeatMs ?? 15_000, () => check(true)))
  if (identity.sessionId === undefined) endings.push(every(options.tokenMs ?? 2_000, () => check(false)))
  endings.push(options.watch(identity, () => finish()))
  // The session may have ended after the guard looked and before we watched.
  void check(true)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await queue.take()
        if (bytes !== undefined) return controller.enqueue(bytes)
        clearTimeout(farewell)
        controller.close()
      },
      cancel() {
        finish()
        clearTimeout(farewell)
      },
    },
    // Nothing is kept in the stream itself: what waits is in our queue, where it is counted and can be thrown away.
    { highWaterMark: 0 },
  )
  return { body, finish: () => finish() }
}

/** Gives back how to end it. */
function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms).unref()
  return () => clearInterval(timer)
}

interface WaitingBytes {
  /** False when the reader is too far behind: then nothing was added. */
  add(bytes: Uint8Array): boolean
  /** Everything that waits, as one piece; waits for more; undefined after the end. */
  take(): Promise<Uint8Array | undefined>
  /** Throws away what waits, except `last`, and ends. */
  end(last?: Uint8Array): void
}

function waitingBytes(limit: number): WaitingBytes {
  let chunks: Uint8Array[] = []
  let size = 0
  let ended = false
  let wake: (() => void) | undefined
  return {
    add(bytes) {
      if (ended || size + bytes.byteLength > limit) return false
      chunks.push(bytes)
      size += bytes.byteLength
      wake?.()
      return true
    },
    async take() {
      if (chunks.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve))
      const [first, ...more] = chunks
      chunks = []
      size = 0
      return more.length === 0 ? first : Buffer.concat([first ?? new Uint8Array(), ...more])
    },
    end(last) {
      chunks = last === undefined ? [] : [last]
      ended = true
      wake?.()
    },
  }
}
