/** What the house writes to people. Short, without anything that a stranger chose, and always with what to do if it was not them. */
import type { Letter } from './types.ts'

const signed = (house: string, lines: readonly string[]): string =>
  [
    ...lines,
    '',
    `This mail comes from the Castellan "${house}". Nobody there will ask you for a password.`,
    '',
  ].join('\n')

/** A link that lets somebody join. */
export const invitationLetter = (house: string, to: string, url: string): Letter => ({
  to,
  subject: `You are invited to ${house}`,
  text: signed(house, [
    `You are invited to ${house}. Open this link within 72 hours to choose your password; it works once:`,
    '',
    url,
    '',
    'If you expected no invitation, do nothing.',
  ]),
})

/** A link that confirms a new address. */
export const confirmLetter = (house: string, to: string, url: string): Letter => ({
  to,
  subject: `Confirm this address for ${house}`,
  text: signed(house, [
    `Somebody wants to use this address at ${house}. If it was you, open this link within 24 hours:`,
    '',
    url,
    '',
    'If it was not you, do nothing: without the link nothing changes.',
  ]),
})

/** Tells the old address that a new one was asked for. */
export const changingLetter = (house: string, to: string, url: string): Letter => ({
  to,
  subject: `Your address at ${house} is about to change`,
  text: signed(house, [
    `Somebody who is signed in as you asked to use another e-mail address at ${house}.`,
    '',
    'If it was not you, open this link within 72 hours. It puts this address back, also if the change has happened',
    'by then, and signs everybody out:',
    '',
    url,
    '',
    'If it was you, do nothing.',
  ]),
})

/** A link that sets a new password. */
export const recoveryLetter = (house: string, to: string, url: string): Letter => ({
  to,
  subject: `A new password for ${house}`,
  text: signed(house, [
    `Somebody asked for a new password at ${house}. If it was you, open this link within 30 minutes; it works once:`,
    '',
    url,
    '',
    'If it was not you, do nothing: your password stays as it is, and signing in with it makes the link worthless.',
  ]),
})

/** Tells somebody that their password was replaced. */
export const recoveredLetter = (house: string, to: string): Letter => ({
  to,
  subject: `Your password at ${house} was replaced`,
  text: signed(house, [
    `Your password at ${house} was replaced by way of a link, and every session and token of yours was ended.`,
    '',
    'If it was not you, tell the owner of the house now; they can close the account.',
  ]),
})

/** Tells somebody that their passkeys and codes were taken away. */
export const proofsResetLetter = (house: string, to: string): Letter => ({
  to,
  subject: `Your passkeys and codes at ${house} were taken away`,
  text: signed(house, [
    `Your passkeys, one-time codes and recovery codes at ${house} were taken away by its owner, and every session and token`,
    'of yours was ended. Your password is as it was.',
    '',
    'If you asked for it, sign in and make new ones. If you did not, talk to the owner in person.',
  ]),
})
