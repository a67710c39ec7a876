import { leakIndex } from '@castellan/kernel'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'

const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
const index = leakIndex([{ name: 'n', value }], new Uint8Array(32).fill(7))

/** What a logger writes, as text and parsed. */
function written(use: (log: ReturnType<typeof createLog>) => void) {
  const lines: string[] = []
  use(createLog({ level: 'debug', indexes: () => [index], to: { write: (line) => lines.push(line) } }))
  return { text: lines.join(''), lines: lines.map((line) => JSON.parse(line)) }
}

describe('the log', () => {
  test('writes a line of JSON with level, time, facts and words', () => {
    const { lines } = written((log) => log.info({ port: 80 }, 'listening'))
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), port: 80, msg: 'listening' },
    ])
  })

  test.each<[string, (log: ReturnType<typeof createLog>) => void]>([
    ['in the message', (log) => log.info(`token ${value}`)],
    ['in an argument of the message', (log) => log.info('token %s and %j', value, { value })],
    [
      'in arguments that meet',
      (log) => log.info('%s%s%s', value.slice(0, 11), value.slice(11, 22), value.slice(22)),
    ],
    ['in a fact', (log) => log.warn({ deep: { list: [value] } }, 'x')],
    ['in the name of a fact', (log) => log.warn({ [value]: 1 }, 'x')],
    ['in base64 in a fact', (log) => log.warn({ header: Buffer.from(`u:${value}`).toString('base64') }, 'x')],
    ['in an error', (log) => log.error(new Error(`failed: ${value}`))],
    [
      'in an error among facts',
      (log) => log.error({ error: new Error('x', { cause: new Error(value) }) }, 'failed'),
    ],
    [
      'in an error under err',
      (log) => log.error({ err: Object.assign(new Error(value), { url: `http://h/${value}` }) }, 'failed'),
    ],
    ['in what a child is bound to', (log) => log.child({ header: value }).info('x')],
    ['escaped', (log) => log.info({ body: JSON.stringify(JSON.stringify({ value })) }, 'x')],
  ])('writes no value that stands %s', (_, use) => {
    const { text, lines } = written(use)
    expect(text).not.toMatch(/4fZ9qTnW|a1l2ZS00Zlo5|saXZlLTRmWjl|LWxpdmUtNGZa/)
    expect(lines).toHaveLength(1)
  })

  test('writes nothing that stands under a telling name', () => {
    const { text, lines } = written((log) => {
      log.info({ headers: { authorization: 'abc', cookie: 'def' }, API_KEY: 'ghi', password: 'jkl' }, 'x')
      log.child({ github_token: 'mno' }).info('MAIL_PASSWORD=pqr')
    })
    expect(text).not.toMatch(/abc|def|ghi|jkl|mno|pqr/)
    expect(lines).toHaveLength(2)
  })

  test('keeps what an error says', () => {
    const { lines } = written((log) => log.error({ error: new TypeError('no such row') }, 'failed'))
    expect(lines[0]).toMatchObject({
      level: 'error',
      error: { type: 'TypeError', message: 'no such row', stack: expect.stringContaining('log.test.ts') },
    })
  })
})
