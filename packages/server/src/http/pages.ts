/**
 * Serves a built UI from memory. Only files that were there at the start exist, so no path leads anywhere else, and a
 * build that is pruned under a running server goes on being served.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { ServePages } from './app.ts'

const types: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
})

interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
  readonly etag: string
}

const placeholder = '__CSP_NONCE__'

/** Loads a directory; the result answers for every page with index.html, its nonce filled in. */
export async function loadPages(directory: string): Promise<ServePages> {
  const files = new Map<string, StaticFile>()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const path = `/${relative(directory, file).split(sep).join('/')}`
    files.set(path, staticFile(path, await readFile(file)))
  }
  const index = files.get('/index.html')
  if (index === undefined) throw new TypeError(`${directory} holds no index.html`)
  files.delete('/index.html')
  const around = Buffer.from(index.body).toString('utf8').split(placeholder)
  return function servePages(path, nonce, ifNoneMatch) {
    const file = files.get(path)
    if (file !== undefined) return answerFile(file, ifNoneMatch)
    // What looks like a file and is none must not become a page: a script of an older build would get HTML.
    if (path.startsWith('/assets/') || extname(path) !== '')
      return path === '/index.html' ? page(around, nonce) : undefined
    return page(around, nonce)
  }
}

function page(around: readonly string[], nonce: string): Response {
  // The nonce is of this answer alone, so nobody may keep the page.
  return new Response(around.join(nonce), {
    headers: { 'content-type': types['.html'] ?? '', 'cache-control': 'no-store' },
  })
}

function staticFile(path: string, content: Buffer): StaticFile {
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  // vite puts a hash of the content into the names of assets.
  const forEver = path.startsWith('/assets/')
  return {
    body: new Uint8Array(content),
    etag,
    headers: {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'cache-control': forEver ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag,
    },
  }
}

function answerFile(file: StaticFile, ifNoneMatch: string | undefined): Response {
  const known = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  if (known.includes(file.etag) || known.includes('*'))
    return new Response(null, { status: 304, headers: file.headers })
  return new Response(file.body, { headers: file.headers })
}
