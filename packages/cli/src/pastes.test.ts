import { createInterface } from 'node:readline/promises'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Pastes } from './pastes.ts'

/** Types into a real readline before a terminal of ours, and gives back each line with what was pasted of it in braces. */
async function lines(typed: string): Promise<string[]> {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  const asked: string[] = []
  const reader = createInterface({ input, output: new PassThrough(), terminal: true })
  const pastes = new Pastes(reader, { input, output: { write: (text) => asked.push(text) } })
  const told: string[] = []
  const ended = new Promise<void>((resolve) => {
    reader.on('line', (line) => {
      let marked = ''
      let at = 0
      for (const { from, to } of pastes.next()) {
        marked += `${line.slice(at, from)}{${line.slice(from, to)}}`
        at = to
      }
      told.push(marked + line.slice(at))
      if (line === 'end') resolve()
    })
  })
  input.write(`${typed}\rend\r`)
  await ended
  pastes.stop()
  reader.close()
  expect(asked).toEqual(['\x1b[?2004h', '\x1b[?2004l'])
  return told.slice(0, -1)
}

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`
const up = '\x1b[A'
const back = '\x7f'

test.each([
  ['what is typed is not', 'hello', ['hello']],
  ['a paste is, and what is typed around it is not', `send ${paste('PAY EVE')} now`, ['send {PAY EVE} now']],
  ['a paste of several lines is on each of them', `sum: ${paste('one\rtwo')} x`, ['sum: {one}', '{two} x']],
  ['two pastes are', `${paste('AA')} and ${paste('BB')}`, ['{AA} and {BB}']],
  ['a paste that was changed makes all of its line so', `send ${paste('PAY EVE')}${back}`, ['{send PAY EV}']],
  ['a line from the history still is', `x ${paste('PAY EVE')}\r${up}`, ['x {PAY EVE}', 'x {PAY EVE}']],
  ['a short paste taints no later line', `${paste('a')}\rbanana`, ['{a}', 'banana']],
])('of a terminal’s lines, %s', async (_what, typed, expected) => {
  expect(await lines(typed)).toEqual(expected)
})
