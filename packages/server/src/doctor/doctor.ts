/** The examination of an instance, running or stopped. */
import type { Finding, Health } from '@castellan/contracts'
import type pg from 'pg'
import type { Configuration } from '../configuration/index.ts'
import { type Instance, inWords, openInstance } from '../instance/index.ts'
import { examineDatabase } from './database.ts'
import { examineGit, examineModes } from './files.ts'
import { info, ok, problem, warning } from './finding.ts'
import { measureFootprint } from './footprint.ts'
import { examineClock, examineDisk, examinePort } from './machine.ts'
import { examineCertificate, examineSecrets } from './secrets.ts'

/** What a running server tells its doctor. */
export interface Patient {
  readonly instance: Instance
  readonly pool: pg.Pool
  readonly version: string
  readonly startedAt: Date
  readonly ready: () => Promise<boolean>
  /** The postmaster of the embedded PostgreSQL, if it is ours. */
  readonly pids: () => readonly number[]
  /** How many models may be chosen. */
  readonly models: () => Promise<number>
  /** Whether stored secrets can be read (the vault's check). */
  readonly vault: () => Promise<{ ok: true } | { ok: false; problem: string; hint: string }>
  /** Whether what is in force is what the owner's file of rules says, and what keeps it from that. */
  readonly policy: () => Promise<{ differs: boolean; findings: readonly { message: string }[] }>
  /** Whether the pages were built. */
  readonly uiBuilt: () => boolean
}

/** Everything about a running instance. */
export async function examineRunning(patient: Patient): Promise<Finding[]> {
  const { configuration } = patient.instance
  const database = await examineDatabase(patient.pool)
  const reachable = database.now !== undefined
  return [
    ...(await examineFiles(configuration)),
    ...database.findings,
    ...(reachable ? [await vaultFinding(patient), await modelFinding(patient)] : []),
    await policyFinding(patient),
    examineClock(Date.now(), database.now),
    patient.uiBuilt()
      ? ok('ui.built', 'the pages are built')
      : warning(
          'ui.built',
          'the pages are not built',
          'the browser gets none',
          'start castellan again and read what it says',
        ),
    ...patient.instance.repairs.map((words) => info('files.tightened', words)),
  ]
}

/** What can be said of an instance that does not run. */
export async function examineStopped(directory: string): Promise<Finding[]> {
  try {
    const { configuration } = await openInstance(directory)
    const { HOST, PORT } = configuration.boot
    const port = PORT === 0 ? [] : [await examinePort(HOST, PORT)]
    return [...(await examineFiles(configuration)), ...port, examineClock(Date.now())]
  } catch (error) {
    const known = inWords(error)
    if (known === undefined) throw error
    return [
      problem('configuration', 'the instance cannot be started', known.message, known.hint ?? 'correct this'),
    ]
  }
}

/** The answer of GET /api/health. */
export async function healthOf(patient: Patient): Promise<Health> {
  const [findings, footprint, ready] = await Promise.all([
    examineRunning(patient),
    measureFootprint(patient.pids()),
    patient.ready(),
  ])
  return {
    ready,
    version: patient.version,
    started_at: patient.startedAt.toISOString(),
    pids: footprint.pids,
    memory_bytes: footprint.bytes,
    findings,
  }
}

async function examineFiles(configuration: Configuration): Promise<Finding[]> {
  const { directory, warnings } = configuration
  return [
    ...(await examineModes(directory)),
    await examineGit(directory),
    ...examineSecrets(configuration),
    ...(await examineCertificate(configuration, Date.now())),
    await examineDisk(directory),
    ...warnings.map((words) =>
      warning('configuration.unknown', words, 'it has no effect', 'correct or remove it'),
    ),
  ]
}

async function vaultFinding(patient: Patient): Promise<Finding> {
  const check = await patient.vault()
  if (check.ok) return ok('vault.readable', 'stored secrets can be read')
  return problem('vault.readable', 'stored secrets cannot be read', check.problem, check.hint)
}

async function policyFinding(patient: Patient): Promise<Finding> {
  const id = 'policy.in-force'
  const { differs, findings } = await patient.policy()
  if (!differs) return ok(id, 'policy.cedar is in force')
  const [first] = findings
  const fix = 'castellan policy check, then castellan policy apply'
  if (first !== undefined) {
    return problem(id, 'policy.cedar cannot be put in force; the rules of before are', first.message, fix)
  }
  return warning(id, 'policy.cedar was changed and is not in force', 'it was changed outside the page', fix)
}

async function modelFinding(patient: Patient): Promise<Finding> {
  const models = await patient.models()
  if (models > 0) return ok('models.enabled', `${models} ${models === 1 ? 'model is' : 'models are'} enabled`)
  return info(
    'models.none',
    'no model is enabled, so the agent cannot answer',
    null,
    'castellan model add, or the Models page',
  )
}
