/**
 * Frozen: what a browser is told to allow, and what answers without a session. A new row of the open list needs a reason
 * in a review, not only in the file; a weaker header is a hole.
 */
import { expect, test } from 'vitest'
import { securityHeaders } from '../../packages/server/src/http/headers.ts'
import { isOpen, machinePrefixes, openRoutes } from '../../packages/server/src/http/open.ts'

const headers = {
  'x-xss-protection': '0',
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy':
    'accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), ' +
    'magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(self), serial=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'nonce-NONCE'; style-src 'self' 'nonce-NONCE'; " +
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'self'",
}

test('the security headers', () => {
  expect(securityHeaders('NONCE', false)).toEqual(headers)
  expect(securityHeaders('NONCE', true)).toEqual({
    ...headers,
    'strict-transport-security': 'max-age=31536000',
  })
})

test('the open list', () => {
  expect(openRoutes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /healthz',
    'GET /readyz',
    'GET /metrics',
    'GET /v1/models',
    'POST /v1/chat/completions',
    'POST /v1/embeddings',
    'GET /auth/state',
    'POST /auth/login',
    'POST /auth/passkey/options',
    'POST /auth/passkey',
    'POST /auth/second/options',
    'POST /auth/second',
    'POST /auth/link',
    'POST /auth/invitations/look',
    'POST /auth/invitations/accept',
    'POST /auth/recover',
    'POST /auth/recover/finish',
    'POST /auth/email/confirm',
    'POST /auth/email/cancel',
    'POST /auth/pair/hello',
    'POST /auth/pair/redeem',
    'POST /auth/pair/status',
    'POST /auth/device/nonce',
    'POST /auth/device/token',
    'GET /auth/providers/:name/start',
    'GET /auth/providers/:name/callback',
    'POST /auth/providers/:name/callback',
    'POST /graphql',
    'GET /auth/authorize',
    'POST /auth/token',
    'POST /auth/revoke',
    'GET /.well-known/jwks.json',
    'GET /.well-known/oauth-authorization-server',
    'GET /.well-known/apple-app-site-association',
    'GET /.well-known/assetlinks.json',
    'GET /*',
  ])
})

test('what belongs to programs and is never taken for a page', () => {
  expect(machinePrefixes).toEqual([
    '.well-known',
    'api',
    'auth',
    'graphql',
    'healthz',
    'internal',
    'mcp',
    'metrics',
    'readyz',
    'v1',
    'webhooks',
  ])
  for (const prefix of machinePrefixes) expect(isOpen('GET', `/${prefix}/anything`)).toBe(false)
})
