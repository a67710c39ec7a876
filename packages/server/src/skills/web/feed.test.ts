import { randomInt, randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createEgress } from '../../adapters/egress/index.ts'
import { testDatabase } from '../../testing/database.ts'
import { callSkill } from '../../testing/skill-call.ts'
import { startWebServer } from '../../testing/web-server.ts'
import { createReader } from '../reading/reader.ts'
import { feedFetch } from './feed.ts'

const rss = (items: string) =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title><link>https://e.test</link>${items}</channel></rss>`
const item = (id: string, date = '', more = '') =>
  `<item><guid isPermaLink="false">${id}</guid><title>Title ${id}</title><link>/posts/${id}</link>${date && `<pubDate>${date}</pubDate>`}${more}</item>`
let body = ''
let type = 'application/rss+xml'
const web = await startWebServer((request, response) => {
  if (request.url === '/gone') response.writeHead(410).end()
  else if (request.url === '/away') response.writeHead(301, { location: 'https://elsewhere.test/feed' }).end()
  else response.writeHead(200, { 'content-type': type }).end(body)
})
const db = await testDatabase()
const egress = createEgress({ allow: [`127.0.0.1:${web.port}`] })
const reader = createReader()
const now = new Date('2026-11-21T12:00:00Z')
const fetchFeed = feedFetch({ egress, reader, database: db.database, now: () => now })
afterAll(() => Promise.all([egress.close(), reader.close(), web.close(), db.close()]))
beforeEach(() => {
  type = 'application/rss+xml'
})

const url = () => `${web.url}/feed-${randomUUID()}`
const read = (args: object, context = {}) => callSkill(fetchFeed, { url: url(), ...args }, context)
const titles = (result: { value: unknown }) =>
  (result.value as { items: { title: string }[] }).items.map((each) => each.title.replace('Title ', ''))

describe('feed.fetch', () => {
  it('reads RSS 2.0: newest first, with age, absolute link and plain summary, all foreign', async () => {
    body = rss(
      item('old', 'Fri, 20 Nov 2026 12:00:00 GMT') +
        item(
          'new',
          'Sat, 21 Nov 2026 06:30:00 +0000',
          '<description>&lt;p&gt;Tom &amp;amp; &lt;b&gt;Jerry&lt;/b&gt;&lt;/p&gt;</description>',
        ),
    )
    const { branch, value, labels } = await read({})
    expect(branch).toBe('success')
    expect(value).toMatchObject({
      title: 'News',
      left_out: 0,
      items: [
        {
          title: 'Title new',
          link: `${web.url}/posts/new`,
          published: '2026-11-21T06:30:00.000Z',
          age_hours: 5.5,
          summary: 'Tom & Jerry',
        },
        { title: 'Title old', age_hours: 24, summary: '' },
      ],
    })
    expect(labels).toEqual({
      '': { sources: [`feed:127.0.0.1:${web.port}`], readers: 'everyone' },
      '/url': { sources: ['owner'], readers: 'everyone' },
    })
  })

  it('reads Atom', async () => {
    body = `<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">A &amp;amp; B</title><entry><id>urn:1</id>
      <title>One</title><link rel="self" href="/self"/><link href="https://e.test/1"/><updated>2026-11-21T11:00:00Z</updated>
      <summary type="html">&lt;i&gt;hi&lt;/i&gt;</summary></entry></feed>`
    expect((await read({})).value).toMatchObject({
      title: 'A & B',
      items: [{ title: 'One', link: 'https://e.test/1', age_hours: 1, summary: 'hi' }],
    })
  })

  it('resolves relative links of Atom against xml:base', async () => {
    body = `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://e.test/notes/"><title>A</title>
      <entry><id>urn:1</id><title>One</title><link href="one.html"/></entry>
      <entry xml:base="two/"><id>urn:2</id><title>Two</title><link href="two.html"/></entry>
      <entry xml:base="javascript:x"><id>urn:3</id><title>Three</title><link href="three.html"/></entry></feed>`
    const { value } = await read({})
    expect((value as { items: { link: string }[] }).items.map(({ link }) => link)).toEqual([
      'https://e.test/notes/one.html',
      'https://e.test/notes/two/two.html',
      'https://e.test/notes/three.html',
    ])
  })

  it('reads JSON Feed', async () => {
    type = 'application/feed+json'
    const items = [
      {
        id: '1',
        url: 'https://e.test/1',
        title: 'One',
        content_html: '<p>hi</p>',
        date_published: '2026-11-21T11:30:00Z',
      },
    ]
    body = JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', title: 'J', items })
    expect((await read({})).value).toMatchObject({
      title: 'J',
      items: [{ title: 'One', age_hours: 0.5, summary: 'hi' }],
    })
  })

  it('reads RDF', async () => {
    body = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel rdf:about="https://e.test"><title>R</title><link>https://e.test</link><description>d</description></channel>
      <item rdf:about="https://e.test/1"><title>One</title><link>https://e.test/1</link><dc:date>2026-11-21T10:00:00Z</dc:date></item></rdf:RDF>`
    expect((await read({})).value).toMatchObject({ title: 'R', items: [{ title: 'One', age_hours: 2 }] })
  })

  it('leaves out what is too old or too many, and keeps what has no date', async () => {
    body = rss(
      item('dateless') +
        item('old', 'Fri, 20 Nov 2026 11:00:00 GMT') +
        item('future', 'Sun, 22 Nov 2026 00:00:00 GMT') +
        item('nonsense', 'yesterday-ish') +
        item('new', 'Sat, 21 Nov 2026 11:00:00 GMT'),
    )
    const young = await read({ max_age_hours: 24 })
    expect(titles(young)).toEqual(['future', 'new', 'dateless', 'nonsense'])
    expect(young.value).toMatchObject({
      left_out: 1,
      items: [{ age_hours: 0 }, {}, { published: null, age_hours: null }, {}],
    })
    expect(titles(await read({ max_items: 2 }))).toEqual(['future', 'new'])
  })

  it('expands no entities of its own making', async () => {
    body = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>${rss('<item><title>&b;&f;</title></item>')}`
    const { value } = await read({})
    expect(JSON.stringify(value)).not.toMatch(/aaaa|root:/)
  })

  it('refuses links that are none of the web', async () => {
    body = rss(
      '<item><title>x</title><link>javascript:alert(1)</link></item><item><title>y</title><link>file:///etc</link></item>',
    )
    expect((await read({})).value).toMatchObject({ items: [{ link: null }, { link: null }] })
  })

  it.each([
    ['a page', '<html><p>hi'],
    ['nothing', ''],
    ['JSON', '{"a":1}'],
    ['damaged XML', '<rss version="2.0"><channel'],
  ])('says that %s is no feed', async (_title, text) => {
    body = text
    const result = await read({})
    expect(['not_a_feed', 'nothing_new']).toContain(result.branch)
  })

  it('names what stands in the way', async () => {
    expect((await callSkill(fetchFeed, { url: `${web.url}/gone` })).branch).toBe('not_found')
    expect(await callSkill(fetchFeed, { url: `${web.url}/away` })).toMatchObject({
      branch: 'redirected',
      value: { redirected_to: 'https://elsewhere.test/feed' },
    })
  })
})

describe('feed.fetch with only_new', () => {
  const many = (...ids: string[]) => rss(ids.map((id) => item(id)).join(''))
  const run = () => ({ run: randomUUID() })

  it('gives each item to one run only', async () => {
    const feed = url()
    body = many('a', 'b')
    expect(titles(await read({ url: feed, only_new: true }, run()))).toEqual(['a', 'b'])
    body = many('c', 'a', 'b')
    expect(titles(await read({ url: feed, only_new: true }, run()))).toEqual(['c'])
    expect((await read({ url: feed, only_new: true }, run())).branch).toBe('nothing_new')
    expect(titles(await read({ url: feed }, run()))).toEqual(['c', 'a', 'b'])
  })

  it('gives the same items again to a step that is repeated after a crash', async () => {
    const feed = url()
    const same = run()
    body = many('a', 'b')
    const first = await read({ url: feed, only_new: true }, same)
    expect(titles(await read({ url: feed, only_new: true }, same))).toEqual(titles(first))
  })

  it('keeps what did not fit for the next run', async () => {
    const feed = url()
    body = many('a', 'b', 'c')
    expect(titles(await read({ url: feed, only_new: true, max_items: 2 }, run()))).toEqual(['a', 'b'])
    expect(titles(await read({ url: feed, only_new: true, max_items: 2 }, run()))).toEqual(['c'])
  })

  it('remembers for each persona and feed apart, and survives ids of any length', async () => {
    const feed = url()
    // Incompressible, so that no index of PostgreSQL could hold it whole.
    const long = Array.from({ length: 1_900 }, () => String.fromCodePoint(0x4e00 + randomInt(20_000))).join(
      '',
    )
    body = many('a', long)
    const digest = { ...run(), principal: ['owner', 'agent:digest'] }
    expect(titles(await read({ url: feed, only_new: true }, run())).length).toBe(2)
    expect(titles(await read({ url: feed, only_new: true }, digest)).length).toBe(2)
    expect(titles(await read({ url: url(), only_new: true }, run())).length).toBe(2)
    expect((await read({ url: feed, only_new: true }, run())).branch).toBe('nothing_new')
  })

  it('splits items between runs that read at the same time', async () => {
    const feed = url()
    body = many('a', 'b', 'c', 'd')
    const results = await Promise.all(
      [1, 2, 3].map(() => read({ url: feed, only_new: true, max_items: 4 }, run())),
    )
    expect(results.flatMap(titles).sort()).toEqual(['a', 'b', 'c', 'd'])
  })
})
