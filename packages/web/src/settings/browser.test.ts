/** A session must be recognisable at a glance. */
import { expect, it } from 'vitest'
import { browserInWords } from './browser.ts'

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  ['curl/8.1', 'curl'],
  ['', 'An unnamed browser'],
])('reads %s', (userAgent, words) => {
  expect(browserInWords(userAgent)).toBe(words)
})
