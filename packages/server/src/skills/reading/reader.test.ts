import { afterAll, describe, expect, it } from 'vitest'
import { decodeText } from './charset.ts'
import { createReader } from './reader.ts'
import { clip, excerpt, oneLine, webAddress } from './text.ts'

const reader = createReader()
afterAll(() => reader.close())
const signal = new AbortController().signal
const page = (html: string, url = 'https://example.org/a/b.html') => reader.page(html, url, signal)

const article = `<p>${'The cat sat on the mat and thought about the world. '.repeat(12)}</p>`

describe('a page', () => {
  it('becomes the text of its article, without navigation, scripts and pictures', async () => {
    const { title, text } =
      await page(`<html><head><title> News &amp;  more </title><style>p{}</style></head><body>
      <nav><a href="/">Home</a><a href="/about">About</a></nav>
      <article><h1>Cats</h1>${article}<p>See <a href="/c">this</a>. <img src="https://spy.test/x.png" alt="a cat"></p></article>
      <script>steal()</script></body></html>`)
    expect(title).toBe('News & more')
    expect(text).toContain('The cat sat on the mat')
    expect(text).toContain('See this. a cat')
    expect(text).not.toMatch(/steal|spy\.test|About/)
  })

  it('becomes everything it shows when it is no article', async () => {
    const { text } = await page('<ul><li>one<li>two</ul><table><tr><td>a<td>b</tr></table>')
    expect(text).toMatch(/one\n-\s+two/)
    expect(text).toContain('a | b |')
  })

  it.each([
    '<html><p>no body',
    '<p>no body',
    'no body',
    '<!doctype html><title>t</title>no body',
    '<body>no body',
  ])('is read although its frame is incomplete: %s', async (html) =>
    expect((await page(html)).text).toBe('no body'),
  )

  it('gives its links absolute, once, without fragments, mail and scripts', async () => {
    const { links } = await page(`<base href="/base/"><a href="x#1">X  x</a><a href="x#2">again</a>
      <a href="//other.test/y?q=1">Y</a><a href="javascript:alert(1)">J</a><a href="mailto:a@b.test">M</a><a>none</a>`)
    expect(links).toEqual([
      { text: 'X x', url: 'https://example.org/base/x' },
      { text: 'Y', url: 'https://other.test/y?q=1' },
    ])
  })

  it('gives at most 200 links', async () => {
    const { links } = await page(
      Array.from({ length: 300 }, (_, index) => `<a href="/${index}">x</a>`).join(''),
    )
    expect(links.length).toBe(200)
  })

  it('names the feeds it announces', async () => {
    const { feeds } = await page(
      '<link rel="alternate" type="application/rss+xml" href="/feed.xml"><link rel="alternate" hreflang="de" href="/de">',
    )
    expect(feeds).toEqual(['https://example.org/feed.xml'])
  })

  it('holds nothing that PostgreSQL cannot store', async () => {
    const { text, title } = await page('<title>a&#0;b\0c&#xD800;</title><p>d\0e &#xDFFF; f</p>')
    expect(title + text).not.toContain('\0')
    expect((title + text).isWellFormed()).toBe(true)
  })

  it('that is tangled beyond measure is given up, and the next one is read', async () => {
    const hasty = createReader({ timeoutMs: 1_500 })
    const tangled = `<body>${'<a href=x>'.repeat(20_000)}`
    const alive: number[] = []
    const beat = setInterval(() => alive.push(Date.now()), 50)
    const asked = hasty.page(tangled, 'https://example.org/', signal)
    await expect(asked).rejects.toMatchObject({ code: 'outside_failed' })
    clearInterval(beat)
    // The house went on working meanwhile.
    expect(alive.length).toBeGreaterThan(10)
    const calm = createReader()
    expect((await calm.page('<p>fine', 'https://example.org/', signal)).text).toBe('fine')
    await Promise.all([hasty.close(), calm.close()])
  })

  it('is given up at once when the caller stops', async () => {
    const stop = new AbortController()
    const asked = reader.page(`<body>${'<a href=x>'.repeat(20_000)}`, 'https://example.org/', stop.signal)
    stop.abort(new Error('stopped by the owner'))
    await expect(asked).rejects.toThrow('stopped by the owner')
    expect((await page('<p>fine')).text).toBe('fine')
  })

  it('shares two threads with the others that are read at the same time', async () => {
    const texts = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (text) => (await page(`<p>${text}`)).text),
    )
    expect(texts).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})

describe('decodeText', () => {
  it.each([
    ['UTF-8 unless told otherwise', Buffer.from('ä'), ''],
    ['the charset of the header', Buffer.from([0xe4]), 'text/html; charset=ISO-8859-1'],
    ['a quoted charset', Buffer.from([0xe4]), 'text/html; charset="windows-1252"'],
    ['a byte order mark over the header', Buffer.from([0xff, 0xfe, 0xe4, 0x00]), 'text/plain; charset=utf-8'],
  ])('reads %s', (_title, body, type) => expect(decodeText(body, type)).toBe('ä'))

  it('reads what the document says about itself', () => {
    const html = Buffer.from('<meta charset="iso-8859-1"><p>\u00e4', 'latin1')
    expect(decodeText(html, 'text/html')).toContain('ä')
    const xml = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e4</a>', 'latin1')
    expect(decodeText(xml, '')).toContain('ä')
  })

  it('never fails', () => {
    expect(decodeText(Buffer.from([0xff, 0x41]), 'text/html; charset=nonsense')).toBe('\ufffdA')
  })
})

describe('small texts', () => {
  it('are clipped between characters', () => {
    expect(clip('a😀b', 2)).toBe('a')
    expect(excerpt('a😀b', 0, 2)).toEqual({ text: 'a', characters: 4, truncated: true, next_start: 1 })
  })
  it('are one line without invisible characters', () => {
    expect(oneLine(' a\n\u200bb\u202e\t c ', 10)).toBe('a b c')
  })
  it('are addresses of the web or nothing', () => {
    expect(webAddress('../x#y', 'https://e.test/a/b')).toBe('https://e.test/x')
    for (const other of ['javascript:1', 'data:,x', 'http://', '', null, `/${'x'.repeat(3000)}`])
      expect(webAddress(other, 'https://e.test/')).toBeNull()
  })
})
