/**
 * By what requests differ for some rules: every yes and no that they ask for, every proof, and of strings the ones that
 * they name and one that none of them names.
 */

import { effects, factors, isStrong, type Role, roles } from '@castellan/contracts'
import type { Fold, PolicyRequest } from '@castellan/kernel'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Change, Dimension } from './space.ts'
import { numbersAround, readsOf, Words } from './words.ts'

/** By name; `partly` where some of them hold only some of what there could be. */
export interface Dimensions {
  readonly dimensions: ReadonlyMap<string, Dimension>
  readonly partly: boolean
}

/** The dimensions of the requests that some rules can tell apart. */
export function dimensionsOf(policies: readonly PolicyJson[]): Dimensions {
  const reads = new Set(policies.flatMap((each) => readsOf(each)))
  const words = new Words(policies)
  const entries: [name: string, dimension: Dimension][] = [
    ['action', set('effect', effects)],
    ['principal', set('principal', words.entities('Castellan::Principal', 'agent:fresh'))],
    ['resource', set('skill', words.entities('Castellan::Skill', 'fresh.skill'))],
    ...rolesRead(reads, words),
  ]
  for (const flag of ['strongForeign', 'anchored', 'unsaid', 'unread'] as const) {
    if (reads.has(flag)) entries.push([flag, set(flag, [true, false])])
  }
  if (reads.has('approval')) entries.push(['approval', set('approval', factors)])
  if (reads.has('chain')) entries.push(['chain', set('chain', words.sets('chain', 'agent:fresh'))])
  const to = reads.has('to') ? words.sets('to', 'fresh.example') : [[], ['fresh.example']]
  if (reads.has('to') || reads.has('leaves')) entries.push(['to', set('to', to)])
  return { dimensions: new Map([...entries, ...runRead(reads, words, policies)]), partly: words.partly }
}

function set<Name extends keyof PolicyRequest>(
  name: Name,
  values: readonly PolicyRequest[Name][],
): Dimension {
  return values.map((value) => (request) => ({ ...request, [name]: value }))
}

function setInRun<Name extends keyof PolicyRequest['run']>(
  name: Name,
  values: readonly PolicyRequest['run'][Name][],
): Dimension {
  return values.map((value) => (request) => ({ ...request, run: { ...request.run, [name]: value } }))
}

/** What the run has read, which makes it foreign. */
function runRead(
  reads: ReadonlySet<string>,
  words: Words,
  policies: readonly PolicyJson[],
): [string, Dimension][] {
  const entries: [string, Dimension][] = []
  const fresh = 'web:fresh.example'
  const sources = reads.has('run.sources') ? words.sets('run.sources', fresh) : [[], [fresh]]
  if (reads.has('run.sources') || reads.has('run.foreign')) {
    const run = sources.filter(isForeignOnly).map(
      (each): Change =>
        (request) => ({ ...request, run: { ...request.run, foreign: each.length > 0, sources: each } }),
    )
    entries.push(['run', run])
  }
  if (reads.has('run.sensitive')) entries.push(['sensitive', setInRun('sensitive', [true, false])])
  if (reads.has('run.influence')) {
    entries.push(['influence', setInRun('influence', numbersAround(policies))])
  }
  return entries
}

function rolesRead(reads: ReadonlySet<string>, words: Words): [string, Dimension][] {
  return roles.flatMap((role): [string, Dimension][] => {
    const of = [...reads].filter((path) => path === role || path.startsWith(`${role}.`))
    return of.length === 0 ? [] : [[role, foldDimension(role, of, words)]]
  })
}

/** A run names only foreign sources. */
function isForeignOnly(sources: readonly string[]): boolean {
  return !sources.includes('owner') && !sources.includes('system')
}

/** No argument of the role, or some: foreign or not, with these sources and values. */
function foldDimension(role: Role, reads: readonly string[], words: Words): Dimension {
  const sources = reads.includes(`${role}.sources`)
    ? words.sets(`${role}.sources`, 'web:fresh.example')
    : [['owner', 'web:fresh.example']]
  const values = reads.includes(`${role}.values`) ? words.sets(`${role}.values`, 'fresh') : [[]]
  const folds = [true, false].flatMap((foreign) =>
    sources.flatMap((each) =>
      foreign && each.every((source) => source === 'owner' || source === 'system')
        ? []
        : values.map((strings): Fold => ({ foreign, sources: each, values: isStrong(role) ? strings : [] })),
    ),
  )
  const absent: Change = (request) => {
    const { [role]: _, ...rest } = request.folds
    return { ...request, folds: rest }
  }
  return [
    absent,
    ...folds.map(
      (fold): Change =>
        (request) => ({ ...request, folds: { ...request.folds, [role]: fold } }),
    ),
  ]
}
