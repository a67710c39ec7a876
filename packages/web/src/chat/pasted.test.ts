import { NewMessage } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { edited, empty, type Message, owned, pieces, trimmed } from './pasted.ts'

/** Puts text in place of a part, as the named input does; the caret then stands behind it. */
const put = (before: Message, from: number, to: number, text: string, how = 'insertText') =>
  edited(before, before.text.slice(0, from) + text + before.text.slice(to), from + text.length, how)
const paste = (before: Message, at: number, text: string) => put(before, at, at, text, 'insertFromPaste')
const pasted = (message: Message) =>
  pieces(message)
    .filter((piece) => piece.isPasted)
    .map((piece) => piece.text)

const written = put(empty, 0, 0, 'Send to bob.')
const withPaste = paste(written, 5, 'the PASTE ')

describe('what was pasted', () => {
  it('is marked, and what was typed is not', () => {
    expect(pasted(written)).toEqual([])
    expect(withPaste.text).toBe('Send the PASTE to bob.')
    expect(pasted(withPaste)).toEqual(['the PASTE '])
  })

  it.each([
    'insertFromPaste',
    'insertFromDrop',
    'insertFromYank',
    'insertFromPasteAsQuotation',
    '',
    'unheard-of',
  ])('is whatever came in by "%s"', (how) => expect(pasted(put(written, 5, 5, 'x', how))).toEqual(['x']))

  it('moves with the text before it, and stays with the text behind it', () => {
    expect(pasted(put(withPaste, 0, 4, 'Please mail'))).toEqual(['the PASTE '])
    expect(pasted(put(withPaste, 22, 22, ' Now.'))).toEqual(['the PASTE '])
    expect(pasted(put(withPaste, 0, 5, '', 'deleteContentBackward'))).toEqual(['the PASTE '])
  })

  it('takes in what is typed in its middle, not what is typed at its ends', () => {
    expect(pasted(put(withPaste, 9, 9, 'typed '))).toEqual(['the typed PASTE '])
    expect(pasted(put(withPaste, 9, 12, 'x'))).toEqual(['the xTE '])
    expect(pasted(put(withPaste, 5, 5, 'all '))).toEqual(['the PASTE '])
    expect(pasted(put(withPaste, 15, 15, 'soon '))).toEqual(['the PASTE '])
  })

  it('shrinks where it is deleted or written over, and is gone with its last character', () => {
    expect(pasted(put(withPaste, 9, 15, '', 'deleteByCut'))).toEqual(['the '])
    expect(pasted(put(withPaste, 9, 18, 'it'))).toEqual(['the '])
    expect(pasted(put(withPaste, 0, 22, 'Hello'))).toEqual([])
  })

  it('is one where two touch, and two where words stand between', () => {
    expect(pasted(paste(withPaste, 15, 'MORE '))).toEqual(['the PASTE MORE '])
    expect(pasted(paste(withPaste, 18, 'MORE '))).toEqual(['the PASTE ', 'MORE '])
  })

  it('is found where it repeats what was there', () => {
    const bob = put(empty, 0, 0, 'bob')
    expect(paste(bob, 0, 'bob').pasted).toEqual([{ from: 0, to: 3 }])
    expect(paste(bob, 3, 'bob').pasted).toEqual([{ from: 3, to: 6 }])
  })

  it('counts as own words where the owner says so, and only there', () => {
    const two = paste(withPaste, 18, 'MORE ')
    expect(pasted(owned(two, 0))).toEqual(['MORE '])
    expect(owned(two, 0).text).toBe(two.text)
  })

  it('is sent over the same characters', () => {
    const sent = trimmed(paste(put(empty, 0, 0, ' \n to bob '), 3, 'PASTE '))
    expect(sent).toEqual({ text: 'PASTE to bob', pasted: [{ from: 0, to: 6 }] })
    expect(trimmed(paste(empty, 0, '  ')).pasted).toEqual([])
  })
})

it('never lets a pasted character out of its mark by typing, pasting and deleting elsewhere', () => {
  const edit = fc.tuple(fc.nat(), fc.nat(6), fc.constantFrom('', 'a', 'b ', 'ab'), fc.boolean())
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), (edits) => {
      let message = empty
      for (const [at, cut, text, isPaste] of edits) {
        const from = at % (message.text.length + 1)
        const to = Math.min(from + cut, message.text.length)
        // Pasted text is in capitals, so that every character says how it came in.
        message = isPaste
          ? put(message, from, to, text.toUpperCase().replace(' ', '_'), 'insertFromDrop')
          : put(message, from, to, text, text === '' ? 'deleteContentForward' : 'insertText')
        const own = pieces(message).filter((piece) => !piece.isPasted)
        expect(own.map((piece) => piece.text).join('')).not.toMatch(/[A-Z_]/)
        expect(
          pieces(message)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(message.text)
      }
      const sent = trimmed(message)
      if (sent.text !== '') expect(NewMessage.parse(sent)).toMatchObject(sent)
    }),
  )
})
