/**
 * What stands in memory before the database: it remembers who has to wait, and lets one call per key ask at a time. It
 * never lets anything pass by itself, and forgetting costs nothing but a question.
 */

const maxKeys = 10_000

/** Asks for one key: the answer from memory while that is a refusal, else the database's. */
export type Guard = (id: string, ask: () => Promise<number>) => Promise<number>

interface Refusal {
  readonly at: number
  readonly until: number
}

/** A guard on a clock in milliseconds. */
export function refusalGuard(now: () => number): Guard {
  const refusals = new Map<string, Refusal>()
  const asking = new Map<string, Promise<number>>()

  function remembered(id: string): number {
    const refusal = refusals.get(id)
    if (refusal === undefined) return 0
    const present = now()
    // Of a clock that was set back nothing is known but to ask again.
    if (present < refusal.until && present >= refusal.at) return Math.ceil(refusal.until - present)
    refusals.delete(id)
    return 0
  }

  async function askNext(id: string, before: Promise<unknown> | undefined, ask: () => Promise<number>) {
    await before?.catch(() => {})
    const known = remembered(id)
    if (known > 0) return known
    const waitMs = await ask()
    if (waitMs > 0) remember(id, waitMs)
    return waitMs
  }

  function remember(id: string, waitMs: number): void {
    const at = now()
    refusals.delete(id)
    refusals.set(id, { at, until: at + waitMs })
    const [oldest] = refusals.keys()
    if (refusals.size > maxKeys && oldest !== undefined) refusals.delete(oldest)
  }

  return async function guarded(id, ask) {
    const known = remembered(id)
    if (known > 0) return known
    const turn = askNext(id, asking.get(id), ask)
    asking.set(id, turn)
    try {
      return await turn
    } finally {
      if (asking.get(id) === turn) asking.delete(id)
    }
  }
}
