/** The outside world of the end-to-end tests: feeds and pages on this machine, which can be made to wait, and a place that takes POSTs. */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'
import { Gate, type Held } from './gate.ts'

const types: Readonly<Record<string, string>> = {
  'harbour.rss.xml': 'application/rss+xml; charset=UTF-8',
  'observatory.atom.xml': 'application/atom+xml',
  'bakery.feed.json': 'application/feed+json',
  'hidden.html': 'text/html; charset=UTF-8',
}

export interface Site {
  readonly url: string
  /** As egress.allow wants it. */
  readonly host: string
  /** Bodies that were posted, in order of arrival. */
  readonly posts: readonly string[]
  /** How often a path was asked for. */
  asked(path: string): number
  /** Makes the next request for a path wait before it is answered. */
  hold(path: string): Held
  close(): Promise<void>
}

/** Starts it: `/NAME?…` is a fixture, `/page` and `/huge` (50 MB) are pages, anything may be posted to. */
export async function startSite(): Promise<Site> {
  const gate = new Gate()
  const posts: string[] = []
  const asked: string[] = []
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    if (request.method === 'POST') posts.push(await readAll(request))
    asked.push(path)
    await gate.pass(path)
    if (response.destroyed) return
    if (request.method === 'POST') return void response.end('taken')
    if (path.startsWith('/huge')) return sendHuge(response)
    const name = path.slice(1).split('?')[0] ?? ''
    const type = types[name]
    if (type === undefined) return void response.writeHead(404).end('nothing here')
    const body = await readFile(new URL(`fixtures/${name}`, import.meta.url))
    response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body)
  }
  const web = await startWebServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error))
  })
  return {
    url: web.url,
    host: `127.0.0.1:${web.port}`,
    posts,
    asked: (path) => asked.filter((each) => each === path).length,
    hold: (path) => gate.hold(path),
    close: () => web.close(),
  }
}

/** 50 MB of text, as fast as it is taken. */
function sendHuge(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  const chunk = Buffer.alloc(1_000_000, '<p>More of the same, and then some more. </p>\n')
  let left = 50
  const more = () => {
    while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', more)
    response.end()
  }
  response.on('error', () => {})
  more()
}
