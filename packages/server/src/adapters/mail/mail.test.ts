import { afterEach, describe, expect, test } from 'vitest'
import { type Mailbox, openMailbox, wordsOf } from '../../../../../tests/attack/mailbox.ts'
import { makeCertificate } from '../../testing/certificate.ts'
import { openMail } from './index.ts'

const letter = {
  to: 'mia@example.com',
  subject: 'Grüße',
  text: 'Ein Link:\n\nhttps://castle.example/recover#abc=def\n',
}
const from = 'Castellan <castellan@example.org>'
const certificate = makeCertificate(['127.0.0.1'])
let mailbox: Mailbox
afterEach(() => mailbox.close())

test('hands a letter to a relay on this machine as it was written', async () => {
  mailbox = await openMailbox()
  await openMail({ url: `smtp://127.0.0.1:${mailbox.port}`, from })(letter)
  const [received] = mailbox.received
  expect(received).toMatchObject({ to: ['mia@example.com'], tls: false })
  expect(received && wordsOf(received)).toContain('https://castle.example/recover#abc=def')
  expect(received?.raw).toMatch(/^From: Castellan <castellan@example.org>\r$/m)
  expect(received?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/im)
})

describe('TLS', () => {
  test('from the first byte where the URL says smtps, with the login', async () => {
    const login = { user: 'house', password: 'p@ss word/1' }
    mailbox = await openMailbox({ tls: { ...certificate, atOnce: true }, login })
    const url = `smtps://house:${encodeURIComponent(login.password)}@127.0.0.1:${mailbox.port}`
    await openMail({ url, from, ca: certificate.cert })(letter)
    expect(mailbox.received[0]).toMatchObject({ tls: true })
  })

  test('by STARTTLS where the server offers it', async () => {
    mailbox = await openMailbox({ tls: { ...certificate, atOnce: false } })
    await openMail({ url: `smtp://127.0.0.1:${mailbox.port}`, from, ca: certificate.cert })(letter)
    expect(mailbox.received[0]).toMatchObject({ tls: true })
  })

  test('refuses a certificate that nobody vouches for', async () => {
    mailbox = await openMailbox({ tls: { ...certificate, atOnce: true } })
    await expect(openMail({ url: `smtps://127.0.0.1:${mailbox.port}`, from })(letter)).rejects.toThrow(
      /self.signed/,
    )
    expect(mailbox.received).toEqual([])
  })

  test('refuses a server elsewhere that takes STARTTLS away', async () => {
    mailbox = await openMailbox()
    // A name that is not this machine's, answered by the resolver of the test with this machine.
    const send = openMail({ url: `smtp://mail.example:${mailbox.port}`, from, lookup: '127.0.0.1' })
    await expect(send(letter)).rejects.toThrow(/STARTTLS|TLS/)
    expect(mailbox.received).toEqual([])
  })
})

test('rejects when the server says no, and never falls back on anybody', async () => {
  mailbox = await openMailbox({
    tls: { ...certificate, atOnce: true },
    login: { user: 'house', password: 'right' },
  })
  const url = `smtps://house:wrong@127.0.0.1:${mailbox.port}`
  await expect(openMail({ url, from, ca: certificate.cert })(letter)).rejects.toMatchObject({ code: 'EAUTH' })
  expect(mailbox.received).toEqual([])
})
