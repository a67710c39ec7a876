/** Somebody on the way downgrades or forges TLS, or the environment asks for less of it. */
import tls from 'node:tls'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { createEgress } from '../../packages/server/src/adapters/egress/index.ts'
import { makeCertificate } from '../../packages/server/src/testing/certificate.ts'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'

const certificate = makeCertificate(['shop.test', '127.0.0.1'])
const current = await startWebServer((_request, response) => response.end('page'), certificate)
const old = await startWebServer((_request, response) => response.end('page'), {
  ...certificate,
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
})
const allow = ['shop.test', 'other.test', '127.0.0.1'].flatMap((host) => [
  `${host}:${current.port}`,
  `${host}:${old.port}`,
])
const resolve = async () => ['127.0.0.1']
const trusting = createEgress({ allow, resolve, ca: certificate.cert })
const ordinary = createEgress({ allow, resolve })
afterAll(() => Promise.all([trusting.close(), ordinary.close(), current.close(), old.close()]))
afterEach(() => vi.unstubAllEnvs())

async function answer(egress: typeof trusting, url: string): Promise<string> {
  const signal = new AbortController().signal
  const asked = egress.request({ method: 'GET', url, signal, redirects: 'none' })
  return asked.then(
    (found) => found.body.toString(),
    (error: Error) => error.message,
  )
}

it('a valid certificate is accepted for its name and for its address', async () => {
  expect(await answer(trusting, `https://shop.test:${current.port}/`)).toBe('page')
  expect(await answer(trusting, `https://127.0.0.1:${current.port}/`)).toBe('page')
})

it('a certificate of another name is refused', async () => {
  expect(await answer(trusting, `https://other.test:${current.port}/`)).toContain('no TLS certificate')
})

it('a self-made certificate is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  expect(await answer(ordinary, `https://shop.test:${current.port}/`)).toContain('no TLS certificate')
  expect(current.requests.length).toBe(2)
})

it('TLS 1.1 is refused even where Node was told to allow it', async () => {
  const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls
  Object.assign(tls, { DEFAULT_MIN_VERSION: 'TLSv1', DEFAULT_CIPHERS: 'DEFAULT@SECLEVEL=0' })
  expect(await answer(trusting, `https://shop.test:${old.port}/`)).toContain('does not speak TLS 1.2')
  expect(old.requests).toEqual([])
  Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS })
})
