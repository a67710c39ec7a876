/** A permitted host redirects to where nobody permitted a visit. */
import { CastellanError } from '@castellan/contracts'
import { afterAll, afterEach, expect, it } from 'vitest'
import { createEgress } from '../../packages/server/src/adapters/egress/index.ts'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'

const inside = await startWebServer((_request, response) => response.end('the secret of the house'))
let location = ''
let status = 302
const page = await startWebServer((request, response) => {
  if (request.url === '/start') response.writeHead(status, { location }).end('moved')
  else if (request.url === '/loop') response.writeHead(301, { location: '/loop' }).end()
  else response.end(`${request.method} ${request.url}`)
})
const egress = createEgress({
  allow: [`127.0.0.1:${page.port}`, `page.test:${page.port}`],
  resolve: async () => ['127.0.0.1'],
})
afterAll(() => Promise.all([egress.close(), page.close(), inside.close()]))
afterEach(() => {
  status = 302
  page.requests.length = 0
})

function visit(path: string, method: 'GET' | 'POST' = 'GET') {
  const signal = new AbortController().signal
  return egress.request({ method, url: `${page.url}${path}`, signal, redirects: 'same-host' })
}

it.each([
  'http://127.0.0.1:1/',
  'http://169.254.169.254/latest/meta-data/',
  'https://elsewhere.example/',
  `http://page.test:${page.port}/other-name`,
  `https://127.0.0.1:${page.port}/other-scheme`,
  'file:///etc/passwd',
  'gopher://127.0.0.1:70/x',
])('a redirect to %s is handed back, not followed', async (target) => {
  location = target
  const answer = await visit('/start')
  expect(answer).toMatchObject({ status: 302, redirectedTo: target, redirects: [], url: `${page.url}/start` })
  expect(answer.body.length).toBe(0)
  expect(page.requests).toEqual(['GET /start'])
})

it('a redirect to another port of the same machine is handed back', async () => {
  location = `http://127.0.0.1:${inside.port}/`
  expect(await visit('/start')).toMatchObject({ redirectedTo: location })
  expect(inside.connections).toBe(0)
})

it('a handed-back target is still refused when it is visited', async () => {
  location = inside.url
  const { redirectedTo } = await visit('/start')
  const signal = new AbortController().signal
  const again = egress.request({ method: 'GET', url: String(redirectedTo), signal, redirects: 'same-host' })
  await expect(again).rejects.toMatchObject({ code: 'address_refused' })
  expect(inside.connections).toBe(0)
})

it('a redirect on the same host is followed and reported', async () => {
  location = '/end?a=1'
  const answer = await visit('/start')
  expect(answer.body.toString()).toBe('GET /end?a=1')
  expect(answer).toMatchObject({
    redirects: [`${page.url}/start`],
    redirectedTo: null,
    url: `${page.url}/end?a=1`,
  })
})

it('a redirect on the same host that adds credentials is refused', async () => {
  location = `http://user:pass@127.0.0.1:${page.port}/end`
  await expect(visit('/start')).rejects.toMatchObject({ code: 'bad_request' })
})

it('a loop ends after five redirects', async () => {
  const error = await visit('/loop').catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(CastellanError)
  expect(error).toMatchObject({ code: 'outside_failed' })
  expect(page.requests.length).toBe(6)
})

it.each([301, 302, 303, 307, 308])('a POST is never sent again after %i', async (code) => {
  status = code
  location = '/end'
  expect(await visit('/start', 'POST')).toMatchObject({ status: code, redirectedTo: `${page.url}/end` })
  expect(page.requests).toEqual(['POST /start'])
})
