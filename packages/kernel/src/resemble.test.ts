import { describe, expect, it } from 'vitest'
import { resembling } from './resemble.ts'

describe('resembling', () => {
  it.each([
    ['bob@a.example', 'b0b@a.example'],
    ['anna@post.example', 'anna@pоst.example'],
    ['raiffeisen.example', 'raiffeisen.com'],
    ['raiffeisen.example', 'raiffiesen.example'],
    ['raiffeisen.example', 'raiffeisen.example.evil.org'],
    ['raiffeisen.example', 'raiffeisen-login.org'],
    ['modern.example', 'rnodern.example'],
    ['shop.co.uk', 'sh0p.co.uk'],
    ['DE89370400440532013000', 'DE89370400440532013001'],
    ['paypal.com', 'PayPal.com'],
  ])('%s is what %s would be taken for', (known, name) => {
    expect(resembling(name, ['zebra.example', known])).toBe(known)
  })

  it.each([
    ['bob@a.example', 'bob@a.example'],
    ['bank.example', 'login.bank.example'],
    ['bob@a.example', 'alice@a.example'],
    ['a.example', 'b.example'],
    ['news.example', 'weather.example'],
    ['shop.co.uk', 'news.co.uk'],
    ['DE89370400440532013000', 'FR7630006000011234567890189'],
  ])('%s and %s are told apart, or are one', (known, name) => {
    expect(resembling(name, [known])).toBe(null)
  })
})
