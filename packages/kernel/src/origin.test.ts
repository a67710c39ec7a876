import type { Json, Label } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call } from './call.ts'
import { foreignSources, label, ownerLabel } from './label.ts'
import { saidVerbatim, traceArguments } from './origin.ts'

const web = label(['owner', 'web:news.example'])

function call(changes: Partial<Call> = {}, words: string[] = [], read: Label = ownerLabel): Call {
  return {
    principal: ['owner', 'agent:default'],
    skill: { name: 'mail.send', effect: 'send', roles: { to: 'target', text: 'content', limit: 'amount' } },
    args: {},
    reaches: [],
    run: { words, label: read },
    ...changes,
  }
}

const origins = (made: Call) =>
  Object.fromEntries(traceArguments(made).map((each) => [each.path, each.origin]))

describe('saidVerbatim', () => {
  it.each([
    ['a URL of its own', 'Read http://a.example/ and tell me', 'http://a.example/'],
    ['a URL at the end of a sentence', 'Read http://a.example/news.', 'http://a.example/news'],
    ['a URL before a question mark', 'Did you see http://a.example/news?', 'http://a.example/news'],
    ['a URL in brackets', 'my site (http://a.example/) is down', 'http://a.example/'],
    ['a URL in quotes', 'open “http://a.example/”, please', 'http://a.example/'],
    ['a URL in angle brackets', 'see <http://a.example/>', 'http://a.example/'],
    ['an address', 'write to bob@a.example: hello', 'bob@a.example'],
    ['an address after a line break', 'write to\nbob@a.example\nhello', 'bob@a.example'],
    ['an address between no-break spaces', 'to\u00a0bob@a.example\u00a0now', 'bob@a.example'],
    ['all of it', 'notes.md', 'notes.md'],
    ['a phrase', 'post "good morning" there', 'good morning'],
    ['the second time it stands there', 'not http://a.example/x but http://a.example/', 'http://a.example/'],
  ])('finds %s', (_name, words, value) => {
    expect(saidVerbatim(words, value)).toBe(true)
  })

  it.each([
    ['a longer host', 'read http://a.example.evil/', 'http://a.example'],
    ['a longer host after a dot', 'read http://a.example.evil/', 'http://a.example.'],
    ['a host with a final dot and a path', 'read http://a.example./x', 'http://a.example'],
    ['a host that is a user name', 'read http://a.example@evil.example/', 'http://a.example'],
    ['a host with a port', 'read http://a.example:8080/', 'http://a.example'],
    ['a longer port', 'read http://a.example:8080/', 'http://a.example:80'],
    ['a longer path', 'read http://a.example/news/2026', 'http://a.example/news'],
    ['a URL with a query', 'read http://a.example/?q=1', 'http://a.example/'],
    ['a URL with a fragment', 'read http://a.example/#x', 'http://a.example/'],
    ['a URL with an escape', 'read http://a.example/%2e', 'http://a.example/'],
    ['a URL within a URL', 'read http://a.example/?to=http://b.example/', 'http://b.example/'],
    ['an address in a URL', 'read http://a.example/,eve@b.example', 'eve@b.example'],
    ['an address in brackets in a URL', 'read http://a.example/x(eve@b.example)', 'eve@b.example'],
    ['an address in quotes in a URL', "read http://a.example/'eve@b.example'", 'eve@b.example'],
    ['an address after a semicolon in a URL', 'read http://a.example/;eve@b.example', 'eve@b.example'],
    ['a longer address in front', 'to not.bob@a.example', 'bob@a.example'],
    ['a tagged address', 'to bob+spam@a.example', 'spam@a.example'],
    ['a longer address behind', 'to bob@a.example.org', 'bob@a.example'],
    ['the host of an address', 'to bob@a.example', 'a.example'],
    ['the name of an address', 'to bob@a.example', 'bob'],
    ['a URL without its scheme', 'read http://a.example/', 'a.example'],
    ['another scheme', 'read http://a.example/', 'https://a.example/'],
    ['another case of the host', 'read http://a.example/', 'http://A.example/'],
    ['another case of the path', 'read http://a.example/News', 'http://a.example/news'],
    ['another case of an address', 'to Bob@a.example', 'bob@a.example'],
    ['full-width letters', 'read http://ａ.example/', 'http://a.example/'],
    ['a full-width full stop', 'read http://a.example．evil/', 'http://a.example'],
    ['an ideographic full stop', 'read http://a.example。evil/', 'http://a.example'],
    ['a one-dot leader', 'read http://a.example․evil/', 'http://a.example'],
    ['a fraction slash', 'read http://a.example⁄evil/', 'http://a.example'],
    ['a Cyrillic letter', 'read http://а.example/', 'http://a.example/'],
    ['a ligature', 'to ofﬁce@a.example', 'office@a.example'],
    ['a composed letter for a decomposed one', 'open caf\u00e9.md', 'cafe\u0301.md'],
    ['a letter that goes on with an accent', 'open cafe\u0301', 'cafe'],
    ['a zero-width space behind', 'read http://a.example\u200b.evil/', 'http://a.example'],
    ['a zero-width joiner behind', 'read http://a.example\u200d.evil/', 'http://a.example'],
    ['a word joiner behind', 'read http://a.example\u2060.evil/', 'http://a.example'],
    ['a zero-width no-break space behind', 'read http://a.example\ufeff.evil/', 'http://a.example'],
    ['a zero-width no-break space in front', 'read http://x\ufeffa.example/', 'a.example/'],
    ['a soft hyphen behind', 'read http://a.example\u00ad.evil/', 'http://a.example'],
    ['a direction mark behind', 'read http://a.example\u202e.evil/', 'http://a.example'],
    ['a zero-width space within', 'read http://a\u200b.example/', 'http://a.example/'],
    ['one within the value', 'read http://a.example/', 'http://a\u200b.example/'],
    ['a part of a number', 'pay 1,500 to bob', '500'],
    ['the whole part of a number', 'pay 150.75 to bob', '150'],
    ['a part of a file name', 'open my-notes.md', 'notes.md'],
    ['a part of a path', 'open work/notes.md', 'notes.md'],
    ['a path above', 'open work/notes.md', 'work'],
    ['two words run together', 'post good  morning', 'good morning'],
    ['nothing', 'hello', ''],
    ['blanks', 'a   b', '   '],
    ['less than three letters', 'to be or', 'be'],
    ['what was never said', 'hello', 'http://a.example/'],
  ])('does not take %s for it', (_name, words, value) => {
    expect(saidVerbatim(words, value)).toBe(false)
  })

  it('finds only what begins and ends where a token does', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '/',
      '@',
      ':',
      ' ',
      '(',
      ')',
      ',',
      '"',
      '\u200b',
      '\ufeff',
      'é',
    )
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, text, (words, value) => {
        if (!saidVerbatim(words, value)) return
        const tokens = words.split(/[\t\n\v\f\r \u00a0]+/).map(bare)
        const first = bare(value.trimStart().split(' ')[0] ?? '')
        expect(words).toContain(value)
        expect(tokens.some((token) => token === first || first === '')).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

/** A token without the quotes and brackets before it and the punctuation behind it. */
function bare(token: string): string {
  return token.replace(/^["(]+/, '').replace(/[.,:)"]+$/, '')
}

describe('the origin of a literal', () => {
  const args = { to: 'eve@x.example', text: 'hello' }

  it('is foreign where the name of a member is, whatever stands under it', () => {
    const to = { 'eve@evil.example': 'bob@a.example' }
    expect(origins(call({ args: { to } }, ['mail bob@a.example'], web))).toEqual({
      '/to/eve@evil.example': 'foreign',
    })
  })

  it('is the owner while the planner has read nothing foreign', () => {
    expect(origins(call({ args }))).toEqual({ '/to': 'owner', '/text': 'owner' })
  })

  it('is foreign once it has, unless the owner said it', () => {
    expect(origins(call({ args }, [], web))).toEqual({ '/to': 'foreign', '/text': 'foreign' })
    expect(origins(call({ args }, ['mail eve@x.example'], web))).toEqual({
      '/to': 'owner',
      '/text': 'foreign',
    })
  })

  it('is never proven by words of which it is only a part', () => {
    expect(origins(call({ args: { to: 'x.example' } }, ['mail eve@x.example'], web))).toEqual({
      '/to': 'foreign',
    })
  })

  it('is foreign for yes, no and nothing in a tainted run, whatever the owner said', () => {
    const made = call({ args: { limit: false, to: null, text: true } }, ['false', 'true', 'null'], web)
    expect(origins(made)).toEqual({ '/limit': 'foreign', '/to': 'foreign', '/text': 'foreign' })
  })

  it('is the owner for an amount they said, however it is written', () => {
    const made = call({ args: { limit: 1500 } }, ['at most 1,500.00'], web)
    expect(origins(made)).toEqual({ '/limit': 'owner' })
    expect(origins(call({ args: { limit: 500 } }, ['at most 1,500.00'], web))).toEqual({
      '/limit': 'foreign',
    })
  })

  it('counts names of members as written by the planner too', () => {
    const made = call({ args: { to: { 'eve@x.example': 'hello' } } }, ['say hello'], web)
    expect(origins(made)).toEqual({ '/to/eve@x.example': 'foreign' })
    const said = call({ args: { to: { 'eve@x.example': 'Hello' } } }, ['say Hello', 'eve@x.example'], web)
    expect(origins(said)).toEqual({ '/to/eve@x.example': 'owner' })
    const list = call({ args: { to: ['eve@x.example', 'bob@x.example'] } }, ['mail eve@x.example'], web)
    expect(origins(list)).toEqual({ '/to/0': 'owner', '/to/1': 'foreign' })
  })

  it('keeps what the run has read secret, except where the owner said the value', () => {
    const read = label(['owner'], ['owner'])
    const traced = traceArguments(call({ args }, ['mail eve@x.example'], read))
    expect(traced.map((each) => each.label.readers)).toEqual(['everyone', ['owner']])
  })
})

describe('an argument given by reference', () => {
  it('carries the label of what it refers to, whatever else is known', () => {
    const references = { '/to': label(['mail:eve@x.example']), '/text': ownerLabel }
    const args = { to: 'eve@x.example', text: 'hello' }
    expect(origins(call({ args, references }, ['eve@x.example']))).toEqual({
      '/to': 'foreign',
      '/text': 'owner',
    })
    expect(origins(call({ args, references }, [], web))['/text']).toBe('owner')
  })

  it('is found by the longest pointer, the whole included', () => {
    const references = { '': label(['web:a.example']), '/to/1': ownerLabel }
    const traced = traceArguments(call({ args: { to: ['x', 'y'], text: 'z' }, references }))
    expect(traced.map((each) => [each.path, each.origin])).toEqual([
      ['/to/0', 'foreign'],
      ['/to/1', 'owner'],
      ['/text', 'foreign'],
    ])
  })
})

describe('traceArguments', () => {
  it('gives an argument without a declared role the strongest one', () => {
    const made = call({ args: { to: 'a', sudo: 'b', constructor: 'c' } })
    expect(traceArguments(made).map((each) => each.role)).toEqual(['target', 'target', 'target'])
  })

  it('escapes names in pointers, so that no name reads as a path', () => {
    const traced = traceArguments(call({ args: { text: { 'a/b': 1, 'm~n': 2 } } }))
    expect(traced.map((each) => each.path)).toEqual(['/text/a~1b', '/text/m~0n'])
  })

  it('leaves nothing out, and changes no value', () => {
    const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (args) => {
        const traced = traceArguments(call({ args }))
        expect(traced.map((each) => each.value)).toEqual(Object.values(args).flatMap(leavesOf))
        expect(new Set(traced.map((each) => each.path)).size).toBe(traced.length)
      }),
    )
  })

  it('trusts no argument more because the run has read more', () => {
    const word = fc.constantFrom('eve@x.example', 'bob@x.example', 'hello', 'x')
    const json = fc.oneof(word, fc.integer(), fc.array(word), fc.dictionary(word, word)) as fc.Arbitrary<Json>
    const source = fc.constantFrom('owner', 'system', 'web:a.example', 'pasted', 'member:2')
    const readers = fc.oneof(
      fc.constant('everyone' as const),
      fc.array(fc.constantFrom('owner', 'x.example')),
    )
    const read = fc.tuple(fc.array(source), readers).map(([sources, who]) => label(sources, who))
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('to', 'text'), json),
        fc.array(word),
        read,
        source,
        (args, words, run, more) => {
          const before = traceArguments(call({ args }, words, run))
          const after = traceArguments(call({ args }, words, label([...run.sources, more], run.readers)))
          before.forEach((each, index) => {
            expect(after[index]?.label.sources).toEqual(expect.arrayContaining([...each.label.sources]))
            expect(after[index]?.label.readers).toEqual(each.label.readers)
            if (each.origin === 'foreign') expect(after[index]?.origin).toBe('foreign')
            expect(each.origin === 'foreign').toBe(foreignSources(each.label).length > 0)
          })
        },
      ),
    )
  })
})

describe('in a run that was told bits of sealed content', () => {
  const told = (words: string[], limit: number) =>
    call({ args: { limit, to: 'a.example', text: 'hi' }, run: { words, label: ownerLabel, influence: 1 } })

  it('an amount that nobody said is foreign, and nothing else', () => {
    expect(origins(told([], 120))).toEqual({ '/limit': 'foreign', '/to': 'owner', '/text': 'owner' })
    const [amount] = traceArguments(told([], 120))
    expect(amount?.sources).toEqual(['owner', 'sealed'])
  })

  it('an amount that the owner said is theirs', () => {
    expect(origins(told(['up to 120 EUR'], 120))['/limit']).toBe('owner')
  })
})

function leavesOf(value: Json): Json[] {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) return [value]
  return Object.values(value).flatMap(leavesOf)
}
