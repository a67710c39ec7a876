/** The red team: suites of user tasks and injections, replayed through the gate's own code without a model. */
import { readPolicies } from '../policy/index.ts'
import { setStage } from './replay.ts'
import { type Report, reportOf } from './report.ts'
import { readSuites } from './suite.ts'

export type { CallDetail, Counts, Detail, PairDetail, Report, TaskDetail } from './report.ts'

/** How to replay. */
export interface Options {
  /** The instance whose policies judge; the shipped ones alone when null. */
  readonly instance: string | null
  /** The planner reads strangers' text only where it must. */
  readonly isSealed: boolean
}

/**
 * Replays the suites of a directory. Rejects with `not_found` or `bad_request` when there is nothing to replay, and with
 * `bad_configuration` when the instance's policies cannot be used.
 */
export async function openRedteam(directory: string, { instance, isSealed }: Options): Promise<Report> {
  const { authorize } = await readPolicies(instance)
  const suites = await readSuites(directory)
  return reportOf(suites.map((suite) => setStage(suite, authorize, isSealed)))
}
