import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadPages } from './pages.ts'
import { prepareUi, type UiOptions } from './ui.ts'

/** Inside the checkout, because that is where the web root finds vite. */
const caches = fileURLToPath(new URL('../../../../.cache', import.meta.url))
let place: string
let webRoot: string
let cache: string

beforeAll(async () => {
  await mkdir(caches, { recursive: true })
  place = await mkdtemp(join(caches, 'ui-test-'))
})
afterAll(() => rm(place, { recursive: true, force: true }))
beforeEach(async () => {
  const own = await mkdtemp(join(place, 'case-'))
  webRoot = join(own, 'web')
  cache = join(own, 'cache')
  await mkdir(join(webRoot, 'src'), { recursive: true })
  await writeFile(join(webRoot, 'package.json'), '{"type":"module"}')
  await writeFile(
    join(webRoot, 'index.html'),
    '<!doctype html><script nonce="__CSP_NONCE__">1</script><script type="module" src="/src/main.ts"></script>',
  )
  await writeFile(join(webRoot, 'src/main.ts'), 'export const answer: number = 42\nconsole.log(answer)\n')
})

const prepare = (over: Partial<UiOptions> = {}) =>
  prepareUi({ webRoot, alsoFrom: [], caches: [cache], ...over })
const counting = () => {
  const seen: number[] = []
  return { seen, onProgress: ({ modules }: { modules: number }) => void seen.push(modules) }
}

test('builds once, tells how it goes, and finds the result afterwards', async () => {
  const first = counting()
  const directory = await prepare(first)
  expect(first.seen[0]).toBe(0)
  expect(first.seen.at(-1)).toBeGreaterThan(0)
  expect(await readdir(directory)).toContain('index.html')
  const second = counting()
  expect(await prepare(second)).toBe(directory)
  expect(second.seen).toEqual([])
})

test('builds anew when a source, a package or the lockfile changed, and not for a test', async () => {
  const directory = await prepare()
  await writeFile(join(webRoot, 'src/main.test.ts'), 'test')
  expect(await prepare()).toBe(directory)
  await writeFile(join(webRoot, 'src/main.ts'), 'console.log("new")\n')
  const next = await prepare()
  expect(next).not.toBe(directory)
  const lockfile = join(webRoot, '..', 'package-lock.json')
  await writeFile(lockfile, '{}')
  expect(await prepare({ alsoFrom: [lockfile] })).not.toBe(next)
})

test('lets two starts at once build without disturbing each other', async () => {
  const [one, other] = await Promise.all([prepare(), prepare()])
  expect(one).toBe(other)
  expect(await readdir(cache)).toEqual([one.slice(cache.length + 1)])
})

test('uses the second place when the first cannot be written to', async () => {
  const blocked = join(webRoot, '..', 'blocked')
  await writeFile(blocked, 'a file')
  const directory = await prepare({ caches: [join(blocked, 'web'), cache] })
  expect(directory.startsWith(cache)).toBe(true)
  await expect(prepare({ caches: [join(blocked, 'web')], alsoFrom: [blocked] })).rejects.toMatchObject({
    code: 'internal',
    hint: expect.stringContaining('writable'),
  })
})

test('says what is wrong and what to do when a build fails, and leaves nothing behind', async () => {
  await writeFile(join(webRoot, 'src/main.ts'), 'import { x } from "./missing.ts"\nconsole.log(x)\n')
  const failed = prepare()
  await expect(failed).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('could not be built'),
    hint: expect.stringContaining('npm ci'),
  })
  expect(await readdir(cache)).toEqual([])
})

test('keeps the newest builds and clears away the others and what was left half built', async () => {
  await mkdir(cache, { recursive: true })
  for (let i = 1; i <= 5; i++) {
    const old = join(cache, String(i).repeat(32))
    await mkdir(old)
    await utimes(old, i * 1000, i * 1000)
  }
  const half = join(cache, 'x.building-1')
  await mkdir(half)
  await utimes(half, 1, 1)
  const current = (await prepare()).slice(cache.length + 1)
  expect((await readdir(cache)).sort()).toEqual([current, '4'.repeat(32), '5'.repeat(32)].sort())
})

test('gives the build nothing of our environment', async () => {
  await writeFile(
    join(webRoot, 'vite.config.ts'),
    'export default { define: { ENV: JSON.stringify(Object.keys(process.env)) } }',
  )
  await writeFile(join(webRoot, 'src/main.ts'), 'console.log(ENV)\n')
  const directory = await prepare()
  const [asset = ''] = await readdir(join(directory, 'assets'))
  const text = await readFile(join(directory, 'assets', asset), 'utf8')
  expect(text).not.toMatch(/PATH|HOME|VITEST/)
  expect(text).toContain('NODE_ENV')
})

test('serves pages, files and nothing else', async () => {
  const directory = await prepare()
  await writeFile(join(directory, '../secret.txt'), 'secret')
  await cp(join(directory, 'index.html'), join(directory, 'icon.svg'))
  const serve = await loadPages(directory)
  const [asset] = await readdir(join(directory, 'assets'))
  const page = serve('/chat/5', 'n0nce', undefined)
  expect(await page?.text()).toContain('<script nonce="n0nce">1</script>')
  expect(page?.headers.get('cache-control')).toBe('no-store')
  expect(serve('/index.html', 'n', undefined)?.headers.get('content-type')).toBe('text/html; charset=utf-8')

  const script = serve(`/assets/${asset}`, 'n', undefined)
  expect(script?.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  const etag = script?.headers.get('etag') ?? ''
  expect(serve(`/assets/${asset}`, 'n', `W/"x", ${etag}`)?.status).toBe(304)
  expect(serve('/icon.svg', 'n', undefined)?.headers.get('cache-control')).toBe('no-cache')

  for (const path of [
    '/assets/old.js',
    '/assets',
    '/assets/',
    '/x.js',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/secret.txt',
  ]) {
    const answer = serve(path, 'n', undefined)
    expect(await answer?.text()).not.toBe('secret')
    if (path !== '/assets') expect(answer).toBeUndefined()
  }
})
