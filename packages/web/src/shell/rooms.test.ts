/** Which rooms open to whom, and what stands at the address of one that does not. */
import type { Overview } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { isClosed, pagesFor, roomsFor } from './rooms.ts'

type You = Overview['you']
const owner: You = { principal: 'owner', role: 'owner', chats: true }
const member: You = { principal: 'member:1', role: 'member', chats: true }
const viewer: You = { principal: 'member:2', role: 'viewer', chats: false }
const elsewhere: You = { principal: 'owner', role: 'owner', chats: false }
const names = (you: You) => roomsFor(you).map(({ to }) => to)

test('each sees the rooms that open to them, and nothing of the others', () => {
  expect(names(member)).toEqual(['/chat', '/waiting', '/account'])
  expect(names(viewer)).toEqual(['/account'])
  expect(names(elsewhere)).toEqual(['/people', '/account'])
  expect(isClosed('/settings/callers', member)).toBe(true)
  expect(isClosed('/chat/751fdf76', viewer)).toBe(true)
  expect(isClosed('/account/tokens', viewer)).toBe(false)
  expect(isClosed('/people', elsewhere)).toBe(false)
  for (const room of names(owner)) expect(isClosed(room, owner)).toBe(false)
})

test('what is no room, and who is not known yet, is left to the router', () => {
  expect(isClosed('/authorize', viewer)).toBe(false)
  expect(isClosed('/peoples', viewer)).toBe(false)
  expect(isClosed('/settings', undefined)).toBe(false)
})

test('pages of the house are found by its owner alone, those of an account by everybody', () => {
  expect(pagesFor(false).every(({ to }) => to.startsWith('/account'))).toBe(true)
  expect(pagesFor(true).map(({ to }) => to)).toContain('/settings/providers')
})
