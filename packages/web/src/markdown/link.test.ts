/** A person must see where a link leads before it opens. */
import { describe, expect, it } from 'vitest'
import { viewLink } from './link.ts'

describe('viewLink', () => {
  it('splits an address around its host', () => {
    expect(viewLink('https://example.org/a?b=example.org#c')).toMatchObject({
      kind: 'web',
      before: 'https://',
      host: 'example.org',
      after: '/a?b=example.org#c',
    })
  })

  it('finds the true host behind a name that poses as one', () => {
    const link = viewLink('https://bank.example:x@evil.example/bank.example')
    expect(link).toMatchObject({ host: 'evil.example', before: 'https://bank.example:x@' })
    expect(link.kind === 'web' && link.warnings.join()).toContain('before @')
  })

  it('finds the host when the name before @ is the same word', () => {
    expect(viewLink('https://evil.example@evil.example/')).toMatchObject({
      before: 'https://evil.example@',
      after: '/',
    })
  })

  it('shows a foreign alphabet in its plain form', () => {
    const link = viewLink('https://раура.example/')
    expect(link.kind === 'web' && link.host).toMatch(/^xn--/)
  })

  it('says when a host is a number, in any spelling', () => {
    const link = viewLink('http://2130706433/')
    expect(link).toMatchObject({ host: '127.0.0.1' })
    expect(link.kind === 'web' && link.warnings.join()).toContain('number')
  })

  it('reads mail addresses', () => {
    expect(viewLink('mailto:a@b.example')).toMatchObject({ kind: 'mail', address: 'a@b.example' })
  })

  it.each([
    'javascript:alert(1)',
    ' java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://x/1',
    '/api/questions/1/approve',
    '//evil.example',
    '#there',
    '',
  ])('opens nothing for %j', (href) => {
    expect(viewLink(href).kind).toBe('inert')
  })
})
