import { describe, expect, it } from 'vitest'
import { only, publicOnly } from './rules.ts'

const to = (host: string, port: number, ...addresses: string[]) => ({ host, port, secure: true, addresses })

describe('publicOnly', () => {
  const check = publicOnly(['127.0.0.1:8080', 'NAS.local:5000', '[::1]:9000', '0x7f.2:81'])

  it('lets public addresses pass', () => {
    check(to('example.org', 443, '93.184.216.34', '2606:4700::1111'))
  })

  it('lets the exceptions pass, however the owner spelled them', () => {
    check(to('127.0.0.1', 8080, '127.0.0.1'))
    check(to('nas.local', 5000, '192.168.1.5'))
    check(to('::1', 9000, '::1'))
    check(to('127.0.0.2', 81, '127.0.0.2'))
  })

  it('names the line that would permit a refused address', () => {
    expect(() => check(to('fd00::1', 80, 'fd00::1'))).toThrow(
      expect.objectContaining({ code: 'address_refused', hint: expect.stringContaining('"[fd00::1]:80"') }),
    )
  })

  it.each(['127.0.0.1', 'http://127.0.0.1:80', '*:80', 'a/b:80', 'x:65536', '', '10.0.0.0/8:80'])(
    'refuses the exception "%s", which is no host:port',
    (text) =>
      expect(() => publicOnly([text])).toThrow(expect.objectContaining({ code: 'bad_configuration' })),
  )
})

describe('only', () => {
  const check = only(new URL('https://api.example.org/v1'))

  it('lets the configured endpoint pass, wherever it is', () => {
    check(to('api.example.org', 443, '10.0.0.7'))
  })

  it.each([
    ['another port', to('api.example.org', 8443, '10.0.0.7')],
    ['another name', to('api.example.com', 443, '10.0.0.7')],
    ['its address', to('10.0.0.7', 443, '10.0.0.7')],
  ])('refuses %s', (_title, destination) => {
    expect(() => check(destination)).toThrow(expect.objectContaining({ code: 'address_refused' }))
  })
})
