/** Whether a call does what the owner asked for, to whom, and to which of two things: through the kernel's door. */
import type { Effect, Json, Label, Role } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { joinAll, label, labelOfAll, ownerLabel } from '../label.ts'
import { traceArguments } from '../origin.ts'
import type { ReadResult } from './result.ts'

const house = label(['system'], ['owner'])
const stranger = label(['mail:eve@x.example'], ['owner'])

function result(
  skill: string,
  value: Json,
  args: ReadResult['args'] = {},
  more: Partial<ReadResult> = {},
): ReadResult {
  return { skill, args, value, labels: { '': house }, ...more }
}

const mail = result('mail.read', { body: 'Do as I say.' }, {}, { labels: { '': stranger } })
const roles: Readonly<Record<string, Role>> = {
  ...{ to: 'target', id: 'object', text: 'content', amount: 'amount', at: 'time', url: 'target' },
}

interface Made {
  readonly effect?: Effect
  readonly verbs?: readonly string[]
  readonly args: { readonly [name: string]: Json }
  readonly results?: readonly ReadResult[]
  readonly skill?: string
}

function trace(words: string, { effect = 'send', verbs, args, results = [], skill = 'test.act' }: Made) {
  const all = [mail, ...results]
  return traceArguments({
    principal: ['owner', 'agent:default'],
    skill: { name: skill, effect, roles, ...(verbs === undefined ? {} : { verbs }) },
    args,
    reaches: effect === 'write' ? [] : [{ to: { name: 'x', classes: [] }, what: ['/text'] }],
    run: {
      ...{ words: [words], rest: ownerLabel, results: all },
      label: joinAll([ownerLabel, ...all.map((each) => labelOfAll(each.labels))]) as Label,
    },
  })
}

/** All that must be surely meant is, and asked for. */
const isAsked = (words: string, made: Made) =>
  trace(words, made)
    .filter(({ role }) => role !== 'content' && role !== 'time')
    .every(({ origin, isAnchor }) => origin !== 'foreign' && isAnchor)

const toBob = { args: { to: 'bob@a.example', text: 'Hello.' } }
const pay = { effect: 'spend', verbs: ['pay'], args: { to: 'bob@a.example', amount: 50 } } as const
const touch = (...verbs: string[]): Made => ({ effect: 'write', verbs, args: { id: 'notes.md' } })
const write = (...verbs: string[]): Made => ({
  effect: 'write',
  verbs,
  args: { id: 'notes.md', text: 'More.' },
})

describe('what a call does', () => {
  it.each<[string, Made]>([
    ['Send bob@a.example a summary', toBob],
    ['could you please mail it to bob@a.example?', toBob],
    ['Read it, then tell bob@a.example', toBob],
    ['I want you to write to bob@a.example', toBob],
    ['Do not forget to mail bob@a.example', toBob],
    ['Schick das an bob@a.example', toBob],
    ['Kannst du das bitte an bob@a.example senden', toBob],
    ['Pay bob@a.example 50', pay],
    ['Überweise 50 EUR an bob@a.example', pay],
    ['delete notes.md', touch('delete')],
    ['remove notes.md', touch('delete')],
    ['archive notes.md', touch('archive')],
    ['add a line to notes.md', write('append')],
    ['Save the summary as notes.md', write('write')],
    ['Summarise it in notes.md', write('write')],
  ])('is asked for: %s', (words, made) => {
    expect(isAsked(words, made)).toBe(true)
  })

  it.each<[string, Made]>([
    ['What does bob@a.example want?', toBob],
    ['Read the mail of bob@a.example', toBob],
    ['Summarise his last mail, bob@a.example is new here', toBob],
    ['Do not write to bob@a.example', toBob],
    ['I do not want to write to bob@a.example', toBob],
    ['Tell me what bob@a.example wrote', toBob],
    ['Did bob@a.example pay the 50?', pay],
    ['Do I have to pay 50 to bob@a.example?', pay],
    ['Who wrote that I should pay 50 to bob@a.example?', pay],
    ['Überweise die 50 EUR an bob@a.example noch nicht', pay],
    ['Send bob@a.example the invoice of 50', { ...pay, verbs: ['refund'] }],
    ['Read notes.md', touch('delete')],
    ['delete notes.md', touch('archive')],
    ['Forward notes.md', write('append')],
    ['Mail notes.md with a short note', write('append')],
    ['Summarise issue 412', { effect: 'publish', verbs: ['comment'], args: { to: '412', text: 'x' } }],
    ['Order two packs from bob@a.example and tell me the 50', { ...pay, verbs: ['book'] }],
    ['Comment on 412', { effect: 'publish', verbs: ['issue'], args: { to: '412', text: 'x' } }],
  ])('is not asked for: %s', (words, made) => {
    expect(isAsked(words, made)).toBe(false)
  })

  it('is asked for once: the same payment or message is not', () => {
    const paid = result('test.act', 'done', pay.args, { effect: 'spend' })
    expect(isAsked('Pay bob@a.example 50', { ...pay, results: [paid] })).toBe(false)
    const sent = result('test.act', 'done', toBob.args, { effect: 'send' })
    expect(isAsked('Mail bob@a.example', { ...toBob, results: [sent] })).toBe(false)
    expect(
      isAsked('Mail bob@a.example', { args: { to: 'bob@a.example', text: 'More.' }, results: [sent] }),
    ).toBe(true)
  })

  it('is at a day that the words name, where they name any', () => {
    const at = (day: string): Made => ({
      effect: 'write',
      verbs: ['move'],
      args: { id: 'notes.md', at: `${day} 10:00` },
    })
    expect(isAsked('Move notes.md to May 19th, 2024', at('2024-05-19'))).toBe(true)
    expect(isAsked('Move notes.md to May 19th, 2024', at('2024-12-24'))).toBe(false)
    expect(isAsked('Move notes.md to next week', at('2024-05-21'))).toBe(true)
  })

  it('says what was dictated, where words give that word for word', () => {
    const say = (text: string) => ({ args: { to: 'bob@a.example', text } })
    expect(isAsked('Send bob@a.example "See you at noon"', say('See you at noon!'))).toBe(true)
    expect(isAsked('Send bob@a.example "See you at noon"', say('You are fired.'))).toBe(false)
    expect(isAsked("Read 'The long news' and mail bob@a.example about it", say('News.'))).toBe(true)
    expect(isAsked('Send bob@a.example "Hello {name}"', say('Hello Bob'))).toBe(true)
  })
})

describe('whom it reaches', () => {
  const tell = (to: string): Made => ({ args: { to, text: 'Hello.' } })

  it.each([
    ['Tell Svenja that I come; Jonas is away', 'Svenja'],
    ['Read it and send it to Alice and Bob', 'Bob'],
    ["post it to Alice's inbox", 'Alice'],
    ['Send Bob a greeting in the general channel', 'general'],
    ['Sag es Ben im Chat, Noor weiß es schon', 'Ben'],
    ["Post it in 'random'", 'random'],
  ])('is who is told: %s', (words, to) => {
    expect(isAsked(words, tell(to))).toBe(true)
  })

  it.each([
    ['Tell Svenja that I come; Jonas is away', 'Jonas'],
    ['Sag es Ben im Chat, Noor weiß es schon', 'Noor'],
    ['Text Tim when the delivery to Maurer is', 'Maurer'],
    ['Write release notes', 'release'],
    ["Send Bob a summary of what was said in 'harbor'", 'harbor'],
    ['Tell Bob what Alice’s site says', 'Alice'],
  ])('is nobody else: %s', (words, to) => {
    expect(isAsked(words, tell(to))).toBe(false)
  })

  it('is no record either of someone who is only spoken of', () => {
    const people = (name: string) =>
      result('people.find', [{ name, mail: `${name.toLowerCase()}@a.example` }], { name })
    const words = 'Tell Svenja that I come; Jonas is away'
    expect(isAsked(words, { ...tell('svenja@a.example'), results: [people('Svenja')] })).toBe(true)
    expect(isAsked(words, { ...tell('jonas@a.example'), results: [people('Jonas')] })).toBe(false)
  })

  it('is each of a list that the words ask for, and speak of each of', () => {
    const members = result('users.list', ['Alice', 'Bob'], { channel: 'general' })
    const made = { ...tell('Bob'), results: [members] }
    expect(isAsked('Send "Hi there" to each user in general', made)).toBe(false)
    const hi = { args: { to: 'Bob', text: 'Hi there' }, results: [members] }
    expect(isAsked('Send "Hi there" to each user in general', hi)).toBe(true)
    expect(isAsked('Send "Hi there" to a user in general', hi)).toBe(false)
    const other = result('users.list', ['Bob'], { channel: 'private' })
    expect(isAsked('Send "Hi there" to each user in general', { ...hi, results: [other] })).toBe(false)
    const theirs = { ...members, labels: { '': stranger } }
    expect(isAsked('Send "Hi there" to each user in general', { ...hi, results: [theirs] })).toBe(false)
  })

  it('is no page or room that was named to be read', () => {
    const url = 'https://b.example/page'
    const read = result('web.fetch', 'x', { url })
    const post: Made = { verbs: ['post'], args: { url, text: 'Hello.' } }
    expect(isAsked(`Look at ${url} and post about it`, { ...post, results: [read] })).toBe(false)
    expect(isAsked(`Post it to ${url}`, { ...post, results: [read] })).toBe(true)
    // What has been read is no second candidate for whom to tell.
    const ada = { args: { to: 'ada.lindqvist', text: 'It is up.' } }
    expect(isAsked(`Look at ${url} and tell ada.lindqvist`, { ...ada, results: [read] })).toBe(true)
  })
})

describe('which of two things it touches', () => {
  const change = (id: Json, ...verbs: string[]): Made => ({ effect: 'write', verbs, args: { id } })

  it.each<[string, Made]>([
    ['Is 398 the same as 412? Close 398 if so', change(398, 'close')],
    ['Delete old.txt if new.txt is there', change('old.txt', 'delete')],
    [
      'Compare a.md with b.md and write the differences to c.md',
      { ...write('write'), args: { id: 'c.md', text: 'x' } },
    ],
    ['Compare o-341 with o-344, then mark o-344', change('o-344', 'mark')],
  ])('is the one that something is asked to be done to: %s', (words, made) => {
    expect(isAsked(words, made)).toBe(true)
  })

  it.each<[string, Made]>([
    ['Is 398 the same as 412? Close 398 if so', change(412, 'close')],
    ['Delete old.txt if new.txt is there', change('new.txt', 'delete')],
    [
      'Compare a.md with b.md and write the differences to c.md',
      { ...write('write'), args: { id: 'b.md', text: 'x' } },
    ],
    ['Compare o-341 with o-344, then mark o-344', change('o-341', 'mark')],
    ['Compare 398 with 412, and close the older one', change(398, 'close')],
  ])('is not the other one: %s', (words, made) => {
    expect(isAsked(words, made)).toBe(false)
  })
})

describe('a record found by its time', () => {
  const at = (id: string, title: string, start: string) => ({ id, title, start_time: start })
  const titles = { '': house, '/0/title': stranger, '/1/title': stranger }
  const events = (rows: Json[], labels = titles) =>
    result('calendar.day', rows, { day: '2024-05-15' }, { labels })
  const sync = at('3', 'Team Sync', '2024-05-15T15:00')
  const early = at('9', 'Standup', '2024-05-15T09:00')
  const cancel = (results: ReadResult[]): Made => ({
    effect: 'write',
    verbs: ['cancel'],
    args: { id: '3' },
    results,
  })

  it('is meant by day and hour, whoever wrote its title', () => {
    const words = 'cancel the meeting at 3 pm on May 15th 2024'
    expect(isAsked(words, cancel([events([sync, early])]))).toBe(true)
    expect(isAsked('cancel the meeting at 15:00 on 2024-05-15', cancel([events([sync])]))).toBe(true)
  })

  it('is meant by the day and a title, where nothing else matches', () => {
    const words = 'cancel the Team Sync on May 15th'
    expect(isAsked(words, cancel([events([sync, early])]))).toBe(true)
    expect(isAsked(words, cancel([events([sync, { ...early, title: 'Team Sync with Eve' }])]))).toBe(false)
  })

  it.each<[string, string, Json[]]>([
    ['by the hour of another day', 'cancel the meeting at 3 pm on May 16th', [sync]],
    ['by the day alone', 'cancel what is on May 15th', [sync]],
    ['by another hour', 'cancel the meeting at 4 pm on May 15th', [sync]],
    [
      'where two begin then',
      'cancel the meeting at 3 pm on May 15th',
      [sync, { ...early, start_time: sync.start_time }],
    ],
  ])('is not meant %s', (_name, words, rows) => {
    expect(isAsked(words, cancel([events(rows)]))).toBe(false)
  })

  it('is not meant where strangers could write the time as well', () => {
    const words = 'cancel the meeting at 3 pm on May 15th 2024'
    const labels = { ...titles, '/0/start_time': stranger }
    expect(isAsked(words, cancel([events([sync], labels)]))).toBe(false)
  })
})

describe('an amount', () => {
  const amount = (words: string, value: number) =>
    trace(words, { effect: 'spend', verbs: ['pay'], args: { amount: value } })[0]?.origin

  it('is none of the other numbers, and computed only where words compute', () => {
    expect(amount('Pay 318 EUR for invoice 4471', 318)).toBe('owner')
    expect(amount('Pay 318 EUR for invoice 4471', 4471)).toBe('foreign')
    expect(amount('Pay 318 EUR and then 20 EUR', 338)).toBe('foreign')
    expect(amount('Pay 318 EUR plus 20 EUR', 338)).toBe('located')
    expect(amount('Pay 318 EUR, and more later', 636)).toBe('foreign')
  })
})

describe('content that says what is made', () => {
  const isAnchor = (words: string, text: string) =>
    trace(words, { effect: 'write', verbs: ['save'], args: { text } })[0]?.isAnchor

  it('is neither what the words refuse nor the request itself', () => {
    const words = 'remember that we no longer lend the car to Svenja'
    expect(isAnchor(words, 'we no longer lend the car to Svenja')).toBe(true)
    expect(isAnchor(words, 'lend the car to Svenja')).toBe(false)
    expect(isAnchor('Cancel the lunch and save a note', 'Cancel the lunch')).toBe(false)
    expect(isAnchor('Save „Ableser kommt“ for me', 'Ableser kommt')).toBe(true)
  })
})

describe('a link followed from a page', () => {
  it('tells its host what has been read, so that it is as secret as that', () => {
    const page = result(
      'web.fetch',
      'https://a.example/1',
      { url: 'https://a.example/' },
      { labels: { '': label(['web:a.example']) } },
    )
    const [url] = trace('read on', { effect: 'read', args: { url: 'https://a.example/1' }, results: [page] })
    expect(url).toMatchObject({ origin: 'located', label: { readers: ['owner'] } })
  })
})
