/** A page, feed or model names an address inside the house; egress must not even connect. */
import { CastellanError } from '@castellan/contracts'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createEgress, type EgressOptions } from '../../packages/server/src/adapters/egress/index.ts'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'

const inside = await startWebServer((_request, response) => response.end('the secret of the house'))
afterAll(() => inside.close())

async function codeFor(url: string, options: EgressOptions = {}): Promise<string> {
  const egress = createEgress(options)
  try {
    const signal = new AbortController().signal
    const answer = await egress.request({ method: 'GET', url, signal, redirects: 'same-host' })
    return `answered ${answer.status}`
  } catch (error) {
    return error instanceof CastellanError ? error.code : String(error)
  } finally {
    await egress.close()
  }
}

describe('a literal address', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '１２７.０.０.１',
    '127。0。0。1',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::1]',
    '[::127.0.0.1]',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '[fe80::1]',
  ])('is refused when written as %s', async (host) => {
    expect(await codeFor(`http://${host}:${inside.port}/`)).toBe('address_refused')
    expect(inside.connections).toBe(0)
  })

  it('is no address at all with an IPv6 zone', async () => {
    expect(await codeFor(`http://[fe80::1%25lo]:${inside.port}/`)).toBe('bad_request')
  })
})

describe('a name', () => {
  it.each([
    ['that is private', ['10.0.0.5']],
    ['that is this machine', ['127.0.0.1']],
    ['that is this machine, mapped', ['::ffff:127.0.0.1']],
    ['with one private address among public ones', ['93.184.216.34', '127.0.0.1']],
    ['with a private IPv6 address beside a public IPv4 one', ['93.184.216.34', 'fd00::1']],
    ['that resolves to something that is no address', ['127.1']],
  ])('%s is refused', async (_title, addresses) => {
    const url = `http://attacker.test:${inside.port}/`
    expect(await codeFor(url, { resolve: async () => addresses })).toBe('address_refused')
    expect(inside.connections).toBe(0)
  })

  it.each(['localhost', 'LOCALHOST'])('%s is refused through the real resolver', async (name) => {
    expect(await codeFor(`http://${name}:${inside.port}/`)).toBe('address_refused')
    expect(inside.connections).toBe(0)
  })

  it('that changes its address after the check is dialled where it was checked', async () => {
    const page = await startWebServer((_request, response) => response.end('page'))
    const answers = [['127.0.0.1'], ['127.255.255.254']]
    const resolve = vi.fn(async () => answers.shift() ?? [])
    const name = `rebind.test:${page.port}`
    expect(await codeFor(`http://${name}/`, { resolve, allow: [name] })).toBe('answered 200')
    expect(resolve).toHaveBeenCalledTimes(1)
    await page.close()
  })

  it('is checked anew for every connection', async () => {
    const page = await startWebServer((_request, response) => {
      response.writeHead(302, { location: '/again' }).end()
    })
    const name = `rebind.test:${page.port}`
    const resolve = vi.fn(async () => ['127.0.0.1'])
    expect(await codeFor(`http://${name}/`, { resolve, allow: [name] })).toBe('outside_failed')
    expect(resolve).toHaveBeenCalledTimes(6)
    await page.close()
  })
})

it("the machine's own public address is refused", async () => {
  const own = () => ['93.184.216.34', '2606:4700:0:0::34']
  expect(await codeFor(`http://93.184.216.34:${inside.port}/`, { own })).toBe('address_refused')
  const resolve = async () => ['2606:4700::34']
  expect(await codeFor(`http://me.test:${inside.port}/`, { own, resolve })).toBe('address_refused')
})

describe("the owner's exception", () => {
  it('holds for its port only', async () => {
    const allow = [`127.0.0.1:${inside.port + 1}`]
    expect(await codeFor(`http://127.0.0.1:${inside.port}/`, { allow })).toBe('address_refused')
    expect(inside.connections).toBe(0)
  })

  it('for a name does not hold for the address behind it', async () => {
    const allow = [`nas.test:${inside.port}`]
    expect(await codeFor(`http://127.0.0.1:${inside.port}/`, { allow })).toBe('address_refused')
    expect(
      await codeFor(`http://other.nas.test:${inside.port}/`, { allow, resolve: async () => ['127.0.0.1'] }),
    ).toBe('address_refused')
    expect(inside.connections).toBe(0)
  })
})

it('a URL that smuggles a host behind credentials is refused', async () => {
  expect(await codeFor(`http://example.org@127.0.0.1:${inside.port}/`)).toBe('bad_request')
  expect(await codeFor(`http://example.org%2f@127.0.0.1:${inside.port}/`)).toBe('bad_request')
  expect(inside.connections).toBe(0)
})

it.each([
  'file:///etc/passwd',
  'gopher://127.0.0.1:70/',
  'ftp://127.0.0.1/',
  'data:text/plain,x',
  '/etc/passwd',
])('the scheme of %s is refused', async (url) => expect(await codeFor(url)).toBe('bad_request'))

it('a proxy in the environment is not used', async () => {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY']) vi.stubEnv(name, inside.url)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  const page = await startWebServer((_request, response) => response.end('page'))
  expect(await codeFor(`${page.url}/`, { allow: [`127.0.0.1:${page.port}`] })).toBe('answered 200')
  expect(inside.connections).toBe(0)
  vi.unstubAllEnvs()
  await page.close()
})
