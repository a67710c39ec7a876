/** What a password that somebody chooses must be: long enough, not one that everybody tries, not made of what is known. */
import { CastellanError } from '@castellan/contracts'

const least = 10

/**
 * The words that the passwords people choose most are built on (the heads of the published lists of leaked ones), besides
 * runs of the keyboard. With digits, signs and letters-as-digits taken away, what is left must be none of them.
 */
const common = new Set(
  (
    'abcdef abc abcabc access admin administrator alexander amanda america andrea andrew angel arsenal ashley asdf ' +
    'asdfgh asdfghjkl azerty azertyuiop bailey barcelona baseball basketball batman butterfly castellan changeme ' +
    'charlie cheese chelsea chocolate computer cookie correcthorsebatterystaple daniel default dragon ferrari flower ' +
    'football freedom friends george ginger google hannah hello helloworld hockey hunter iloveyou internet jennifer ' +
    'jessica jordan joshua justin killer letmein liverpool login loveme lovely maggie manchester master matrix ' +
    'matthew merlin michael michelle monkey mustang mypassword nicole nothing orange pass passw passwd passwort ' +
    'password passwordpassword pepper pokemon princess purple qazwsx qazwsxedc qwer qwert qwertz qwerty qwertyui ' +
    'qwertyuiop qwertyqwerty qwertzuiop ranger robert root rootroot samsung secret secretpassword shadow silver ' +
    'soccer spiderman starwars summer sunshine superman superuser taylor test testtest testing thisisapassword thomas ' +
    'thunder tigger trustno trustnoone user username victoria welcome welcomehome whatever william winter yankees ' +
    'yourpassword zaq zaqxsw zxcvbn zxcvbnm'
  ).split(' '),
)
const runs = [
  '01234567890123456789',
  '98765432109876543210',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
]
const stands: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Refuses with `bad_request` a password that must not be chosen; `known` is what a stranger knows of the person. */
export function requireGoodPassword(password: string, known: readonly string[]): void {
  const reason = weakness(password, known)
  if (reason === undefined) return
  throw new CastellanError('bad_request', `This password ${reason}. Nothing was changed.`, {
    hint: 'four or five words that belong to nothing of you are easy to keep and hard to guess',
    details: { field: 'password' },
  })
}

/** Why a password must not be chosen, as the end of a sentence; undefined when it may be. */
export function weakness(password: string, known: readonly string[]): string | undefined {
  if ([...password].length < least) return `has fewer than ${least} characters`
  const plain = password.normalize('NFKC').toLowerCase()
  if (new Set(plain).size < 5) return 'repeats the same few characters'
  const spelled = spell(plain)
  for (const word of known.flatMap(wordsOf))
    if (plain.includes(word) || spelled.includes(word))
      return 'holds your name, your address or the name of this house'
  // What is hung on at the end is no letter in disguise.
  const head = spell(plain.replace(/[^\p{L}]+$/u, ''))
  if ([plain, spelled, head].some(isCommon)) return 'is one of those that everybody tries first'
  return undefined
}

const spell = (text: string): string => text.replace(/[013457@$!]/g, (sign) => stands[sign] ?? sign)

function isCommon(text: string): boolean {
  const letters = text.replace(/[^\p{L}]/gu, '')
  if (common.has(letters)) return true
  // A run of the keyboard, whole or with a few signs around it.
  const bare = text.replace(/[^\p{L}\p{N}]/gu, '')
  return runs.some((run) => longestShared(bare, run) >= Math.max(6, bare.length - 3))
}

function longestShared(text: string, run: string): number {
  for (let length = text.length; length > 3; length--)
    for (let at = 0; at + length <= text.length; at++)
      if (run.includes(text.slice(at, at + length))) return length
  return 0
}

function wordsOf(text: string): string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
  // A short word is in too many others; the end of a domain belongs to nobody.
  return words.filter((word) => word.length >= 4 && word !== 'mail' && word !== 'example')
}
