/** The thread of apart.ts: one job, one answer. */
import { parentPort } from 'node:worker_threads'
import { decideRequest } from '@castellan/kernel'
import type { Job } from './apart.ts'
import { loadPolicies } from './cedar.ts'
import { checkPolicies } from './check.ts'

parentPort?.on('message', (job: Job) => {
  try {
    parentPort?.postMessage({ done: job.kind === 'check' ? checkPolicies(job.text) : judge(job) })
  } catch {
    parentPort?.postMessage({ failed: true })
  }
})

function judge({ text, requests }: Extract<Job, { kind: 'judge' }>) {
  const loaded = loadPolicies(text, 'castellan-judge')
  if ('problems' in loaded) throw new TypeError('not fit')
  return requests.map((request) => decideRequest(request, loaded.engine.authorize))
}
