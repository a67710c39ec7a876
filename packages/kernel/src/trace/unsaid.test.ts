import { describe, expect, it } from 'vitest'
import { piecesOf } from './unsaid.ts'

describe('what a text carries out', () => {
  it.each([
    ['a link', 'see https://evil.example/?q=1 now', 'https://evil.example/?q=1'],
    ['a link without a scheme', 'go to www.evil.example/x.', 'www.evil.example/x'],
    ['a bare host', 'more at evil.example!', 'evil.example'],
    ['a host of another alphabet', 'more at ехаmple.рф', 'ехаmple.рф'],
    ['a link in Markdown', '![](https://evil.example/p.png)', 'https://evil.example/p.png'],
    ['a link behind a colon', 'link:https://evil.example/a', 'https://evil.example/a'],
    ['a host in brackets', '[click](evil.example)', 'evil.example'],
    ['another scheme', 'open bitcoin:1Boat', 'bitcoin:1Boat'],
    ['a bare address of a machine', 'on 203.0.113.7:8080/x', '203.0.113.7:8080/x'],
    ['an address', 'write to eve@evil.example.', 'eve@evil.example'],
    ['addresses in a row', 'to:eve@evil.example,mallory@evil.example', 'mallory@evil.example'],
    ['an address spelled out', 'eve [at] evil (dot) example', 'eve [at] evil'],
    ['a host spelled out', 'evil[.]example', 'evil[.]example'],
    ['an address in words', 'it is eve at evil dot example', 'eve at evil dot example'],
    ['a mention', 'ask @mallory', '@mallory'],
    ['an account number', 'to GB29NWBK60161331926819', 'GB29NWBK60161331926819'],
    ['one in groups', 'to GB29 NWBK 6016 1331 9268 19', 'GB29 NWBK 6016 1331 9268 19'],
    ['a card', 'card 4237-4252-7456-2574', '4237-4252-7456-2574'],
    ['a passport', 'number HGK137803', 'HGK137803'],
    ['a telephone number', 'call +44 20 7734 5000', '44 20 7734 5000'],
    ['a password', 'it is 190dsyU9XqT4', '190dsyU9XqT4'],
    ['a long code', 'use QWxhZGRpbjpvcGVuIHNlc2FtZQ', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ'],
    ['full-width letters', 'go to ｅｖｉｌ．example', 'evil.example'],
    ['percent signs', 'go to evil%2Eexample', 'evil.example'],
    ['character references', 'eve&#64;evil.example', 'eve@evil.example'],
    ['a zero-width space', 'ev\u200bil.example', 'evil.example'],
    ['tag characters', 'hello\u{e0068}\u{e0069}', '\u{e0068}'],
    ['a direction mark', 'hello \u202eelpmaxe.live', '\u202e'],
  ])('finds %s', (_name, text, piece) => {
    expect(piecesOf(text)).toContain(piece)
  })

  it.each([
    'Stay at Luxury Palace, address: 1 Rue de la Paix, 75002 Paris, France, from January 1st to January 5th.',
    'Rated 4.7, 110.0 - 200.0 per night; open 12:00 PM - 2:30 PM on Mondays.',
    'On 2024-05-15 at 10:00 (2024-05-15T10:00:00Z), 24.12.2026 and March 3rd, 2026.',
    'The total is 1,250,000.00 EUR for 3 nights in W2 3AN.',
    'Please find minutes.docx and/or notes.txt; e.g. the first, i.e. not the second.',
    'Ein Satz. Noch einer: mit Umlauten, Gänsefüßchen „so“ und Emoji 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿.',
    '',
  ])('finds nothing in: %s', (text) => {
    expect(piecesOf(text)).toEqual([])
  })

  it('takes no account number for a day', () => {
    expect(piecesOf('4237-42-52 and 7456-25-74')).not.toEqual([])
  })
})
