/**
 * The turn that most end-to-end tests make: a scripted model reads a feed, saves a summary of it (which asks), and says so.
 * Each has a name, so that many of them can be told apart in one instance.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Accepted, ConversationSummary, QuestionView } from '@castellan/contracts'
import type { FakeRequest, Script } from '../fakes/script.ts'
import { type FakeModels, startFakeModels } from '../fakes/server.ts'
import { Gate, type Held } from './gate.ts'
import type { Instance } from './instance.ts'
import type { Site } from './site.ts'

export interface Digest {
  readonly name: string
  /** What the owner says. */
  readonly words: string
  /** Path and query of the feed on the site. */
  readonly feed: string
  /** Where the summary goes, inside the workspace. */
  readonly path: string
  readonly summary: string
  readonly reply: string
}

/** A digest of one of the site's feeds. */
export function digestOf(site: Site, name: string, feed = 'harbour.rss.xml'): Digest {
  const path = `/${feed}?for=${name}`
  return {
    name,
    words: `Summarise ${site.url}${path} and keep the summary, please.`,
    feed: path,
    path: `digests/${name}.md`,
    summary: `# Digest ${name}\n\nThe night ferry moves to pier 4 from Monday. Gusts of 19 m/s are expected on Sunday — “stay in”.\n`,
    reply: `Done: the summary of the feed is in digests/${name}.md. The night ferry moves to pier 4.`,
  }
}

/** A fake provider that plays every digest of a site, and can be made to wait. */
export interface DigestModel extends FakeModels {
  /** What came in for one digest and one answer of its turn (0, 1, 2). */
  asked(digest: Digest, step: number): FakeRequest[]
  /** Makes the next request for that answer wait before its first byte. */
  hold(digest: Digest, step: number): Held
  /** The next request for that answer breaks off in the middle, and stays open. */
  stallIn(digest: Digest, step: number): void
  /** Other answers for messages that hold these words, by step; the last one repeats. */
  play(words: string, steps: readonly Script[]): void
  /** What happens to the next requests for messages that hold these words, one after another, before all is well. */
  trip(words: string, troubles: readonly Script[]): void
}

/** Starts it. What it has no script for is answered `OK`. */
export async function startDigestModel(site: Site): Promise<DigestModel> {
  const gate = new Gate()
  const stalls = new Set<string>()
  const plays: [words: string, steps: readonly Script[]][] = []
  const trips: [words: string, troubles: Script[]][] = []
  const fake = await startFakeModels(async ({ said, step }) => {
    const trouble = trips.find(([words]) => said.includes(words))?.[1].shift()
    if (trouble !== undefined) return trouble
    const place = `${nameIn(said)} ${step}`
    await gate.pass(place)
    const played = plays.find(([words]) => said.includes(words))?.[1]
    const script = played?.[Math.min(step, played.length - 1)] ?? scriptOf(site, said, step)
    return stalls.delete(place) ? { ...script, hang: 'middle' } : script
  })
  return {
    ...fake,
    asked: ({ name }, step) =>
      fake.requests.filter((each) => nameIn(each.said) === name && each.step === step),
    hold: ({ name }, step) => gate.hold(`${name} ${step}`),
    stallIn: ({ name }, step) => stalls.add(`${name} ${step}`),
    play: (words, steps) => plays.push([words, steps]),
    trip: (words, troubles) => trips.unshift([words, [...troubles]]),
  }
}

function nameIn(said: string): string {
  return /\?for=([\w-]+)/.exec(said)?.[1] ?? ''
}

function scriptOf(site: Site, said: string, step: number): Script | undefined {
  const [, feed, name] = /\/([\w.]+)\?for=([\w-]+)/.exec(said) ?? []
  if (feed === undefined || name === undefined) return undefined
  const digest = digestOf(site, name, feed)
  const read = { name: 'feed_fetch', args: { url: `${site.url}${digest.feed}`, max_items: 10 } }
  const write = { name: 'file_write', args: { path: digest.path, text: digest.summary } }
  const steps: Script[] = [
    { text: 'I read the feed first.', toolCalls: [read] },
    { text: 'That is worth keeping, so I save it.', toolCalls: [write] },
    { text: digest.reply, piece: 7 },
  ]
  return steps[Math.min(step, 2)]
}

/** Sends a message in a new conversation, or in a given one. */
export async function send(
  { client }: Instance,
  text: string,
  options: { conversation?: string; externalId?: string } = {},
): Promise<Accepted> {
  const conversation =
    options.conversation ?? (await client.send('POST', '/api/conversations', {}, ConversationSummary)).id
  const body = { text, channel: 'web', ...(options.externalId && { external_id: options.externalId }) }
  return client.send('POST', `/api/conversations/${conversation}/messages`, body, Accepted)
}

/** Waits until a run asks, and says yes to it. */
export async function approve(instance: Instance, run: string): Promise<QuestionView> {
  const result = await instance.result(run, 'question')
  const open = result.approvals.find(({ state }) => state === 'open')
  if (open === undefined) throw new Error(`the run asks nothing: ${JSON.stringify(result)}`)
  return instance.client.send('POST', `/api/questions/${open.question}/approve`, {}, QuestionView)
}

/** What the digest's file holds. */
export function saved(instance: Instance, digest: Digest): Promise<string> {
  return readFile(join(instance.workspace, digest.path), 'utf8')
}
