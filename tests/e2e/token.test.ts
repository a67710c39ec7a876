/** Tokens in a real house: the command line, an app that signs in through a real browser, and the pages that show it. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Minted, NewPersonalToken, TokenAnswer } from '@castellan/contracts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let browser: Browser
let owner: Visitor
let page: Page
showWhenFailed(() => house)

beforeAll(async () => {
  house = await startInstance()
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  page = owner.page
  await page.goto(house.link)
  await page.getByRole('navigation').first().waitFor()
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

const ask = (path: string, token: string) =>
  fetch(new URL(path, house.url), { headers: { authorization: `Bearer ${token}` } })

describe('castellan token', () => {
  test('mints one for a test, which works until it has expired or was ended', async () => {
    const { code, stdout } = await house.cli(['token', '--json'])
    expect(code).toBe(0)
    const minted = Minted.parse(JSON.parse(stdout))
    expect(minted.role).toBe('owner')
    expect((await ask('/api/overview', minted.token)).status).toBe(200)
    expect((await ask('/api/settings', minted.token)).status).toBe(403)
    const plain = await house.cli([
      'token',
      'mint',
      '--role',
      'viewer',
      '--scope',
      'read',
      'data',
      '--minutes',
      '5',
    ])
    expect(plain.stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const wrong = await house.cli(['token', 'mint', '--person', 'nobody@example.com', '--json'])
    expect(wrong.code).toBe(1)
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'not_found' } })
  })

  test('makes, lists and revokes personal tokens', async () => {
    const made = await house.cli(['token', 'create', 'backup', '--scope', 'read', '--days', '7', '--json'])
    const { token, view } = NewPersonalToken.parse(JSON.parse(made.stdout))
    expect((await ask('/api/overview', token)).status).toBe(200)
    const listed = await house.cli(['token', 'list'])
    expect(listed.stdout).toContain('backup')
    expect(listed.stdout).not.toContain(token)
    expect((await house.cli(['token', 'revoke', view.id])).code).toBe(0)
    expect((await ask('/api/overview', token)).status).toBe(401)
    expect((await house.cli(['token', 'revoke', view.id])).code).toBe(1)
  })

  test('rotates keys, and says what Hasura needs', async () => {
    const before = await house.cli(['token', '--json'])
    const { token } = Minted.parse(JSON.parse(before.stdout))
    const slow = JSON.parse((await house.cli(['token', 'rotate-keys', '--json'])).stdout)
    expect(slow.keys.map((key: { state: string }) => key.state)).toEqual(['signing', 'next'])
    expect((await ask('/api/overview', token)).status).toBe(200)
    await house.cli(['token', 'rotate-keys', '--now'])
    expect((await ask('/api/overview', token)).status).toBe(401)
    const { stdout } = await house.cli(['token', 'hasura'])
    expect(JSON.parse(stdout)).toMatchObject({
      jwk_url: `${house.url}/.well-known/jwks.json`,
      claims_namespace: 'https://hasura.io/jwt/claims',
    })
  })
})

describe('an app on this machine', () => {
  const verifier = randomBytes(32).toString('base64url')
  let listener: Server
  let redirect: string
  let arrived: Promise<URL>

  beforeAll(async () => {
    arrived = new Promise((resolve) => {
      listener = createServer((request, answer) => {
        const url = new URL(request.url ?? '', redirect)
        answer.end('You can go back to the app.')
        if (url.pathname === '/cb') resolve(url)
      })
    })
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', () => ready()))
    redirect = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/cb`
    const added = await house.cli([
      'token',
      'client',
      'add',
      'notes',
      '--name',
      'Notes',
      '--redirect',
      'http://127.0.0.1/cb',
    ])
    expect(added.code).toBe(0)
  })
  afterAll(() => listener.close())

  test('is let in by a person at the page, and signed out there again', async () => {
    const query = new URLSearchParams({
      ...{
        response_type: 'code',
        client_id: 'notes',
        redirect_uri: redirect,
        scope: 'read data',
        state: '1e5',
      },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    await page.goto(`${house.url}/auth/authorize?${query}`)
    await page.getByText('wants to act for you').waitFor()
    expect(await axe(page)).toEqual([])
    expect(owner.faults).toEqual([])
    await page.screenshot({ path: '/tmp/tokens-consent.png' })
    await page.getByRole('button', { name: 'Let Notes in' }).click()
    const { searchParams } = await arrived
    await page.waitForURL(/\/cb\?code=/)
    expect(searchParams.get('state')).toBe('1e5')
    expect(searchParams.get('iss')).toBe(house.url)
    const answer = await fetch(new URL('/auth/token', house.url), {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', client_id: 'notes', redirect_uri: redirect },
        ...{ code: searchParams.get('code') ?? '', code_verifier: verifier },
      }),
    })
    expect(answer.status).toBe(200)
    const { access_token, scope } = TokenAnswer.parse(await answer.json())
    expect(scope).toBe('read data')
    expect((await ask('/api/overview', access_token)).status).toBe(200)

    await page.goto(`${house.url}/account/tokens`)
    await page.getByRole('button', { name: 'Sign out Notes' }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.screenshot({ path: '/tmp/tokens-account.png', fullPage: true })
    await page.getByRole('button', { name: 'Sign out Notes' }).click()
    await page.getByRole('button', { name: 'Sign out Notes' }).click()
    await page.getByRole('button', { name: 'Sign out Notes' }).waitFor({ state: 'detached' })
    expect((await ask('/api/overview', access_token)).status).toBe(401)
  })

  test('is told no when the person says no', async () => {
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: 'notes', redirect_uri: redirect },
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    await page.goto(`${house.url}/auth/authorize?${query}`)
    await page.getByRole('button', { name: 'No', exact: true }).click()
    await page.waitForURL(/error=access_denied/)
  })

  test('that nobody registered stays on the page, with the reason', async () => {
    await page.goto(`${house.url}/auth/authorize?client_id=evil&redirect_uri=https://evil.example/`)
    await page.getByText('No app of that name is registered here').waitFor()
    expect(new URL(page.url()).origin).toBe(house.url)
  })
})

describe('the pages', () => {
  test('make a personal token that is shown once', async () => {
    await page.goto(`${house.url}/account/tokens`)
    await page.getByRole('button', { name: 'Make a token' }).click()
    await page.getByLabel('What it is for').fill('thermometer')
    await page.getByRole('checkbox', { name: /^data/ }).check()
    expect(await axe(page)).toEqual([])
    await page.screenshot({ path: '/tmp/tokens-new.png', fullPage: true })
    await page.getByRole('button', { name: 'Make the token' }).click()
    const shown = page.locator('[data-token]')
    await shown.waitFor()
    expect(await shown.textContent()).toMatch(/^csp_/)
    await page.screenshot({ path: '/tmp/tokens-made.png' })
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('heading', { name: 'thermometer' }).waitFor()
    expect(await shown.count()).toBe(0)
  })

  test('register and remove an app, and read well on a phone in the dark', async () => {
    await page.goto(`${house.url}/settings/apps`)
    await page.getByRole('button', { name: 'Register an app' }).click()
    await page.getByLabel('Name').fill('Diary')
    await page.getByLabel('Id').fill('diary')
    await page.getByLabel('Addresses').fill('myapp:/callback')
    await page.getByRole('button', { name: 'Register the app' }).click()
    await page.getByText('needs a scheme of the form com.example.app').waitFor()
    await page.getByLabel('Addresses').fill('com.example.diary:/callback')
    await page.getByRole('button', { name: 'Register the app' }).click()
    await page.getByRole('heading', { name: 'Diary' }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.screenshot({ path: '/tmp/tokens-apps.png' })
    const state = await page.context().storageState()
    const phone = await visit(browser, house.url, {
      ...{ storageState: state, colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    })
    await phone.page.goto(`${house.url}/settings/apps`)
    await phone.page.getByRole('heading', { name: 'Diary' }).waitFor()
    await phone.page.screenshot({ path: '/tmp/tokens-apps-phone.png' })
    await phone.page.goto(`${house.url}/account/tokens`)
    await phone.page.getByRole('heading', { name: 'thermometer' }).waitFor()
    await phone.page.screenshot({ path: '/tmp/tokens-account-phone.png', fullPage: true })
    // Nothing is wider than the phone.
    const width = 'document.querySelector("section.room").scrollWidth'
    expect(await phone.page.evaluate(width)).toBeLessThanOrEqual(390)
    await phone.close()
    await page.getByRole('button', { name: 'Remove Diary' }).click()
    await page.getByRole('button', { name: 'Remove Diary' }).click()
    await page.getByRole('heading', { name: 'Diary' }).waitFor({ state: 'detached' })
  })
})
