import { Readable } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import { afterAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../testing/certificate.ts'
import { startWebServer } from '../../testing/web-server.ts'
import { providerFetch } from './index.ts'

const elsewhere = await startWebServer((_request, response) => response.end('elsewhere'))
const model = await startWebServer((request, response) => {
  if (request.url === '/v1/moved') response.writeHead(307, { location: `${elsewhere.url}/v1/chat` }).end()
  else if (request.url === '/v1/aside') response.writeHead(302, { location: '/v1/stream' }).end()
  else if (request.url === '/v1/stream') Readable.from(['one ', 'two']).pipe(response)
  else request.pipe(response)
})
const certificate = makeCertificate(['model.test'])
const secure = await startWebServer((_request, response) => response.end('secure'), certificate)
afterAll(() => Promise.all([elsewhere.close(), model.close(), secure.close()]))

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('no error'),
    (failure: unknown) => failure,
  )
  return error instanceof CastellanError ? error.code : String(error)
}

describe('providerFetch', () => {
  const fetchModel = providerFetch(`${model.url}/v1`)

  it('posts to the configured endpoint and streams the answer', async () => {
    const echo = await fetchModel(`${model.url}/v1/chat`, { method: 'POST', body: 'hello' })
    expect(await echo.text()).toBe('hello')
    const stream = await fetchModel(`${model.url}/v1/stream`)
    expect(await stream.text()).toBe('one two')
  })

  it('refuses every other origin before connecting', async () => {
    expect(await codeOf(fetchModel(`${elsewhere.url}/v1/chat`))).toBe('address_refused')
    expect(await codeOf(fetchModel(new URL(model.url.replace('http:', 'https:'))))).toBe('address_refused')
    expect(elsewhere.connections).toBe(0)
  })

  it('follows no redirect, not even on the same origin', async () => {
    await expect(fetchModel(`${model.url}/v1/aside`)).rejects.toThrow(TypeError)
  })

  it('does not carry the key along a redirect', async () => {
    await expect(
      fetchModel(`${model.url}/v1/moved`, { method: 'POST', body: 'x', headers: { 'x-api-key': 'k' } }),
    ).rejects.toThrow()
    expect(elsewhere.connections).toBe(0)
  })

  it('takes a name that resolves to a private address, since the owner configured it', async () => {
    const named = providerFetch(`https://model.test:${secure.port}`, {
      ca: certificate.cert,
      resolve: async () => ['127.0.0.1'],
    })
    const answer = await named(`https://model.test:${secure.port}/`)
    expect(await answer.text()).toBe('secure')
  })

  it('refuses a certificate that nobody vouches for, or of another name', async () => {
    const resolve = async () => ['127.0.0.1']
    const unknown = providerFetch(`https://model.test:${secure.port}`, { resolve })
    await expect(unknown(`https://model.test:${secure.port}/`)).rejects.toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    const other = providerFetch(`https://other.test:${secure.port}`, { resolve, ca: certificate.cert })
    await expect(other(`https://other.test:${secure.port}/`)).rejects.toMatchObject({
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })

  it('does not send a key unencrypted over the internet', async () => {
    const plain = providerFetch('http://models.example.org/v1', { resolve: async () => ['93.184.216.34'] })
    expect(await codeOf(plain('http://models.example.org/v1/chat'))).toBe('address_refused')
  })

  it('dials localhost only where it is this machine', async () => {
    const local = providerFetch('http://localhost:11434', { resolve: async () => ['192.168.1.9'] })
    expect(await codeOf(local('http://localhost:11434/api/tags'))).toBe('address_refused')
  })

  it('reports a refused connection as fetch does', async () => {
    const gone = await startWebServer((_request, response) => response.end())
    await gone.close()
    await expect(providerFetch(gone.url)(gone.url)).rejects.toThrow(TypeError)
  })
})
