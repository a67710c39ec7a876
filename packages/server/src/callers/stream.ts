/**
 * A streamed answer: its headers go out with its first words, so that a refusal before them is an honest status, and a
 * failure after them is an event that says so. A reader that lets too much wait is cut off, never waited for.
 */
import { CastellanError } from '@castellan/contracts'
import type { chunks } from './answers.ts'
import type { Spent } from './skill.ts'

/** Bytes that may wait for a slow reader. */
const maxWaitingBytes = 1_048_576

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would otherwise hold events back until its buffer is full.
  'x-accel-buffering': 'no',
}

const encoder = new TextEncoder()

/** Asks, and answers with what comes. Rejects with what ended the call before its first words. */
export async function streamed(
  pieces: ReturnType<typeof chunks>,
  ask: (onText: (text: string) => void) => Promise<Spent>,
  stop: () => void,
): Promise<Response> {
  const began = Promise.withResolvers<void>()
  let outflow: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        outflow = controller
      },
      cancel: stop,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxWaitingBytes }),
  )
  let started = false
  function send(text: string): void {
    if (!started) {
      started = true
      send(pieces.first())
      began.resolve()
    }
    // Closed already by a client that went.
    if (outflow?.desiredSize == null) return
    if (outflow.desiredSize <= 0) {
      outflow.error(new Error('the reader of an answer was too slow'))
      stop()
      return
    }
    outflow.enqueue(encoder.encode(text))
  }
  const asked = ask((text) => send(pieces.text(text))).then((spent) => send(pieces.last(spent)))
  const ended = asked
    .catch((error: unknown) => {
      if (!started) throw error
      send(pieces.failure(inWords(error)))
    })
    .then(() => outflow?.desiredSize != null && outflow.close())
  await Promise.race([began.promise, ended])
  return new Response(body, { headers })
}

function inWords(error: unknown): CastellanError {
  if (error instanceof CastellanError) return error
  return new CastellanError('internal', 'The answer broke off. What came so far is incomplete.', {
    cause: error,
  })
}
