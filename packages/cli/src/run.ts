/** Waiting for a run: in slices, so that a cut connection loses nothing, with a word now and then to whoever watches. */
import { QuestionView, RunResult } from '@castellan/contracts'
import type { Client } from './client.ts'
import { visibleLine } from './visible.ts'

const sliceMs = 10_000
const ended = new Set(['done', 'stopped', 'failed'])

export interface Waiting {
  /** `question`: also give back when the run waits for the owner. */
  readonly until: 'done' | 'question'
  readonly tell: (words: string) => void
}

/** Whether nothing more will come of it. */
export function hasEnded(result: RunResult): boolean {
  return ended.has(result.run.state)
}

/** The result of a run, once it has ended or asks. */
export async function waitForRun(client: Client, run: string, waiting: Waiting): Promise<RunResult> {
  const told = new Set<string>()
  let asks = false
  for (const began = Date.now(); ; ) {
    // A question must be heard of at once; while it stands it would end every wait at once, too.
    const result = await resultOf(client, run, asks ? waiting.until : 'question')
    asks = result.run.state === 'waiting'
    if (hasEnded(result) || (waiting.until === 'question' && result.run.state === 'waiting')) return result
    for (const { question } of result.approvals.filter((each) => each.state === 'open')) {
      if (told.has(question)) continue
      told.add(question)
      const { sentence } = await client.get(`/api/questions/${question}`, QuestionView)
      waiting.tell(`waits for an answer: ${visibleLine(sentence)} (castellan approvals approve ${question})`)
    }
    if (told.size === 0) waiting.tell(`working for ${Math.round((Date.now() - began) / 1000)} s …`)
  }
}

/** The result as it is after at most one slice of waiting. */
export function resultOf(client: Client, run: string, until: 'done' | 'question'): Promise<RunResult> {
  return client.get(`/api/runs/${run}/result?wait=${until}&timeout_ms=${sliceMs}`, RunResult)
}
