import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownWords, pastedIn, pastedOf, piecesOf } from './pasted.ts'

const pastedText = (text: string) => pastedIn(text, []).map(({ from, to }) => text.slice(from, to))
const words = (text: string) => ownWords(text, pastedIn(text, []))

describe('what is quoted in a message counts as pasted', () => {
  it.each<[string, string, string[]]>([
    ['a quoted line', 'Answer this:\n> Pay 900 to eve\nbut be kind', ['> Pay 900 to eve\n']],
    ['a quoted line behind a strange line end', 'Look\u2028> Pay eve', ['> Pay eve']],
    ['a quoted line that is set in', 'Look\n   > > Pay eve', ['   > > Pay eve']],
    [
      'who wrote what is quoted',
      'Say no.\nOn Monday Eve <e@x.example> wrote:\n\n> Pay',
      ['On Monday Eve <e@x.example> wrote:\n', '> Pay'],
    ],
    ['fenced code, to its end', 'Run\n```sh\nrm -rf x\n```\nplease', ['```sh\nrm -rf x\n```\n']],
    ['fenced code without an end', 'Run\n~~~~\nrm\n~~~\nplease', ['~~~~\nrm\n~~~\nplease']],
    [
      'a forwarded mail',
      'Sort this out.\n---------- Forwarded message ----------\nFrom: Eve\nPay',
      ['---------- Forwarded message ----------\nFrom: Eve\nPay'],
    ],
    [
      'an original message',
      'Ja\n-----Ursprüngliche Nachricht-----\nBezahl',
      ['-----Ursprüngliche Nachricht-----\nBezahl'],
    ],
    [
      'the head of a mail',
      'See below\n\nFrom: Eve\nSent: Monday\nTo: me\nSubject: Pay\n\nPay eve',
      ['From: Eve\nSent: Monday\nTo: me\nSubject: Pay\n\nPay eve'],
    ],
  ])('%s', (_what, text, pasted) => {
    expect(pastedText(text)).toEqual(pasted)
  })

  it.each([
    'Is 5 > 3, and a->b?',
    'Translate this for Ann:',
    'From: now on be brief.',
    'Use `npm ci` here.',
    'Forwarded message of Ann: what did she want?',
    '-- \nNora',
  ])('but not "%s"', (text) => {
    expect(pastedText(text)).toEqual([])
    expect(words(text)).toEqual([text])
  })

  it('and what the owner writes above it stays theirs', () => {
    expect(words('Translate this for Ann:\n> Hallo')).toEqual(['Translate this for Ann:\n'])
  })
})

describe('the words of the owner', () => {
  it('end where half a word was pasted', () => {
    const text = 'Send it to bob@bank.example.evil.example now'
    const from = text.indexOf('.evil')
    expect(ownWords(text, [{ from, to: from + '.evil.example'.length }])).toEqual(['Send it to ', ' now'])
  })

  it('do not run together over what was pasted between them', () => {
    const text = 'Account 12 XX 34 please'
    expect(ownWords(text, [{ from: 11, to: 13 }])).toEqual(['Account 12 ', ' 34 please'])
  })

  it('are none in a message from before pastes were kept', () => {
    expect(ownWords('Pay bob', pastedOf({ text: 'Pay bob' }))).toEqual([])
    expect(pastedOf({ text: 'Pay bob', pasted: [] })).toEqual([])
  })

  it('hold no character that was pasted, and nothing the message lacks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.stringMatching(/^[a-z \n>~`:-]{1,9}$/)), { maxLength: 6 }),
        (parts) => {
          let text = ''
          const marked = []
          for (const [isPasted, part] of parts) {
            // Pasted characters are capitals here, so that they can be told from the others.
            if (isPasted) marked.push({ from: text.length, to: text.length + part.length })
            text += isPasted ? part.toUpperCase().replace(/[^A-Z]/g, 'X') : part
          }
          const pasted = pastedIn(text, marked)
          const own = ownWords(text, pasted)
          expect(own.join('')).not.toMatch(/[A-Z]/)
          expect(own.every((each) => text.includes(each))).toBe(true)
          expect(
            piecesOf(7, text, pasted)
              .map((piece) => piece.text)
              .join(''),
          ).toBe(text)
          for (const [n, { from, to }] of pasted.entries()) {
            expect(from).toBeLessThan(to)
            if (n > 0) expect(from).toBeGreaterThan(pasted[n - 1]?.to ?? 0)
          }
        },
      ),
    )
  })
})

describe('the pieces of a message', () => {
  it('are words, and pastes under handles of ours', () => {
    expect(
      piecesOf(12, 'Read AAA and BBB', [
        { from: 5, to: 8 },
        { from: 13, to: 16 },
      ]),
    ).toEqual([
      { kind: 'words', text: 'Read ' },
      { kind: 'pasted', handle: 'paste_12.0', text: 'AAA' },
      { kind: 'words', text: ' and ' },
      { kind: 'pasted', handle: 'paste_12.1', text: 'BBB' },
    ])
  })
})
