/**
 * The household of the guide's pictures: people, an invitation, a device, two tables of their own. Made through the doors
 * that anybody has, on the demo's instance.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MadeInvitation, NewPairing, PairingView } from '@castellan/contracts'
import type { Demo } from '@castellan/server/demo'
import * as z from 'zod'
import { newDevice, type Post, spendCode } from '../tests/fakes/device.ts'

const guide = new URL('../docs/guide/data.md', import.meta.url)

/** Fills the house; rejects when a door refuses. */
export async function furnish(demo: Demo): Promise<void> {
  await invite(demo, 'Mia', 'member', 'mia@example.com')
  await invite(demo, 'Jonas', 'viewer', 'jonas@example.com')
  await ask(demo, 'POST', '/api/invitations', { name: 'Grandma', role: 'viewer' }, MadeInvitation)
  await pair(demo, 'Ann’s phone', 'phone')
  await makeTables(demo)
}

async function invite(demo: Demo, name: string, role: 'member' | 'viewer', email: string): Promise<void> {
  const made = await ask(demo, 'POST', '/api/invitations', { name, role }, MadeInvitation)
  const token = new URL(made.link?.url ?? '').hash.slice(1)
  const body = { token, name, email, password: 'kettle rhubarb violin meadow' }
  await ask(demo, 'POST', '/auth/invitations/accept', body, z.unknown())
}

async function pair(demo: Demo, name: string, kind: 'phone' | 'program'): Promise<void> {
  const { code } = await ask(demo, 'POST', '/api/pairings', {}, NewPairing)
  const post: Post = (path, body) => send(demo, 'POST', path, body)
  const { pairing, phrase } = await spendCode(newDevice(name, 'Ed25519', kind), post, {
    server: demo.url,
    code,
  })
  await ask(demo, 'POST', `/api/pairings/${pairing}/confirm`, { phrase }, PairingView)
}

/** The tables that the guide begins with. */
async function makeTables(demo: Demo): Promise<void> {
  const text = await readFile(guide, 'utf8')
  const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? ''
  const db = join(demo.directory, 'db')
  await mkdir(join(db, 'migrations'), { recursive: true })
  await writeFile(join(db, 'migrations', '0001_recipes.sql'), block('sql'))
  await writeFile(join(db, 'permissions.yaml'), block('yaml'))
  await ask(demo, 'POST', '/api/data/apply', { dry_run: false }, z.looseObject({ ok: z.literal(true) }))
}

async function ask<T>(
  demo: Demo,
  method: string,
  path: string,
  body: unknown,
  answer: z.ZodType<T>,
): Promise<T> {
  const response = await send(demo, method, path, body)
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return answer.parse(await response.json())
}

function send(demo: Demo, method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  // What is open to everybody is asked as nobody.
  if (path.startsWith('/api/')) headers.authorization = `Bearer ${demo.token}`
  return fetch(`${demo.url}${path}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
