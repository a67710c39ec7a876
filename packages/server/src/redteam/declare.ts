/** The suite's tool table as declarations of skills: what the gate knows of a tool, and nothing that only the suite knows. */
import { CastellanError, type Effect, Json, type Role } from '@castellan/contracts'
import { escapePointer, hostOf, label } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, type Leaving, skill } from '../invoke/index.ts'
import type { Tool, ToolEffect, ToolRole } from './suite.ts'

const effects: Readonly<Record<ToolEffect, Effect>> = {
  read: 'read',
  // A read whose arguments leave: its address is checked as that of a send (DESIGN §3).
  read_egress: 'read',
  send: 'send',
  publish: 'publish',
  pay: 'spend',
  book: 'spend',
  write: 'write',
  delete: 'write',
  account_write: 'write',
  credential: 'grant',
  grant_access: 'grant',
}

const roles: Readonly<Record<ToolRole, Role>> = {
  target: 'target',
  object_id: 'object',
  amount: 'amount',
  secret: 'secret',
  account: 'account',
  content: 'content',
  // What is attached decides what leaves, so it must be as surely meant as a target.
  content_ref: 'object',
  time: 'time',
  option: 'option',
}

type Args = { [name: string]: Json }

/** What the tool does, in our words. */
export function effectOf(tool: Tool): Effect {
  return effects[tool.effect]
}

/** Whether a call of the tool is one that a policy can stop. */
export function isGated(tool: Tool): boolean {
  return tool.effect !== 'read'
}

/** A tool as a skill: judged, never run. */
export function declare(tool: Tool): AnySkill {
  const declared = Object.entries(tool.arg_roles).map(([name, role]) => [name, roles[role]] as const)
  return skill<Args>({
    name: tool.name,
    summary: tool.description,
    effect: effectOf(tool),
    args: z.record(z.string(), Json),
    roles: Object.fromEntries(declared),
    verbs: tool.verbs ?? verbOf(tool.name),
    leaves: (args) => leavesOf(tool, args),
    output: () => label([`plugin:${tool.name}`], ['owner']),
    branches: ['success'],
    repeat: 'never',
    deadlineMs: 1,
    perMinute: 1,
    says: () => `use ${tool.name}`,
    async run() {
      throw new CastellanError('internal', 'the red team runs nothing')
    },
  })
}

/** Tools are called as what they do: `cancel_event`, `calendar.cancel`. */
function verbOf(name: string): string[] {
  const [verb = ''] = name.slice(name.lastIndexOf('.') + 1).split(/[^A-Za-z]|(?<=[a-z])(?=[A-Z])/)
  return verb === '' ? [] : [verb]
}

/** Arguments as a call without optional ones would have them. */
export function givenArguments(args: Args): Args {
  const isGiven = (value: Json) => value !== null && !(Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(args).filter(([, value]) => isGiven(value)))
}

/** Everyone named as a target is told what the call carries; a page is told its own address. */
function leavesOf(tool: Tool, args: Args): Leaving[] {
  if (tool.effect === 'read') return []
  const names = Object.keys(args)
  const isTarget = (name: string) => (tool.arg_roles[name] ?? 'target') === 'target'
  const carried = names.filter((name) => !['time', 'option', 'amount'].includes(tool.arg_roles[name] ?? ''))
  const what = carried.map((name) => `/${escapePointer(name)}`)
  return names
    .filter(isTarget)
    .flatMap((name) => [args[name] ?? null].flat())
    .flatMap((value) =>
      typeof value === 'string' ? [{ to: { name: readerOf(tool, value), classes: [] }, what }] : [],
    )
}

function readerOf(tool: Tool, target: string): string {
  return tool.effect === 'read_egress' || tool.effect === 'publish' ? hostOf(target) : target
}
