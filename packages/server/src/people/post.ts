/**
 * Letters leave beside the requests that cause them, so that no answer takes longer because somebody exists. They wait in
 * memory alone: a letter holds a link, and a link is kept nowhere but as its hash. One that is lost can be asked for again.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Letter, SendMail } from './types.ts'

const pausesMs = [0, 5_000, 60_000]
const atMost = 200

/** Puts work and letters beside the request; `settled` waits for what is under way, for stops and tests. */
export interface Post {
  /** Runs something after the answer; what it throws is heard of and has no other effect. */
  later(work: () => Promise<unknown>): void
  send(letter: Letter): void
  settled(): Promise<void>
  stop(): void
}

/** Makes the post of a house; without `sendMail` letters go nowhere. */
export function makePost(sendMail: SendMail | undefined, onUndelivered: (error: unknown) => void): Post {
  const underWay = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  function later(work: () => Promise<unknown>): void {
    // A flood of requests must not become a flood of memory.
    if (underWay.size >= atMost) {
      onUndelivered(new Error('too many letters wait'))
      return
    }
    const task = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch(onUndelivered)
      .finally(() => underWay.delete(task))
    underWay.add(task)
  }
  async function deliver(send: SendMail, letter: Letter): Promise<void> {
    for (const [attempt, pauseMs] of pausesMs.entries()) {
      await wait(pauseMs, undefined, { signal: stopping.signal, ref: false })
      try {
        return await send(letter)
      } catch (error) {
        if (attempt === pausesMs.length - 1) throw error
      }
    }
  }
  return {
    later,
    send: (letter) => sendMail !== undefined && later(() => deliver(sendMail, letter)),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    stop: () => stopping.abort(),
  }
}
