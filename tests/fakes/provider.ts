/**
 * A sign-in provider on this machine that speaks OpenID Connect and plain OAuth 2.0 and does as its script says, good or bad:
 * it checks redirect URL, client secret, PKCE and that a code is used once, as a real one does. `tests/fakes/oidc.ts` is the
 * real thing; this one can lie.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'

type Json = { [name: string]: unknown }

/** What it does differently from now on. */
export interface Script {
  /** The account that signs in: claims of the id token, and the API's answer. */
  readonly account: Json
  readonly emails?: object
  /** The API's answer, where it differs from the claims. */
  readonly user?: object
  /** Changes the answer's parameters before the browser is sent back. */
  readonly answer?: (parameters: URLSearchParams) => void
  readonly claims?: (claims: Json) => Json
  /** Makes the whole id token. */
  readonly sign?: (claims: Json, keys: Keys) => Promise<string>
  readonly token?: (answer: Json) => unknown
  readonly discovery?: (document: Json) => Json
  /** Answers nothing at all on these paths. */
  readonly hang?: string
  /** Answers as always on this path, with 10 MB beside it. */
  readonly huge?: string
  /** Answers a redirect to /elsewhere on this path. */
  readonly redirect?: string
  /** Posts its answer, as Apple does. */
  readonly formPost?: true
  /** Which client secret it takes; the one below when absent. */
  readonly takes?: (secret: string) => boolean
  /** Leaves the id token out, as providers of plain OAuth do. */
  readonly plain?: boolean
}

export interface Keys {
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export interface TokenRequest {
  readonly form: URLSearchParams
  readonly authorization: string | undefined
}

export type FakeProvider = Awaited<ReturnType<typeof startProvider>>

export const clientId = 'castellan-at-home'
export const clientSecret = 'a-client-secret-of-the-tests'

interface Grant {
  readonly redirectUri: string
  readonly challenge: string | null
  readonly nonce: string | null
}

/** Starts it. */
export async function startProvider(first: Script) {
  const pair = await generateKeyPair('RS256', { extractable: true })
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const keys: Keys = { privateKey: pair.privateKey, publicJwk }
  const grants = new Map<string, Grant>()
  const tokenRequests: TokenRequest[] = []
  const asked: string[] = []
  let script = first
  let huge = false
  const web = await startWebServer((request, response) => {
    handle(request, response).catch((error) => response.writeHead(500).end(String(error)))
  })
  const issuer = web.url

  /** The answer; where the script says so, so large that nobody should read it. */
  function json(response: ServerResponse, value: object | undefined, status = 200): void {
    const body = JSON.stringify(huge ? { ...value, padding: 'x'.repeat(10_000_000) } : value)
    response.on('error', () => {})
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
    asked.push(pathname)
    if (script.hang === pathname) return
    huge = script.huge === pathname
    if (script.redirect === pathname) return void response.writeHead(307, { location: '/elsewhere' }).end()
    if (pathname === '/.well-known/openid-configuration') {
      const document = discovery(issuer)
      return json(response, script.discovery?.(document) ?? document)
    }
    if (pathname === '/jwks') return json(response, { keys: [publicJwk] })
    if (pathname === '/authorize') return authorize(searchParams, response)
    if (pathname === '/token') return token(request, response)
    if (pathname === '/user') return json(response, script.user ?? script.account)
    if (pathname === '/emails') return json(response, script.emails)
    response.writeHead(404).end()
  }

  function authorize(asked: URLSearchParams, response: ServerResponse): void {
    const code = randomBytes(16).toString('hex')
    const redirectUri = asked.get('redirect_uri') ?? ''
    grants.set(code, { redirectUri, challenge: asked.get('code_challenge'), nonce: asked.get('nonce') })
    const parameters = new URLSearchParams({ code, state: asked.get('state') ?? '', iss: issuer })
    script.answer?.(parameters)
    if (script.formPost === true || asked.get('response_mode') === 'form_post') {
      const fields = [...parameters].map(
        ([name, value]) => `<input type=hidden name="${name}" value="${value}">`,
      )
      response.writeHead(200, { 'content-type': 'text/html' })
      return void response.end(
        `<form method=post action="${redirectUri}">${fields.join('')}</form><script>document.forms[0].submit()</script>`,
      )
    }
    response.writeHead(303, { location: `${redirectUri}?${parameters}` }).end()
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await readAll(request))
    const { authorization } = request.headers
    tokenRequests.push({ form, authorization })
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    if (!knowsClient(form, authorization, script.takes))
      return json(response, { error: 'invalid_client' }, 401)
    if (grant === undefined || grant.redirectUri !== form.get('redirect_uri') || !provesKey(grant, form))
      return json(response, { error: 'invalid_grant' }, 400)
    const access_token = randomBytes(16).toString('hex')
    const answer: Json = { access_token, token_type: 'Bearer', expires_in: 3600 }
    if (script.plain !== true) answer['id_token'] = await idToken(grant)
    json(response, script.token?.(answer) ?? answer)
  }

  function idToken(grant: Grant): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: issuer, aud: clientId, iat: now, exp: now + 300, ...script.account }
    const claims = { ...usual, ...(grant.nonce === null ? {} : { nonce: grant.nonce }) }
    return (script.sign ?? signed)(script.claims?.(claims) ?? claims, keys)
  }

  return {
    issuer,
    keys,
    asked,
    tokenRequests,
    script(next: Partial<Script>) {
      script = { ...first, ...next }
    },
    /** What a browser does at the provider: goes there, says yes, and is told where to go back to. */
    async visit(url: string): Promise<URL> {
      const answer = await fetch(url, { redirect: 'manual' })
      return new URL(answer.headers.get('location') ?? 'about:blank')
    },
    close: () => web.close(),
  }
}

/** As it should be. */
export async function signed(claims: Json, { privateKey }: Keys): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey)
}

function discovery(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

function knowsClient(
  form: URLSearchParams,
  authorization: string | undefined,
  takes: (secret: string) => boolean = (given) => given === clientSecret,
): boolean {
  if (authorization === undefined)
    return form.get('client_id') === clientId && takes(form.get('client_secret') ?? '')
  const [id, secret] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
  return decodeURIComponent(id ?? '') === clientId && takes(decodeURIComponent(secret ?? ''))
}

function provesKey({ challenge }: Grant, form: URLSearchParams): boolean {
  if (challenge === null) return true
  const verifier = form.get('code_verifier') ?? ''
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}
