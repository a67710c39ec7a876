import { expect, test } from 'vitest'
import { weakness } from './choose.ts'

const known = ['Mia Holzer', 'mia.holzer@example.com', 'castle']

test.each([
  ['short', 'has fewer than 10 characters'],
  ['ünïcödé!!', 'has fewer than 10 characters'],
  ['aaaaaaaaaaaaaaaa', 'repeats the same few characters'],
  ['ababababababab', 'repeats the same few characters'],
  ['password123!', 'is one of those that everybody tries first'],
  ['P@ssw0rd2026', 'is one of those that everybody tries first'],
  ['1234567890', 'is one of those that everybody tries first'],
  ['qwertyuiop', 'is one of those that everybody tries first'],
  ['qwertyuiop12', 'is one of those that everybody tries first'],
  ['abcdefghijkl', 'is one of those that everybody tries first'],
  ['iloveyou!!!!', 'is one of those that everybody tries first'],
  ['correct horse battery staple', 'is one of those that everybody tries first'],
  ['holzer-was-here', 'holds your name, your address or the name of this house'],
  ['H0lzer-was-here', 'holds your name, your address or the name of this house'],
  ['ＨＯＬＺＥＲ-was-here', 'holds your name, your address or the name of this house'],
  ['my old castle door', 'holds your name, your address or the name of this house'],
])('refuses %s: it %s', (password, reason) => {
  expect(weakness(password, known)).toBe(reason)
})

test.each(['kettle rhubarb violin meadow', 'Tr0ubadour&3 lanterns', 'zwölf Äpfel im Regen', 'x9$Kq!vLm2#t'])(
  'takes %s',
  (password) => {
    expect(weakness(password, known)).toBeUndefined()
  },
)
